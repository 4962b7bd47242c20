"""Users of the market, as columns: adoption, needs, attention, choice, and where minutes came from."""
