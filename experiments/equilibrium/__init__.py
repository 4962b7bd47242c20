"""Equilibrium (the study `equilibrium`): which profiles are equilibria of a game, and how sure that is."""
