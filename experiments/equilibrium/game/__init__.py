"""The empirical game: its players, bundles, payoffs, and the simulations that estimate them."""
