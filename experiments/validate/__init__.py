"""Holds the fitted model against facts, rulers and patterns, and forecasts what comes after them."""
