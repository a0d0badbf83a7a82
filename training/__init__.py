"""Recipes -> trained and exported networks. The only room where TensorFlow, torch and ultralytics live."""
