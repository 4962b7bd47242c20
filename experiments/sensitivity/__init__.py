"""Sensitivity analysis: which parameters, sizes, kinds of network and orders of stages the results depend on."""
