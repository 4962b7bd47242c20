"""Targets: reported facts of data/market_facts.csv, and how a run's tables give the same numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.market import Limits
from secondhalf.experiments.facts.model_series import SeriesNumbers, SeriesRule

LAST_FACT = dt.date(2024, 12, 31)
"""What ended later is not looked at."""


Bound = Literal["exact", "at_least", "at_most"]
"""Whether a fact is a number, or a number that was passed, or not reached."""
PRIOR = "prior"
"""What stands for the grade of a number that is declared where no fact is."""
FARTHEST = 3.0
"""Log ratio of model to fact that stands for all beyond, and for a run that failed."""


@dataclass(frozen=True)
class Target:
    """A reported number, how far it may be off, and how the model measures the same."""

    metric: str
    platform: str
    start: dt.date
    end: dt.date
    value: float
    unit: str
    grade: str
    error: float
    """standard deviation as a share of the value"""
    bound: Bound
    """`at_least` and `at_most`: a value beyond misses nothing"""
    source: str
    rule: SeriesRule

    @property
    def name(self) -> str:
        """Metric, platform and period in words."""
        return f"{self.metric} {self.platform} {self.start}/{self.end}"


@dataclass(frozen=True)
class Targets:
    """All targets, and how many facts were left."""

    all: tuple[Target, ...]
    left: Mapping[str, int]
    """rows of market_facts.csv that are no target, by grade"""

    def __len__(self) -> int:
        return len(self.all)

    def until(self, date: dt.date) -> Targets:
        """Those whose period has ended by a date."""
        return Targets(tuple(target for target in self.all if target.end <= date), self.left)

    def after(self, date: dt.date) -> Targets:
        """Those whose period ends later."""
        return Targets(tuple(target for target in self.all if target.end > date), self.left)

    @property
    def numbers(self) -> SeriesNumbers:
        """What is to be measured of a run."""
        return SeriesNumbers(self.all)

    @property
    def evidence(self) -> NDArray[np.bool_]:
        """Which are facts, and not declared numbers, [T]."""
        return np.array([target.grade != PRIOR for target in self.all], bool)

    def log_ratios(self, measured: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of model over fact, [..., T], held within `FARTHEST`; zero beyond a bound that is kept.

        What is no positive number counts as farthest below.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.log(measured / self.values)
        ratios = np.clip(np.nan_to_num(ratios, nan=-FARTHEST), -FARTHEST, FARTHEST)
        least = np.array([-FARTHEST if target.bound != "at_most" else 0.0 for target in self.all])
        most = np.array([FARTHEST if target.bound != "at_least" else 0.0 for target in self.all])
        return np.asarray(np.clip(ratios, least, most))

    @property
    def values(self) -> NDArray[np.float64]:
        """Reported values, [T]."""
        return np.array([target.value for target in self.all])

    @property
    def errors(self) -> NDArray[np.float64]:
        """Standard deviations of the facts as shares of their values, [T]."""
        return np.array([target.error for target in self.all])


def check_horizon(targets: Targets, settings: MarketSettings) -> None:
    """Refuse targets that a run cannot give.

    Raises
    ------
    SettingsError
        for a target of a platform that does not compete, or with days before the calendar's first or after its last
    """
    for target in targets.all:
        for name in target.rule.platforms:
            if name not in settings.platforms:
                raise SettingsError(f"platforms={settings.platforms}: the target {target.name} needs {name}")
        if target.start < settings.calendar.start or target.end > settings.calendar.end:
            raise SettingsError(
                f"calendar: the target {target.name} lies outside of the horizon, {settings.calendar.start} to "
                f"{settings.calendar.end}"
            )


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
