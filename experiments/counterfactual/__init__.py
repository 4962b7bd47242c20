"""The study `counterfactual`: the same seeds twice, with and without a change, and what the change makes of them."""
