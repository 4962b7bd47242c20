"""Hydra configuration groups: which market."""
