"""Training: runs, their curves and their scores."""
