"""Measurements and short trainings, each of which prints a table that the docs show."""
