"""The study `run`: one market from the first day to the last."""
