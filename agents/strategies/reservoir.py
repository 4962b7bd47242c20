"""Reservoir, the article's rule: recruit users while they come, then open a new pool, else deepen the pool."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from secondhalf.agents.move import Move
from secondhalf.agents.strategies.base import Strategy
from secondhalf.agents.strategies.shared_rules import unsuited
from secondhalf.agents.view import View

Share = Annotated[float, Field(ge=0, le=1)]


class Reservoir(Strategy):
    """Looks at nothing but its own net new users and its beliefs about its own skills."""

    class Parameters(Strategy.Parameters):
        """When the reservoir counts as full, how long a test takes, and when a pool is given up."""

        many_new: Share = 0.03
        test_quarters: Annotated[int, Field(ge=1)] = 2
        close_below: Share = 0.9
        confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.9
        shuffled: bool = False

    parameters: Parameters

    def moves(self, view: View) -> Sequence[Move]:
        """One move a quarter at most."""
        own, reports = self.parameters, view.reports(self.platform)
        if not reports:
            return []
        closing = unsuited(view, own.close_below, own.confidence)
        if closing is not None:
            return [closing]
        # The placebo: the same rule gets the number of some earlier quarter, drawn anew every time.
        latest = reports[int(view.uniform() * len(reports))] if own.shuffled else reports[-1]
        growth = latest.new_users / max(latest.installed_users, 1.0)
        found = f"{latest.new_users / 1e6:+.1f} million net new users, {growth:+.1%} of all"
        options = view.options()
        if growth >= own.many_new:
            return self._pick(options, "recruit", f"{found}: many, so recruit")
        opened = self._new_pool(view, options, f"{found}: few, so open a pool")
        return opened or self._pick(options, "deepen", f"{found}: few, and no pool to open, so deepen")

    def _new_pool(self, view: View, options: Sequence[Move], reason: str) -> list[Move]:
        """Open what has been tested for long enough; else test the pool that promises most."""
        own = [seen for seen in view.seen() if seen.platform == self.platform]
        since = {seen.move.capability: seen.quarter for seen in own}
        closed = {seen.move.capability for seen in own if seen.move.change == "close"}
        now, wait = len(view.reports(self.platform)), self.parameters.test_quarters
        untested = {move.capability for move in options if move.change == "test"}
        tested = [move for move in options if move.change == "open" and move.capability not in untested]
        for move in tested:
            if now - since.get(move.capability, now - wait) >= wait:
                return [Move("open", move.capability, reason=f"{reason}; its test is over")]
        table, index = view.platform.capabilities, view.platform.index
        promising = sorted(name for name in untested - closed if name)
        if tested or not promising:  # one test at a time
            return []
        hopes = {name: math.exp(table.believed[index, table.column[name]]) for name in promising}
        best = max(hopes, key=lambda name: hopes[name])
        listed = "; ".join(f"{name} {hope:.2f}" for name, hope in hopes.items())
        return [Move("test", best, reason=f"{reason}; most promising", estimates=f"believed skill: {listed}")]

    @staticmethod
    def _pick(options: Sequence[Move], change: str, reason: str) -> list[Move]:
        found = [move for move in options if move.change == change]
        return [Move(change, value=found[0].value, days=found[0].days, reason=reason)] if found else []
