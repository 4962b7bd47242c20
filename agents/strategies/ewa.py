"""Experience-weighted attraction over moves (Camerer and Ho 1999): moves that paid are repeated more often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field

from secondhalf.agents import learning
from secondhalf.agents.legal_moves import choosable
from secondhalf.agents.move import Move
from secondhalf.agents.strategies.base import Strategy
from secondhalf.agents.strategies.shared_rules import gain, unsuited
from secondhalf.agents.view import View
from secondhalf.conf.schema.vocabulary import CAPABILITY_CHANGES

Share = Annotated[float, Field(ge=0, le=1)]


class Ewa(Strategy):
    """Learns what its own moves paid, and from rivals what those it did not make would have."""

    class Parameters(Strategy.Parameters):
        """Of the learning rule (`learning.Rule`), and when a pool is given up."""

        phi: Share = 0.9
        delta: Share = 0.5
        kappa: Share = 0.0
        sharpness: Annotated[float, Field(ge=0)] = 30.0
        close_below: Share = 0.9
        confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.9

    parameters: Parameters
    _names: list[str] | None = None
    _learner: learning.EwaLearner
    _latest = 0

    def moves(self, view: View) -> Sequence[Move]:
        """Take in the quarter that ended, then choose by logit over attractions."""
        names = self._options(view)
        if len(view.reports(self.platform)) >= 2:
            self._learn(view, names)
        own = self.parameters
        closing = unsuited(view, own.close_below, own.confidence)
        if closing is not None:
            self._latest = names.index(str(closing))
            return [closing]
        options = {str(move): move for move in view.options()}
        possible = np.array([name in options for name in names])
        self._latest = int(self._learner.choose(view.uniform(), possible)[0])
        chosen = options[names[self._latest]]
        if chosen.change == "hold":
            return []
        attraction, chance = self._learner.attraction[0], self._learner.probabilities(possible)[0]
        listed = [f"{names[k]} {attraction[k]:+.3f}" for k in np.argsort(-chance, kind="stable") if possible[k]]
        reason = f"drawn with chance {chance[self._latest]:.0%} by what moves have paid"
        return [replace(chosen, reason=reason, estimates=f"attraction, growth against all: {'; '.join(listed)}")]

    def _options(self, view: View) -> list[str]:
        """Every move that may ever be open to the platform."""
        if self._names is None:
            pools = [str(Move(change, name)) for name in choosable(view.platform) for change in CAPABILITY_CHANGES]
            self._names = ["hold", "recruit", "deepen", *pools]
            own = self.parameters
            rule = learning.EwaRule(own.phi, own.delta, own.kappa, own.sharpness)
            self._learner = learning.EwaLearner(len(self._names), rule)
        return self._names

    def _learn(self, view: View, names: list[str]) -> None:
        """What the latest move paid, and what rivals' moves of the same quarter paid them."""
        latest = len(view.reports(self.platform)) - 1
        payoff = np.full(len(names), np.nan)
        for seen in view.seen():
            if seen.quarter == latest and seen.platform != self.platform and str(seen.move) in names:
                payoff[names.index(str(seen.move))] = gain(view, seen.platform, latest)
        payoff[self._latest] = gain(view, self.platform, latest)
        self._learner.learn(self._latest, payoff)
