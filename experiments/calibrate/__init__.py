"""Calibration: fits the model to reported figures, and says how well each parameter is known."""
