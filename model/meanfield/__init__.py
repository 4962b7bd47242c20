"""Mean-field map of the market's equations: one day, its path over years, its steady states."""
