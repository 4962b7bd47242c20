"""Tables of a validation: facts beside the model, bands, the forecast, rolling origins and naive forecasts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.facts.forecast_series import ForecastSeries
from secondhalf.experiments.facts.period_tables import QUANTILES
from secondhalf.experiments.facts.targets import Target
from secondhalf.experiments.validate.naive_forecasts import NAIVE_FORECASTS, Point

Array = NDArray[np.float64]
LEAST_TRAINING, LEAST_TESTS = 3, 2
"""Facts before and after the origin that a series needs to be counted."""
FLOWS = ("gmv",)
"""Metrics that add up over time; naive forecasts use their rate per day."""
SERIES_COLUMNS = ("metric", "platform")
LEAST_ERROR = 1e-3
"""Least mean absolute error that is told apart, as a share: a lucky hit must not decide a geometric mean."""
MOST_CHANGE = 5.0
"""A naive forecast is held within this factor of the last value: nobody would publish a growth beyond it."""
LARGEST_SHARE = 100.0
"""No share in percent is larger."""
RULERS_MEAN = "rulers_mean"
"""The mean of the naive forecasts that there are."""
COMPARED = ("model", *NAIVE_FORECASTS, RULERS_MEAN)
"""Forecasts that are compared."""
YEAR = 365.25


def target_table(targets: Sequence[Target], measured: Array, seed: int = 0) -> pd.DataFrame:
    """A row a fact: what was reported, the members' mean, and the band in which the report should lie.

    The band holds 90 % of what would be reported if a member were the world: its number with the fact's own error.

    Parameters
    ----------
    measured
        what members measure, [members, targets]
    """
    rng = np.random.default_rng(seed)
    errors = np.array([target.error for target in targets])
    reported = measured * np.exp(errors * rng.standard_normal(measured.shape))
    low, high = np.quantile(reported, [0.05, 0.95], axis=0)
    values = np.array([target.value for target in targets])
    mean = measured.mean(axis=0)
    return pd.DataFrame(
        {
            "metric": [target.metric for target in targets],
            "platform": [target.platform for target in targets],
            "period_start": [target.start.isoformat() for target in targets],
            "period_end": [target.end.isoformat() for target in targets],
            "unit": [target.unit for target in targets],
            "grade": [target.grade for target in targets],
            "fact": values,
            "model": mean,
            "p05": low,
            "p95": high,
            "error": mean / values - 1,
            "inside": ((values >= low) & (values <= high)).astype(int),
            "source": [target.source for target in targets],
        }
    )


def band_table(asked: Sequence[ForecastSeries], measured: Array) -> pd.DataFrame:
    """A row a requested number: mean and quantiles over members, [members, asked]."""
    held = measured.copy()
    shares = [n for n, series in enumerate(asked) if series.unit == "percent"]
    held[:, shares] = np.minimum(held[:, shares], LARGEST_SHARE)
    quantiles = np.quantile(held, list(QUANTILES.values()), axis=0)
    table = pd.DataFrame(
        {
            "metric": [series.metric for series in asked],
            "platform": [series.platform for series in asked],
            "period_start": [series.start.isoformat() for series in asked],
            "period_end": [series.end.isoformat() for series in asked],
            "unit": [series.unit for series in asked],
            "mean": held.mean(axis=0),
        }
    )
    for name, row in zip(QUANTILES, quantiles, strict=True):
        table[name] = row
    return table


def rolling_table(
    origin: dt.date, known: Sequence[Target], ahead: Sequence[Target], forecast: NDArray[np.float64]
) -> pd.DataFrame:
    """A row a later fact: the fact, the model's median and 90 % band, each naive forecast.

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
                "years_ahead": years_ahead(origin, target.start, target.end),
                "fact": target.value,
                "model": middle[number],
                "p05": low[number],
                "p95": high[number],
            }
            | ruled(target, own)
        )
    return pd.DataFrame(rows)


