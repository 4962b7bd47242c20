"""The day of the market: its stages in order, platforms' moves, what a platform may see, entry of new platforms."""
