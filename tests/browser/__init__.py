"""Tests that drive a real browser, and the screenshots."""
