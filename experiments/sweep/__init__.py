"""Sweeps: many runs at once, on one machine or several, that survive interruptions."""
