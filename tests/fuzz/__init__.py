"""Random configurations: each runs with balanced books, or is refused at once."""
