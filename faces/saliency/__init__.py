"""One frame's explanation, a small module a method: frame and network in, a map of what mattered out."""
