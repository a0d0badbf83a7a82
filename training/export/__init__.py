"""Keras network -> the ONNX graph that is served, with its gradients."""
