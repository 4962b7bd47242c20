"""Fits the model to what was reported, and says how well each parameter is known."""
