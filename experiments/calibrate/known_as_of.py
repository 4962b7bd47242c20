"""Settings as known on a date, for fits and forecasts that use nothing later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.parameters import PARAMETERS, Parameters, read_parameters

TRENDS = ("recruit_trend", "depth_trend", "appeal_trend")
"""Dated factors of a platform."""


def as_of(settings: MarketSettings, origin: dt.date) -> MarketSettings:
    """The settings without what is dated after `origin`.

    The last fact is at the origin, so launches dated later do not happen. Curves from outside keep the knots that were
    known and go on with their damped growth; platforms' trends keep their factors up to the origin and are flat after
    the last; festivals' boosts and the end of exclusivity that come later are taken out.
    """
    plain = settings.model_dump(mode="json")
    known = origin.isoformat()
    plain["calendar"]["last_fact"] = min(plain["calendar"]["last_fact"], known)
    for name, driver in plain["calendar"].items():
        if isinstance(driver, dict) and "knots" in driver:
            driver["knots"] = _known_knots(driver["knots"], known, name)
    for festival in plain["calendar"]["festivals"].values():
        for what in ("traffic_boost", "traffic_package"):
            festival[what] = {year: by for year, by in festival[what].items() if int(year) <= origin.year}
    for platform in plain["platform"].values():
        for what in TRENDS:
            platform[what] = {date: factor for date, factor in platform[what].items() if date <= known}
    exclusivity = plain["scenario"]["exclusivity"]
    if exclusivity and exclusivity["until"] and exclusivity["until"] > known:
        exclusivity["until"] = None
    return MarketSettings.from_dict(plain)


def known_parameters(settings: MarketSettings, known: MarketSettings, name: str = PARAMETERS) -> Parameters:
    """The parameters that a file names among settings as known on an earlier date; what is dated later is none.

    Parameters
    ----------
    settings
        all of them
    known
        what `as_of` leaves of them

    Raises
    ------
    SettingsError
        as `read_parameters` for all of the settings
    """
    read_parameters(settings, name)
    return read_parameters(known, name, some=True)


def _known_knots(knots: Mapping[str, float], known: str, name: str) -> dict[str, float]:
    kept = {date: value for date, value in knots.items() if date <= known}
    if not kept:
        raise ValueError(f"calendar.{name} has no knot before {known}")
    if len(kept) == 1:  # a level and no trend
        kept[known] = next(iter(kept.values()))
    return kept
