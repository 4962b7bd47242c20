"""Observers: what is recorded and measured of a market; they never change it."""
