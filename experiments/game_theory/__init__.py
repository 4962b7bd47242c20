"""Games with known answers, and what is asked of any game: its equilibria, and where learners end up in it."""
