"""The tests: a folder for each room, and tests/browser for what a real Chromium shows."""
