"""Targets: reported facts of data/market_facts.csv, and how a run's tables give the same numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.market import Limits
from secondhalf.experiments.facts.model_series import SeriesNumbers, SeriesRule

LAST_FACT = dt.date(2024, 12, 31)
"""What ended later is not looked at."""


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
