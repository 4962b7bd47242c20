"""Users of the market, as columns: adoption, needs, attention, choice, and flows of attention."""
