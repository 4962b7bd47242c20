"""Experiments on the market: runs, sweeps, counterfactuals, calibration and reports."""
