"""Observers: what is recorded and measured of a market; nothing here changes it."""
