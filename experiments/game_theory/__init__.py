"""Game theory: equilibria of finite games, where learners end up in them, and games with known answers."""
