"""Configuration groups of Hydra: which market."""
