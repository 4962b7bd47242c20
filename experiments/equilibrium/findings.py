"""Findings of an equilibrium study, collected from its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from secondhalf.experiments.equilibrium.certify import Certified
from secondhalf.experiments.equilibrium.game.game import Game
from secondhalf.experiments.equilibrium.game.market_game import MarketGame
from secondhalf.experiments.equilibrium.inference.sequential_sampling import Estimate
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import CERTIFIED
from secondhalf.experiments.equilibrium.plan import GamePlan
from secondhalf.experiments.equilibrium.problem import EquilibriumProblem
from secondhalf.experiments.equilibrium.solution import Solution

Profile = tuple[int, ...]


class Stationarity(NamedTuple):
    """Stationarity of the market of a profile.

    Attributes
    ----------
    table
        balance.csv: a row a start
    paths
        paths.csv: means and 90 % of the runs by week
    word
        `yes`, `no` or `undecided`: at rest from every start, and at the same place
    drift
        bound of the ensemble's drift that is farthest from 0, share of minutes or GMV
    """

    table: pd.DataFrame
    paths: pd.DataFrame
    word: str
    drift: float


@dataclass
class Findings:
    """Findings of the study so far.

    Attributes
    ----------
    problem
        the question
    market
        where payoffs come from
    game
        with the strategies that paying deviations brought in
    estimate
        of the game's table
    solution
        None while some profile has no run
    held
        candidates held against all capability sets
    failed
        runs of the game that failed
    rest
        at_rest.csv: the balance in numbers
    stationarity, adaptive, phases
        the dynamic view: of `focus`, of platforms that decide, and when the second half began
    meanfield, tipping
        the mean-field map beside simulations, and along one weight
    before
        the game of the bundles alone, when a deviation from outside of them has joined this one
    plan
        what was fixed before the first run
    """

    problem: EquilibriumProblem
    market: MarketGame
    game: Game
    estimate: Estimate
    solution: Solution | None = None
    held: list[Certified] = field(default_factory=list)
    failed: int = 0
    stationarity: Stationarity | None = None
    rest: pd.DataFrame = field(default_factory=pd.DataFrame)
    adaptive: pd.DataFrame = field(default_factory=pd.DataFrame)
    phases: pd.DataFrame = field(default_factory=pd.DataFrame)
    meanfield: pd.DataFrame = field(default_factory=pd.DataFrame)
    tipping: pd.DataFrame = field(default_factory=pd.DataFrame)
    before: Findings | None = None
    plan: GamePlan | None = None

    @property
    def runs(self) -> int:
        """Runs of the game's table."""
        return int(np.isfinite(self.estimate.values[:, :, 0]).sum())

    def verdict(self, profile: Profile) -> str:
        """A profile's verdict."""
        return self.estimate.verdicts.word[self.game.place(profile)]

    @property
    def certified(self) -> list[Profile]:
        """Certified profiles, in the order of the table."""
        return [one for one in self.game.profiles if self.verdict(one) == CERTIFIED]

    @property
    def focus(self) -> Profile:
        """The profile that the report begins with; history's while the game is not solved."""
        return self.solution.focus if self.solution else self.game.history

    @property
    def shown(self) -> list[Profile]:
        """Profiles reported in detail: certified ones, the focus, history's, all `stay` and all last bundles."""
        return list(
            dict.fromkeys([*self.certified[:3], self.focus, self.game.history, self.game.nobody, self.game.everybody])
        )

    def before_word(self, profile: Profile) -> str:
        """A profile's verdict in the game of the bundles alone; empty where there was none, or without the profile."""
        old = self.before
        there = old is not None and all(a < count for a, count in zip(profile, old.game.shape, strict=True))
        return old.verdict(profile) if old is not None and there else ""

    def label(self, profile: Profile) -> str:
        """What a profile is, beside its choices."""
        labels = {self.game.history: "history", self.game.nobody: "nobody enters", self.game.everybody: "all enter"}
        return labels.get(profile, "")
