"""The study `phases`: when the second half begins, over seeds."""
