"""How many users fit into the memory that is free."""

from __future__ import annotations

import psutil

from secondhalf.conf.schema import MarketSettings, SettingsError

LEAST_USERS = 100
"""Fewer give pictures of luck alone."""
BYTES_PER_USER = 320
"""Columns (about 200) and what stages sum in beside them; a million users held 0.7 GB at most with all of Python."""
BYTES_PER_TIE = 24
"""A friendship in both directions, and what making the graph needs at its peak."""
BYTES_PER_MERCHANT = 500, 100
"""Of each merchant, for every platform and for every product: effort, weights and returns of six channels."""
KEPT_FREE = 0.2
"""Part of the free memory left to everything else."""


def bytes_needed(settings: MarketSettings, users: int, markets: int = 1) -> float:
    """Most that a market of `users` needs at one time, with its twins beside it."""
    ties = 0.0 if settings.network.kind == "random_mixing" else min(settings.network.mean_degree, users) * BYTES_PER_TIE
    return users * (markets * BYTES_PER_USER + ties)


def most_users(settings: MarketSettings, markets: int = 2) -> int:
    """Users that fit into the memory free now, in thousands; by default with a twin beside the market."""
    free = psutil.virtual_memory().available * (1 - KEPT_FREE)
    users = settings.population.users
    return max(LEAST_USERS, int(free / bytes_needed(settings, users, markets) * users) // 1000 * 1000)


def check_memory(settings: MarketSettings) -> None:
    """Refuse a market that does not fit into the memory free now.

    Raises
    ------
    SettingsError
        one sentence: what is asked for, what it needs, and how many users fit
    """
    users, free = settings.population.users, psutil.virtual_memory().available
    merchants, (by_platform, by_product) = settings.population.merchants, BYTES_PER_MERCHANT
    own = merchants * (by_platform * len(settings.competing) + by_product * settings.merchants.products.slots)
    if own > free:
        raise SettingsError(
            f"population.merchants={merchants}: needs about {own / 1e9:.3g} GB, and {free / 1e9:.3g} GB are free"
        )
    needed = bytes_needed(settings, users)
    if needed > free and users > LEAST_USERS:
        raise SettingsError(
            f"population.users={users}: needs about {needed / 1e9:.3g} GB with "
            f"network.mean_degree={settings.network.mean_degree:g}, and {free / 1e9:.3g} GB are free; about "
            f"{most_users(settings, 1)} users fit"
        )
