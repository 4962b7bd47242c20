"""Inference on the empirical game: payoff table, simultaneous intervals, sequential sampling, stationarity."""
