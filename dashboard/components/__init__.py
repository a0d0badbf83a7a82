"""What pages are built from: functions that take values and return components. No callbacks stand here."""
