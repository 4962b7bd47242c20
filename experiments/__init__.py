"""Questions put to the market: runs, sweeps, counterfactuals, calibration and reports."""
