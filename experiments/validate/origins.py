"""One origin: its calibration, its members, what they measure and what they forecast."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.calibrate.calibration_files import Calibration, data_hash, read_calibration
from secondhalf.experiments.calibrate.known_as_of import as_of
from secondhalf.experiments.calibrate.parameters import read_parameters
from secondhalf.experiments.facts.model_series import Measurable
from secondhalf.experiments.facts.targets import LAST_FACT, Targets, sized
from secondhalf.experiments.validate.ensemble import Ensemble, markets, moved_to_facts, run
from secondhalf.experiments.validate.forecast_series import ForecastSeries
from secondhalf.experiments.validate.settings import Validate

Array = NDArray[np.float64]


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
    end = options.forecast_until if date == LAST_FACT else LAST_FACT
    known = sized(known, options.users, options.merchants, end)
    name = options.calibration if date == LAST_FACT else f"{options.calibration}/{date}"
    calibration = read_calibration(name, read_parameters(known))
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
    made = markets(origin.settings, origin.calibration.parameters, chosen, origin.date, options.outlook)
    workers = options.workers or os.cpu_count() or 1
    return run(made, asked, workers, folder / f"members_{origin.date}.jsonl", shown)


def forecasts(
    origin: Origin, options: Validate, wanted: Sequence[ForecastSeries], measured: Array, at_facts: Array
) -> Array:
    """Members' forecasts, moved to the facts before the origin, [members, wanted]."""
    rng = np.random.default_rng(origin.date.toordinal())
    asked = [(series.series, series.start, series.end) for series in wanted]
    return moved_to_facts(measured, asked, origin.known.all, at_facts, options.outlook, rng)
