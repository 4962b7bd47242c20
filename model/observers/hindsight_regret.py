"""Hindsight regret of merchants: what the best fixed division of effort would have gained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, logsumexp

from secondhalf.agents.effort import relative_returns
from secondhalf.model.state import State
from secondhalf.model.supply import effort_returns

Array = NDArray[np.float64]
LEAST = 13
"""Weeks that tell something: a quarter."""
EVEN = 1e-2
"""Sharpness from which on it is taken for nothing: merchants then spread effort evenly whatever it returns."""


class Hindsight:
    """Weeks of merchants' returns and of what they did, added up since the cells that are open to them changed last.

    Merchants value effort as their rule does: by its return, as a part of the merchant's mean, and by being spread,
    ``entropy / sharpness`` (what a logit maximises; `merchants.ewa_lambda`). The best fixed division of effort after
    some weeks with mean returns ``r`` is the logit of ``r``, worth ``logsumexp(sharpness r) / sharpness``. The slopes
    of a week are taken for its returns; as returns fall with effort, the gain is an upper bound.
    """

    def __init__(self) -> None:
        self._number: NDArray[np.int64] = np.zeros(0, np.int64)
        self._weeks = self._spread = np.zeros(0)
        self._returns, self._possible = np.zeros((0, 0)), np.zeros((0, 0), bool)

    def look(self, market: State) -> None:
        """Add the week that has just ended; on mornings on which merchants revise effort, before they do."""
        table, shape = market.trade.table, (market.trade.table.number.size, -1)
        returns = effort_returns.returns(market.trade, market.take_rate, market.desk.live_presence())
        relative, effort = np.ascontiguousarray(returns.reshape(shape)), table.effort.reshape(shape)
        relative_returns(relative, effort)
        possible = (table.shop[:, :, None] & market.trade.open_cells).reshape(shape)
        if not self._number.size:
            self._number, self._possible = table.number.copy(), possible.copy()
            self._returns, self._weeks, self._spread = np.zeros(relative.shape), *np.zeros((2, len(relative)))
        new = (table.number != self._number) | (possible != self._possible).any(axis=1)
        self._number[new], self._possible[new] = table.number[new], possible[new]
        self._weeks += 1
        self._returns += relative
        self._spread += entr(effort.astype(float)).sum(axis=1)
        # What has just become possible gets effort from the next revision on.
        self._weeks[new] = self._returns[new] = self._spread[new] = 0.0

    def gains(self, market: State) -> tuple[Array, Array]:
        """Gain a week of each merchant as a part of its sales, and the weights of merchants; one each.

        Merchants without `LEAST` weeks since a change, and those without sales, are left out.
        """
        table, sharpness = market.trade.table, max(market.settings.merchants.ewa_lambda, EVEN)
        there = (self._weeks >= LEAST) & (self._returns > 0).any(axis=1) & (table.number == self._number)
        weeks = self._weeks[there]
        worth = np.where(self._possible[there], sharpness * self._returns[there] / weeks[:, None], -np.inf)
        best, had = logsumexp(worth, axis=1) / sharpness, 1 + self._spread[there] / weeks / sharpness
        return np.asarray(best - had), np.asarray(table.weight[there], float)
