"""The study `equilibrium`: which profiles of crossing over are equilibria of a game, and how sure that is."""
