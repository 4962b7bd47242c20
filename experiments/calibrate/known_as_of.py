"""Settings as known on a date, and their extrapolation after it, for forecasts that use nothing later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.settings import Intensities

STEP = dt.timedelta(days=182)
"""Between dates at which intensities change after the origin."""


def as_of(settings: MarketSettings, origin: dt.date) -> MarketSettings:
    """The settings without what is dated after `origin`.

    Curves from outside keep the knots that were known and go on with their damped growth; launches, declared
    intensities, festivals' boosts and the end of exclusivity that come later are taken out.
    """
    plain = settings.model_dump(mode="json")
    known = origin.isoformat()
    for name, driver in plain["calendar"].items():
        if isinstance(driver, dict) and "knots" in driver:
            driver["knots"] = _known_knots(driver["knots"], known, name)
    for festival in plain["calendar"]["festivals"].values():
        for what in ("traffic_boost", "traffic_package"):
            festival[what] = {year: by for year, by in festival[what].items() if int(year) <= origin.year}
    exclusivity = plain["scenario"]["exclusivity"]
    if exclusivity and exclusivity["until"] and exclusivity["until"] > known:
        exclusivity["until"] = None
    strategy = plain["strategy"]
    if "launches" in strategy:
        strategy["launches_until"] = known
        for what in ("recruit", "deepen"):
            strategy[what] = {
                platform: {date: factor for date, factor in dated.items() if date <= known}
                for platform, dated in strategy[what].items()
            }
    return MarketSettings.from_dict(plain)


def _known_knots(knots: Mapping[str, float], known: str, name: str) -> dict[str, float]:
    kept = {date: value for date, value in knots.items() if date <= known}
    if not kept:
        raise ValueError(f"calendar.{name} has no knot before {known}")
    if len(kept) == 1:  # a level and no trend
        kept[known] = next(iter(kept.values()))
    return kept


def extend_intensities(
    settings: MarketSettings,
    origin: dt.date,
    damping: Intensities,
    spread: Intensities,
    rng: np.random.Generator,
) -> MarketSettings:
    """The settings with intensities that go on after `origin`, every half-year.

    The logarithm of an intensity goes on with its mean pace since the start, which fades as ``exp(-damping * years)``
    (as the calendar's curves do), and takes steps of chance.

    Parameters
    ----------
    damping
        per year
    spread
        standard deviation of a step, log units
    """
    plain = settings.model_dump(mode="json")
    end = settings.calendar.end
    for what in ("recruit", "deepen"):
        fade, doubt = getattr(damping, what), getattr(spread, what)
        for dated in plain["strategy"].get(what, {}).values():
            if not dated:
                continue
            pace = _pace(dated, settings.calendar.start)
            level, at = np.log(dated[max(dated)]), dt.date.fromisoformat(max(dated))
            at = max(at + STEP, origin)
            while at <= end:
                ahead = (at - origin).days / 365.0
                level += pace * STEP.days / 365.0 * np.exp(-fade * ahead) + doubt * rng.standard_normal()
                dated[at.isoformat()] = float(np.exp(level))
                at += STEP
    return MarketSettings.from_dict(plain)


def _pace(dated: Mapping[str, float], start: dt.date) -> float:
    """Mean growth of the logarithm per year, from one at the calendar's first day to the last value's date."""
    years = (dt.date.fromisoformat(max(dated)) + STEP - start).days / 365.0
    return float(np.log(dated[max(dated)])) / years
