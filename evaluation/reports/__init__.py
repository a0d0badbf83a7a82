"""Metrics -> cards and pages in Markdown."""
