"""The mean-field map of the same equations: one day, its path over years, its steady states."""
