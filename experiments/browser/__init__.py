"""The study `browse`: a market to watch and to intervene in, in the browser."""
