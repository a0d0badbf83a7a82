"""The face detector's training, its quality and its card."""
