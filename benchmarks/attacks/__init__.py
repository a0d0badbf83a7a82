"""What visitors of bad intent, or with many pictures, do to the server: for `python -m benchmarks load`."""
