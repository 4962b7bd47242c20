"""The study `pictures`: the pictures of a finished run, drawn again from its files."""
