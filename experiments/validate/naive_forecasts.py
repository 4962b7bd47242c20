"""Naive forecasts that the model has to beat. Each sees the same points as the model and nothing else.

A point is a value at the middle of its period, for flows (GMV) as a rate per day. `None` where a ruler has nothing to
go by.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit

from secondhalf.experiments.facts.model_series import a_year_before

FASTEST = 10.0
"""Steepest growth of a logistic curve, per year."""
ROOM = 20.0
"""Highest ceiling of a logistic curve, as a multiple of the largest value seen."""


@dataclass(frozen=True)
class Point:
    """A value over a period, both days included."""

    start: dt.date
    end: dt.date
    value: float

    @property
    def at(self) -> float:
        """Middle of the period, in years."""
        return (self.start.toordinal() + self.end.toordinal() + 1) / 2 / 365.25


def last_value(known: Sequence[Point], asked: Point) -> float | None:
    """The value whose period ended last; of several, the shortest."""
    return max(known, key=lambda point: (point.end, point.start)).value


def linear(known: Sequence[Point], asked: Point) -> float | None:
    """A straight line through all points by least squares, not below zero."""
    if len({point.at for point in known}) < 2:
        return None
    slope, level = np.polyfit([point.at - asked.at for point in known], [point.value for point in known], 1)
    del slope
    return float(max(level, 0.0))


def logistic(known: Sequence[Point], asked: Point) -> float | None:
    """A logistic curve through all points by least squares, best of several starts."""
    if len(known) < 3:
        return None
    at = np.array([point.at for point in known]) - known[0].at
    values = np.array([point.value for point in known])
    largest = values.max()

    def curve(t: np.ndarray, ceiling: float, growth: float, middle: float) -> np.ndarray:
        return np.asarray(ceiling / (1 + np.exp(-np.clip(growth * (t - middle), -50, 50))))

    best: tuple[float, float] | None = None
    bounds = ([largest * 1.0001, 1e-3, -50.0], [largest * ROOM, FASTEST, 50.0])
    for room in (1.05, 1.5, 4.0):
        for middle in (at.min(), at.mean(), at.max()):
            try:
                with catch_warnings():
                    simplefilter("ignore", OptimizeWarning)  # of a covariance that nobody asks for
                    found, _ = curve_fit(curve, at, values, (largest * room, 1.0, middle), bounds=bounds, maxfev=5000)
            except RuntimeError:  # no optimum from this start
                continue
            miss = float(np.square(curve(at, *found) - values).sum())
            if best is None or miss < best[0]:
                best = miss, float(curve(np.array([asked.at - known[0].at]), *found)[0])
    return None if best is None else best[1]


def seasonal(known: Sequence[Point], asked: Point) -> float | None:
    """The same period a year before, times the growth from the year before that; chained for more than a year ahead.

    Where that period was not reported there is no forecast; where only the growth is missing, the latest growth over a
    year of any period of the series stands in.
    """
    by_period = {(point.start, point.end): point.value for point in known}
    growths = sorted(
        (point.end, point.value / by_period[_year_before(point)], _season(point.start, point.end))
        for point in known
        if _year_before(point) in by_period
    )
    if not growths:
        return None
    latest = growths[-1][1]

    def at(start: dt.date, end: dt.date, depth: int) -> float | None:
        if (start, end) in by_period:
            return by_period[start, end]
        if depth == 0:
            return None
        before = _year_before(Point(start, end, 0.0))
        base = at(*before, depth - 1)
        if base is None:
            return None
        own = [growth for _, growth, season in growths if season == _season(start, end)]
        return base * (own[-1] if own else latest)

    return at(asked.start, asked.end, 3)


def _season(start: dt.date, end: dt.date) -> tuple[int, int, int, int]:
    """Which days of a year a period covers: a half-year's growth is not that of a quarter with the same last day."""
    return start.month, start.day, end.month, end.day


def _year_before(point: Point) -> tuple[dt.date, dt.date]:
    return a_year_before(point.start), a_year_before(point.end)


NAIVE_FORECASTS: dict[str, Callable[[Sequence[Point], Point], float | None]] = {
    "last_value": last_value,
    "linear": linear,
    "logistic": logistic,
    "seasonal": seasonal,
}
"""Naive forecasts by name."""
