"""The day of the market: its stages in order, platforms' moves, the view of a platform, entry of new platforms."""
