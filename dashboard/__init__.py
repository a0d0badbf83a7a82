"""The browser's side: pages that show what faces and evaluation compute, and the memory of uploaded pictures."""
