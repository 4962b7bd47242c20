"""Supply: what platforms offer, merchants' effort over cells, and their sales."""
