"""Rolling origins: fitted to what was known on a date, how well is the rest forecast, and how well by rulers?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.facts.targets import Target
from secondhalf.experiments.validate.naive_forecasts import NAIVE_FORECASTS, Point

LEAST_TRAINING, LEAST_TESTS = 3, 2
"""Facts before and after the origin that a series needs to be counted."""
FLOWS = ("gmv",)
"""Metrics that add up over time; rulers see their rate per day."""
SERIES_COLUMNS = ("metric", "platform")


def rolling_table(
    origin: dt.date, known: Sequence[Target], ahead: Sequence[Target], forecast: NDArray[np.float64]
) -> pd.DataFrame:
    """A row a later fact: the fact, the model's median and 90 % band, each ruler's forecast.

    Parameters
    ----------
    known, ahead
        facts whose periods ended by the origin, and later
    forecast
        members' forecasts, [members, ahead]
    """
    low, middle, high = np.quantile(forecast, [0.05, 0.5, 0.95], axis=0)
    rows = []
    for number, target in enumerate(ahead):
        own = [one for one in known if (one.metric, one.platform) == (target.metric, target.platform)]
        rows.append(
            {
                "origin": origin.isoformat(),
                "metric": target.metric,
                "platform": target.platform,
                "period_start": target.start.isoformat(),
                "period_end": target.end.isoformat(),
                "unit": target.unit,
                "fact": target.value,
                "model": middle[number],
                "p05": low[number],
                "p95": high[number],
            }
            | _ruled(target, own)
        )
    return pd.DataFrame(rows)


def _ruled(target: Target, known: Sequence[Target]) -> dict[str, float | None]:
    """Each ruler's forecast in the fact's unit."""
    if not known:
        return dict.fromkeys(NAIVE_FORECASTS)
    asked = _point(target)
    points = [_point(one) for one in known]
    days = _days(target) if target.metric in FLOWS else 1.0
    made = {name: ruler(points, asked) for name, ruler in NAIVE_FORECASTS.items()}
    return {name: None if value is None else value * days for name, value in made.items()}


def _point(target: Target) -> Point:
    return Point(target.start, target.end, target.value / (_days(target) if target.metric in FLOWS else 1.0))


def _days(target: Target) -> float:
    return float((target.end - target.start).days + 1)


def naive_table(rolling: pd.DataFrame, known: Mapping[str, Sequence[Target]]) -> pd.DataFrame:
    """A row an origin and series: mean absolute percentage errors, who won, and how many facts the band held.

    A series counts when it has at least `LEAST_TRAINING` facts before the origin and `LEAST_TESTS` after it. A ruler
    that has nothing for one of the facts is left out of the series. The best ruler is the one with the smallest error
    afterwards, which nobody could have known.

    Parameters
    ----------
    rolling
        as `rolling_table` gives it, for all origins
    known
        facts before each origin, by its date
    """
    rows = []
    for (origin, metric, platform), points in rolling.groupby(["origin", *SERIES_COLUMNS], sort=False):
        training = sum((one.metric, one.platform) == (metric, platform) for one in known[str(origin)])
        errors = {name: _mape(points[name], points["fact"]) for name in ("model", *NAIVE_FORECASTS)}
        ruled = {name: error for name, error in errors.items() if name != "model" and np.isfinite(error)}
        best = min(ruled, key=lambda name: ruled[name]) if ruled else ""
        held = (points["fact"] >= points["p05"]) & (points["fact"] <= points["p95"])
        rows.append(
            {
                "origin": origin,
                "metric": metric,
                "platform": platform,
                "training": training,
                "tests": len(points),
                "counted": int(training >= LEAST_TRAINING and len(points) >= LEAST_TESTS and bool(ruled)),
                **errors,
                "best_ruler": best,
                "won": int(bool(best) and errors["model"] < ruled[best]),
                "covered": float(held.mean()),
            }
        )
    return pd.DataFrame(rows)


def _mape(forecast: pd.Series, fact: pd.Series) -> float:
    """Mean absolute percentage error as a share; not a number when a forecast is missing."""
    values = pd.to_numeric(forecast, errors="coerce").to_numpy(float)
    return float(np.abs(values / fact.to_numpy(float) - 1).mean())
