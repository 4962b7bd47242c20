"""Sizes and dates of the markets that are held against facts."""

from __future__ import annotations

import datetime as dt

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.market import Limits


def sized(settings: MarketSettings, users: int, merchants: int, end: dt.date, seed: int = 0) -> MarketSettings:
    """The settings with another size, last day and seed; `limits` on users and merchants hold, that on days does not.

    Facts lie years ahead: a tiny variant has fewer of everything but days.
    """
    limits = settings.limits
    population = settings.population.model_copy(
        update={
            "users": min(users, limits.users or users),
            "merchants": min(merchants, limits.merchants or merchants),
        }
    )
    calendar = settings.calendar.model_copy(update={"end": end})
    return settings.model_copy(
        update={"population": population, "calendar": calendar, "seed": seed, "limits": Limits()}
    )
