"""A world that is known in closed form, in place of markets: logs of its facts are linear in four parameters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.minimum_distance import Problem
from secondhalf.experiments.calibrate.parameters import Parameter, Parameters
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.model_series import SeriesRule
from secondhalf.experiments.facts.targets import Target, Targets

SETTINGS = load_settings()
PRIORS = {
    "habit_weight": (2.5, 0.3, (0.2, 6.0)),
    "shock": (0.9, 0.3, (0.2, 3.0)),
    "social_weight": (0.15, 0.5, (0.01, 1.0)),
    "opening_cost": (0.5, 0.4, (0.05, 5.0)),
}
PARAMETERS = Parameters(
    tuple(Parameter(f"users.{name}", ("users", name), "log", *prior) for name, prior in PRIORS.items())
)
FACTS = 12
DESIGN = np.random.default_rng(4).standard_normal((FACTS, len(PARAMETERS))) * 0.1
"""Slopes of log outputs with respect to scores; the last parameter moves nothing."""
DESIGN[:, 3] = 0.0
ERROR = 0.05


@dataclass
class World:
    """Stands in for `Evaluations`: log output = design @ scores + bend * score^2 + luck of the seed."""

    parameters: Parameters = PARAMETERS
    luck: float = 0.0
    bend: float = 0.0
    fails: bool = False
    made: int = 0
    failed: int = 0
    asked: list[MarketSettings] = field(default_factory=list)

    def __call__(self, markets: Sequence[MarketSettings]) -> NDArray[np.float64]:
        """What each market gives, [markets, FACTS]."""
        self.made += len(markets)
        self.asked += markets
        return np.array([self._one(market) for market in markets])

    def _one(self, market: MarketSettings) -> NDArray[np.float64]:
        scores = self.parameters.scores(self.parameters.of(market))
        if self.fails and scores[0] > 1.0:
            return np.full(FACTS, np.nan)
        own = self.luck * np.random.default_rng(market.seed).standard_normal(FACTS)
        found: NDArray[np.float64] = np.exp(DESIGN @ scores + self.bend * scores[0] ** 2 + own)
        return found


def problem(values: NDArray[np.float64], seeds: int = 2, error: float = ERROR) -> Problem:
    """The problem of meeting some values, [FACTS]."""
    rule = SeriesRule("daily", "kuaishou", ("gmv",), None, "sum", None, 1.0)
    first = dt.date(2020, 1, 1)
    facts = tuple(
        Target(
            "gmv", "Kuaishou", first, first + dt.timedelta(days=n), float(value), "RMB", "B", error, "exact", "", rule
        )
        for n, value in enumerate(values)
    )
    return Problem(SETTINGS, PARAMETERS, Targets(facts, {}), tuple(range(seeds)), 0.0)
