"""Data: who is in the pictures, and what augmentation makes of them."""
