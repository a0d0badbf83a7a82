"""Predict: what each variant says of a picture."""
