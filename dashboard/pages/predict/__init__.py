"""Predict: what each variant answers for a picture."""
