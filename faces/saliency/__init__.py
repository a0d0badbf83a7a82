"""Saliency maps, a module a method: input and network -> map of the pixels that matter."""
