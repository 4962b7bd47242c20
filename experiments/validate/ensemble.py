"""Ensembles that forecast from an origin: members that agree with what was known then, and their later numbers.

A member is one of the calibration's, under the seed for which it was moved to the facts; after the origin the model's
one policy holds (`calendar.last_fact`). Its series are moved on to the facts of the last year before a series' last one
as an ensemble Kalman filter moves them (Evensen 2003, Ocean Dynamics 53): the whole way where a fact is exact, hardly
where it is vague; the move fades with the time since then. What is left of doubt is added as noise that grows with the
horizon: no model of named companies is right to the percent three years ahead. Nothing exceeds the people online or
100 percent.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.calibration_files import Calibration, data_hash, read_calibration
from secondhalf.experiments.calibrate.known_as_of import as_of, known_parameters
from secondhalf.experiments.calibrate.parameters import Parameters
from secondhalf.experiments.calibrate.posterior import FIRST_SEED
from secondhalf.experiments.facts.evaluations import Evaluations
from secondhalf.experiments.facts.forecast_series import ForecastSeries
from secondhalf.experiments.facts.model_series import Measurable, SeriesNumbers
from secondhalf.experiments.facts.targets import LAST_FACT, Target, Targets, sized
from secondhalf.experiments.validate.settings import Outlook, Validate

Array = NDArray[np.float64]
YEAR = 365.25
PEOPLE_ONLINE = ("mau_mobile_internet_china", "all")
COUNTS = ("dau", "mau", "monthly_active_buyers", "annual_active_buyers")
"""Metrics that count people."""
SHARES = (
    "pan_shelf_share_of_gmv",
    "gmv_market_share_double11",
    "share_of_ecommerce_app_time_double11",
    "share_of_mobile_internet_time",
)
"""Metrics in percent of a whole."""


@dataclass(frozen=True)
class Ensemble:
    """Members of an origin and what they measure."""

    measured: Array
    """[members, asked]; a member that failed is left out"""
    failed: int


def markets(settings: MarketSettings, parameters: Parameters, members: Array) -> list[MarketSettings]:
    """The members' settings.

    Parameters
    ----------
    settings
        as they were known at the origin, with the calendar's last day
    members
        scores, [members, D]
    """
    return [
        parameters.put(settings, parameters.values(scores)).model_copy(update={"seed": FIRST_SEED + number})
        for number, scores in enumerate(members)
    ]


def run(
    members: Sequence[MarketSettings],
    asked: Sequence[Measurable],
    workers: int,
    path: Path | None,
    shown: Callable[[int], None] | None = None,
) -> Ensemble:
    """Run the members; what is kept in `path` is not run again."""
    with Evaluations(SeriesNumbers(tuple(asked)), workers, path, shown) as evaluate:
        found = evaluate(members)
    whole = np.isfinite(found).all(axis=1)
    return Ensemble(found[whole], int((~whole).sum()))


def moved_to_facts(
    forecast: Array,
    asked: Sequence[tuple[tuple[str, str], dt.date, dt.date]],
    known: Sequence[Target],
    at_facts: Array,
    outlook: Outlook,
    rng: np.random.Generator,
) -> Array:
    """Members' forecasts with their misses of the last facts taken out, and noise put in, [members, asked].

    The gain of a series is v / (v + e^2): e is the error of its facts of the last year, v the variance of the members'
    misses of them plus `Outlook.unseen` squared, what a series without facts is in doubt.

    Parameters
    ----------
    forecast
        what members measure, [members, asked]
    asked
        series (metric, platform), first and last day of each
    known, at_facts
        the facts before the origin, and what the members measure there, [members, known]
    """
    misses = Targets(tuple(known), {}).log_ratios(at_facts)
    moved = np.array(forecast, float)
    shocks: dict[tuple[str, str], Array] = {}
    for column, (series, start, end) in enumerate(asked):
        own = [n for n, target in enumerate(known) if (target.metric, target.platform) == series]
        if own:
            latest = max(known[n].end for n in own)
            last_year = [n for n in own if (latest - known[n].end).days < 365]
            error = float(np.mean([known[n].error for n in last_year])) / np.sqrt(len(last_year))
            miss = misses[:, last_year].mean(axis=1)
            variance = float(miss.var()) + outlook.unseen**2
            gain = variance / (variance + error**2) if variance else 0.0
            offset, left = -gain * miss, np.hypot(gain * error, (1 - gain) * outlook.unseen)
        else:
            latest, left, offset = min((t.start for t in known), default=start), outlook.unseen, 0.0
        middle = start + (end - start) / 2
        years = max((middle - latest).days / YEAR, 0.0)
        fading = np.exp(-years / outlook.memory_years)
        # One shock a member and series: forecasts of neighbouring quarters err together.
        if series not in shocks:
            shocks[series] = rng.permutation(_even(len(moved)))
        chance = shocks[series]
        drift = outlook.drift.get(series[0], outlook.drift["others"])
        noise = np.sqrt(left**2 + drift**2 * (years if own else min(years, 3.0)))
        moved[:, column] *= np.exp(offset * fading + noise * chance)
    return _possible(moved, asked)


def _possible(moved: Array, asked: Sequence[tuple[tuple[str, str], dt.date, dt.date]]) -> Array:
    """The same with counts of people at most the people online of the period, and shares at most 100 percent."""
    online = {(start, end): column for column, (series, start, end) in enumerate(asked) if series == PEOPLE_ONLINE}
    for column, ((metric, _), start, end) in enumerate(asked):
        if metric in SHARES:
            moved[:, column] = np.minimum(moved[:, column], 100.0)
        elif metric in COUNTS and (start, end) in online:
            moved[:, column] = np.minimum(moved[:, column], moved[:, online[start, end]])
    return moved


def _even(count: int) -> Array:
    """As many even quantiles of the normal distribution: noise that widens a band and does not move its middle."""
    return np.asarray(ndtri((np.arange(count) + 0.5) / count))


@dataclass(frozen=True)
class Origin:
    """A date, what was fitted to the facts before it, and the market as it was known then."""

    date: dt.date
    calibration: Calibration
    settings: MarketSettings
    targets: Targets

    @property
    def known(self) -> Targets:
        """Facts whose period had ended."""
        return self.targets.until(self.date)

    @property
    def ahead(self) -> Targets:
        """Facts that came later and begin in the origin's year or later."""
        return self.targets.after(self.date)


