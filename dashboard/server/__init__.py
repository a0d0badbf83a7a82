"""Waitress, with deadlines and with bounds for each address."""
