"""One picture's journey, a module a stage: bytes, picture, faces, input crops, predictions, answer."""
