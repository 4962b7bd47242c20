"""The friend graph: generators, edge lists from files, and export to NetworkX."""
