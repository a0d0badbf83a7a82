"""Saliency: which pixels an answer rests on."""
