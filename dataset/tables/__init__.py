"""Columns, units and provenance of every table."""
