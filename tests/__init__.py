"""The tests; they mirror the source tree and nothing imports them."""
