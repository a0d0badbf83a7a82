"""The browser's side: pages on what faces and evaluation compute, and the memory of uploaded pictures."""
