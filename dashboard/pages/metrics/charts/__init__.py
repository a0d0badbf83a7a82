"""The charts of the Metrics page: of each, its table, its figure and what it explains."""
