"""Settings of the study `equilibrium`: the group conf/equilibrium."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from secondhalf.conf.schema.base import Count, Number, Positive, Rate, Settings, Share, Whole
from secondhalf.experiments.execution.settings import Options

Bundles = dict[str, tuple[str, ...]]
"""Capabilities by the name of the bundle; the first is empty."""


class Balance(Settings):
    """Test of stationarity of the market; without seeds it is left out."""

    seeds: Annotated[Whole, Field(ge=0)]
    weeks: Annotated[Whole, Field(ge=8)]
    judged: Annotated[Whole, Field(ge=8)]
    margin: Annotated[Number, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _within(self) -> Balance:
        if self.judged > self.weeks:
            raise ValueError(f"judged={self.judged}: allowed are at most weeks={self.weeks}")
        if self.seeds in (1, 2):
            raise ValueError(f"seeds={self.seeds}: allowed are 0 (the balance is not judged) and 3 or more")
        return self


class Adaptive(Settings):
    """Adaptive strategies whose play is compared with the game; without seeds none is."""

    strategies: tuple[str, ...]
    seeds: Annotated[Whole, Field(ge=0)]


class MeanFieldMap(Settings):
    """How finely the mean-field map is worked out, and along which of users' weights; without types it is not."""

    types: Literal[0, 2, 4, 8, 16, 32, 64]
    moods: Literal[1, 2, 4, 8, 16, 32, 64, 128, 256]
    weight: Literal["habit_weight", "social_weight"]
    until: Positive
    points: Annotated[Whole, Field(ge=2)]
    users: Annotated[Whole, Field(ge=2)]
    days: Annotated[Whole, Field(ge=2)]


class Equilibrium(Options):
    """What `secondhalf equilibrium` plays, and how much work it may be."""

    group: ClassVar[str] = "equilibrium"
    ensemble: bool
    calibration: str
    seeds: Annotated[Whole, Field(ge=2)]
    first_seed: Annotated[Whole, Field(ge=0)] | None
    players: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    revision: dt.date
    horizon_years: Positive
    discount_rate: Rate
    payoff: Literal["revenue", "profit", "gmv", "attention"]
    costs: bool
    epsilon: Share
    confidence: Annotated[Number, Field(gt=0, lt=1)]
    bundles: dict[Literal["content", "shelf"], Bundles]
    history: dict[str, str] = Field(default_factory=dict)
    history_until: dt.date
    users: Annotated[Whole, Field(ge=2)]
    merchants: Count
    budget_minutes: Positive
    budget_runs: Count | None = None
    first_draws: Annotated[Whole, Field(ge=2)]
    most_draws: Annotated[Whole, Field(ge=2)]
    resamples: Annotated[Whole, Field(ge=0)]
    growth: Rate
    wishing: Share
    certify: Literal["none", "screen", "full"]
    candidates: Annotated[Whole, Field(ge=0)]
    screen_margin: Rate
    balance: Balance
    adaptive: Adaptive
    meanfield: MeanFieldMap
    workers: Count | None = None
    documents: tuple[str, ...] = ()
    write: bool = False

    @field_validator("revision")
    @classmethod
    def _starts_a_quarter(cls, revision: dt.date) -> dt.date:
        if revision.day != 1 or revision.month not in (1, 4, 7, 10):
            raise ValueError("the first day of a quarter is needed, such as 2021-10-01")
        return revision

    @model_validator(mode="after")
    def _in_order(self) -> Equilibrium:
        if self.first_draws > self.most_draws:
            raise ValueError(f"first_draws={self.first_draws}: allowed are at most most_draws={self.most_draws}")
        for kind, bundles in self.bundles.items():
            if len(bundles) < 2:
                raise ValueError(f"bundles.{kind} has {len(bundles)} strategies; two are needed at least")
            first = next(iter(bundles))
            if bundles[first]:
                raise ValueError(f"bundles.{kind}.{first}={list(bundles[first])}: the first bundle has to be empty")
            if len({frozenset(items) for items in bundles.values()}) < len(bundles):
                raise ValueError(f"bundles.{kind}: two of {', '.join(bundles)} are the same")
        return self
