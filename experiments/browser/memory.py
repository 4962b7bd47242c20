"""Memory of a market: how many users fit, with a twin beside them."""

from __future__ import annotations

import psutil

from secondhalf.conf.schema import MarketSettings

LEAST_USERS = 100
"""With fewer users the pictures show random noise."""
BYTES_PER_USER = 320
"""Columns (about 200) and what stages sum in beside them; a million users held 0.7 GB at most with all of Python."""
BYTES_PER_TIE = 24
"""A friendship in both directions, and what making the graph needs at its peak."""
KEPT_FREE = 0.2
"""Part of the free memory left to everything else."""


def bytes_needed(settings: MarketSettings, users: int) -> float:
    """Most that a market of `users` and its twin need at one time."""
    ties = 0.0 if settings.network.kind == "random_mixing" else settings.network.mean_degree * BYTES_PER_TIE
    return users * (2 * BYTES_PER_USER + ties)


def most_users(settings: MarketSettings) -> int:
    """Users that fit into the memory free now, in thousands."""
    free = psutil.virtual_memory().available * (1 - KEPT_FREE)
    return max(LEAST_USERS, int(free / bytes_needed(settings, 1)) // 1000 * 1000)
