"""Architectures, heads, start weights and losses in Keras."""
