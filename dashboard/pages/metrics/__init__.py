"""Metrics: which variant is better, and whether the difference is real."""
