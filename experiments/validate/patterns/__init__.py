"""Patterns: what the default market must show, measured in runs and judged by declared rules."""
