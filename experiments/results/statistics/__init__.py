"""Statistics of results: paired differences, members crossed with seeds, and what of their spread is whose."""
