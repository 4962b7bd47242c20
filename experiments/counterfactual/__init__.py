"""Counterfactual (the study `counterfactual`): the same seeds with and without a change, and the differences."""
