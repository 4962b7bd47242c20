"""Memory: how many users fit into what is free."""

from __future__ import annotations

import psutil

from secondhalf.conf.schema import MarketSettings, SettingsError

LEAST_USERS = 100
"""With fewer users the pictures show random noise."""
BYTES_PER_USER = 64, 15
"""Of each user, in all and by platform: 34 are columns, the rest is what the first state and later the stages need."""
BYTES_PER_FRIEND = 24, 4
"""Of each friend of a user: what making the graph needs at its peak, before there are users, and what is kept."""
BYTES_PER_MERCHANT = 500, 100
"""Of each merchant, for every platform and for every product: effort, weights and returns of six channels."""
KEPT_FREE = 0.2
"""Part of the free memory left to everything else."""


def bytes_needed(settings: MarketSettings, users: int, markets: int = 1) -> float:
    """Most that a market of `users` needs at one time, with its twins beside it, which share its friends.

    When a platform enters, columns by platform are there twice for a moment.
    """
    once, by_platform = BYTES_PER_USER
    columns = markets * (once + by_platform * len(settings.competing) * (2 if settings.entrants else 1))
    if settings.network.kind == "random_mixing":
        return float(users * columns)
    made, kept = (min(settings.network.mean_degree, users) * each for each in BYTES_PER_FRIEND)
    return float(users * max(made, columns + kept + 8))


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