def years_ahead(origin: dt.date, start: dt.date, end: dt.date) -> int:
    """In which year after the origin the middle of a period lies, from one on."""
    return max(int(((start - origin).days + (end - start).days / 2) // YEAR), 0) + 1


def ruled(target: Target, known: Sequence[Target]) -> dict[str, float | None]:
    """Each naive forecast in the fact's unit, and their mean."""
    if not known:
        return dict.fromkeys((*NAIVE_FORECASTS, RULERS_MEAN))
    asked = _point(target)
    points = [_point(one) for one in known]
    days = _days(target) if target.metric in FLOWS else 1.0
    made = {name: ruler(points, asked) for name, ruler in NAIVE_FORECASTS.items()}
    last = max(points, key=lambda point: (point.end, point.start)).value
    held = {
        name: None if value is None else min(max(value, last / MOST_CHANGE), last * MOST_CHANGE)
        for name, value in made.items()
    }
    found = {name: None if value is None else value * days for name, value in held.items()}
    there = [value for value in found.values() if value is not None]
    return found | {RULERS_MEAN: float(np.mean(there)) if there else None}


def _point(target: Target) -> Point:
    return Point(target.start, target.end, target.value / (_days(target) if target.metric in FLOWS else 1.0))


def _days(target: Target) -> float:
    return float((target.end - target.start).days + 1)


def naive_table(rolling: pd.DataFrame, known: Mapping[str, Sequence[Target]]) -> pd.DataFrame:
    """A row an origin and series: mean absolute percentage errors, who won, and how many facts the band held.

    A series counts when it has at least `LEAST_TRAINING` facts before the origin and `LEAST_TESTS` after it. A naive
    forecast that misses one of the facts is left out of the series. The best one is the one with the smallest error
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
        errors = {name: _mape(points[name], points["fact"]) for name in COMPARED}
        naive = {name: errors[name] for name in NAIVE_FORECASTS if np.isfinite(errors[name])}
        best = min(naive, key=lambda name: naive[name]) if naive else ""
        held = (points["fact"] >= points["p05"]) & (points["fact"] <= points["p95"])
        rows.append(
            {
                "origin": origin,
                "metric": metric,
                "platform": platform,
                "training": training,
                "tests": len(points),
                "counted": int(training >= LEAST_TRAINING and len(points) >= LEAST_TESTS and bool(naive)),
                **errors,
                "best_ruler": best,
                "won": int(bool(best) and errors["model"] < naive[best]),
                "covered": float(held.mean()),
            }
        )
    return pd.DataFrame(rows)


def horizon_table(rolling: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """A row a year ahead: the model's error over that of the rulers' mean, and the share of facts in the band.

    Parameters
    ----------
    rolling
        as `rolling_table` gives it, for all origins
    counted
        as `naive_table` gives it; series that do not count are left out

    Returns
    -------
    DataFrame
        `ratio` is the geometric mean over origins and series of the model's mean absolute error over that of the
        rulers' mean
    """
    keys = ["origin", *SERIES_COLUMNS]
    chosen = rolling.merge(counted.loc[counted["counted"] == 1, keys], on=keys)
    rows = []
    for ahead, points in chosen.groupby("years_ahead"):
        ratios = [
            max(_mape(own["model"], own["fact"]), LEAST_ERROR) / max(_mape(own[RULERS_MEAN], own["fact"]), LEAST_ERROR)
            for _, own in points.groupby(keys)
        ]
        held = (points["fact"] >= points["p05"]) & (points["fact"] <= points["p95"])
        rows.append(
            {
                "years_ahead": ahead,
                "series": len(ratios),
                "facts": len(points),
                "ratio": float(np.exp(np.mean(np.log(ratios)))),
                "nearer": float(np.mean(np.array(ratios) < 1)),
                "covered": float(held.mean()),
            }
        )
    return pd.DataFrame(rows)


def _mape(forecast: pd.Series, fact: pd.Series) -> float:
    """Mean absolute percentage error as a share; not a number when a forecast is missing."""
    values = pd.to_numeric(forecast, errors="coerce").to_numpy(float)
    return float(np.abs(values / fact.to_numpy(float) - 1).mean())
