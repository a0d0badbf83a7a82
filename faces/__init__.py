"""One picture's journey, a module a stage: bytes, picture, faces, frames, readings, answer."""