def find_origin(settings: MarketSettings, options: Validate, date: dt.date, targets: Targets) -> Origin:
    """The calibration of an origin, from the folder that holds all of them.

    Raises
    ------
    SettingsError
        when there is none, when it is of other facts or parameters than today's; with the command that makes it
    """
    known = as_of(settings, date)
    parameters = known_parameters(settings, known)
    end = options.forecast_until if date == LAST_FACT else LAST_FACT
    known = sized(known, options.users, options.merchants, end)
    name = options.calibration if date == LAST_FACT else f"{options.calibration}/{date}"
    calibration = read_calibration(name, parameters)
    if calibration.record["data_hash"] != data_hash(targets.until(date)):
        raise SettingsError(
            f"validate.calibration={name}: it was fitted to other facts than those of data/targets.yaml; "
            f"`secondhalf calibrate calibrate.until={date} calibrate.write=true` fits again"
        )
    return Origin(date, calibration, known, targets)


def members(
    origin: Origin,
    options: Validate,
    asked: Sequence[Measurable],
    folder: Path,
    shown: Callable[[int], None] | None = None,
) -> Ensemble:
    """Run an origin's members, or take those that are kept in the folder."""
    chosen = origin.calibration.members[: options.draws]
    made = markets(origin.settings, origin.calibration.parameters, chosen)
    workers = options.workers or os.cpu_count() or 1
    return run(made, asked, workers, folder / f"members_{origin.date}.jsonl", shown)


def forecasts(
    origin: Origin, options: Validate, wanted: Sequence[ForecastSeries], measured: Array, at_facts: Array
) -> Array:
    """Members' forecasts, moved to the facts before the origin, [members, wanted]."""
    rng = np.random.default_rng(origin.date.toordinal())
    asked = [(series.series, series.start, series.end) for series in wanted]
    return moved_to_facts(measured, asked, origin.known.all, at_facts, options.outlook, rng)
