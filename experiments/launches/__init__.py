"""Launches: what each did, by the fitted ensemble with it and without it."""
