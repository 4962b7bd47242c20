"""Validation: compares the fitted model with facts, naive forecasts and patterns, and forecasts."""
