"""Second half: the day on which growth by new users ends, which source dries up, and which takes over.

For all platforms together or for one of them, from the monthly flow books alone. Measures never steer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from secondhalf.model.observers.measures import SOURCES

Array = NDArray[np.float64]
SECOND_HALF_DAYS = 90
"""Days for which new users must stay behind another source of attention."""
YEAR = 12
"""Monthly books that add up to the change of a year."""
DRY = 0.5
"""A source has dried up when it brings less than this part of its peak a year after the day."""
NAMES = tuple(SOURCES)
"""Sources in the order of the columns here; new users come first, and in a tie the first leads."""


class Level(NamedTuple):
    """Net inflow of attention from a source over a trailing year, minutes a day."""

    peak: float
    """most in any year that ended by the day"""
    day: float
    """in the year that ended on the day"""
    later: float
    """in the year that ended a year after the day, or with the last book of the run when that is sooner"""


@dataclass(frozen=True)
class Phase:
    """When the second half began, and how.

    Attributes
    ----------
    day
        first day of the second half, counted from the run's first; None when there is none within the run
    led_before
        source that brought most over the twelve trailing years before; None when there is no book before the day, or
        nothing flowed in
    dried_up
        the same source when it brings less than half of its peak a year later; None when it does not
    took_over
        source that brings most on the day
    later
        day of the last level
    levels
        by source; empty when there is no second half
    """

    day: int | None = None
    led_before: str | None = None
    dried_up: str | None = None
    took_over: str | None = None
    later: int | None = None
    levels: dict[str, Level] = field(default_factory=dict)


def phase(flows: Array, closed: list[int], days: int, platform: int | None = None) -> Phase:
    """The second half of all platforms together, or of one.

    Parameters
    ----------
    flows
        monthly books, [months, 5, P, P + 2], minutes a day; the trailing twelve add up to the year's change
    closed
        day on which each month's books were closed, [months]
    days
        days of the run
    platform
        whose row of the books to read; None for all of them
    """
    books, closed = trailing_years(flows, platform), closed[YEAR - 1 :]
    at = _turn(books, closed, days)
    if at is None:
        return Phase()
    later = min(at + YEAR, len(books) - 1)
    levels = {
        name: Level(float(own[: at + 1].max()), float(own[at]), float(own[later]))
        for name, own in zip(NAMES, books.T, strict=True)
    }
    took_over = NAMES[int(books[at].argmax())]
    before = _leader(books[max(0, at - YEAR) : at])
    dry = before is not None and before != took_over and levels[before].later < DRY * levels[before].peak
    return Phase(closed[at], before, before if dry else None, took_over, closed[later], levels)


def trailing_years(flows: Array, platform: int | None = None) -> Array:
    """Net inflow by source over each twelve months in a row, [months - 11, 4], minutes a day.

    Time that one platform takes from another is a source of its own for either; over all platforms it does not cancel
    to nothing, because what new users bring from another app counts as new on one side only.
    """
    if len(flows) < YEAR:
        return np.zeros((0, len(NAMES)))
    own = flows.sum(axis=2) if platform is None else flows[:, :, platform]
    by_source = own.sum(axis=2)[:, list(SOURCES.values())]
    # Each year is added up by itself: differences of running sums would leave traces of what is long past.
    return np.asarray(sliding_window_view(by_source, YEAR, axis=0).sum(axis=-1))


def _turn(books: Array, closed: list[int], days: int) -> int | None:
    """First of a series of books that lasts 90 days in which another source brings something, and more than new users.

    Where nothing flows in nothing is ahead: a platform that only loses, or is not there yet, has no second half.
    """
    since: int | None = None
    for book, (new, *others) in enumerate(books):
        if max(others) <= max(new, 0.0):
            since = None
        elif since is None:
            since = book
        until = closed[book + 1] if book + 1 < len(closed) else days
        if since is not None and until - closed[since] >= SECOND_HALF_DAYS:
            return since
    return None


def _leader(books: Array) -> str | None:
    """The source that brought most on average, if any brought something."""
    if not len(books):
        return None
    mean = books.mean(axis=0)
    return NAMES[int(mean.argmax())] if mean.max() > 0 else None
