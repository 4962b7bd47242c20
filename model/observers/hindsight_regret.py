"""Hindsight regret of merchants: what the best fixed division of effort would have gained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, logsumexp

from secondhalf.agents.effort import relative_returns
from secondhalf.conf.schema.population import MerchantSettings
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
        self._weeks = self._spread = self._had = np.zeros(0)
        self._returns, self._possible = np.zeros((0, 0)), np.zeros((0, 0), bool)
        self._counted = np.zeros((0, 0))

    def look(self, market: State) -> None:
        """Add the week that has just ended; on mornings on which merchants revise effort, before they do."""
        table, shape = market.trade.table, (market.trade.table.number.size, -1)
        returns = effort_returns.returns(market.trade, market.take_rate, market.desk.live_presence())
        relative, effort = np.ascontiguousarray(returns.reshape(shape)), table.effort.reshape(shape)
        relative_returns(relative, effort)
        possible = (table.shop[:, :, None] & market.trade.open_cells).reshape(shape)
        if not self._number.size:
            self._number, self._possible = table.number.copy(), possible.copy()
            self._returns, self._counted = np.zeros((2, *relative.shape))
            self._weeks, self._spread, self._had = np.zeros((3, len(relative)))
        new = (table.number != self._number) | (possible != self._possible).any(axis=1)
        self._number[new], self._possible[new] = table.number[new], possible[new]
        self._weeks += 1
        self._returns += relative
        counted = relative * counted_weights(effort, market.settings.merchants)
        self._counted += counted
        self._had += (counted * effort).sum(axis=1)
        self._spread += entr(effort.astype(float)).sum(axis=1)
        # What has just become possible gets effort from the next revision on.
        self._weeks[new] = self._returns[new] = self._spread[new] = self._counted[new] = self._had[new] = 0.0

    def gains(self, market: State) -> tuple[Array, Array]:
        """Gain a week of each merchant as a part of its sales, and the weights of merchants; one each.

        Merchants without `LEAST` weeks since a change, and those without sales, are left out.
        """
        there = self._judged(market)
        return self._gain(market, there, self._returns, np.ones(there.sum())), _weights(market, there)

    def own_gains(self, market: State) -> tuple[Array, Array]:
        """The same with returns as merchants count them (`counted_weights`): what they leave by their own rule.

        At a fixed point of the rule it is nothing; with returns as they are it is not, because a merchant that counts
        forgone returns in part only does not maximise them.
        """
        there = self._judged(market)
        return self._gain(market, there, self._counted, self._had[there] / self._weeks[there]), _weights(market, there)

    def _judged(self, market: State) -> NDArray[np.bool_]:
        same = self._number == market.trade.table.number
        return np.asarray((self._weeks >= LEAST) & (self._returns > 0).any(axis=1) & same)

    def _gain(self, market: State, there: NDArray[np.bool_], returns: Array, mean: Array) -> Array:
        """The best fixed division's worth less what was had, whose returns were `mean`."""
        sharpness, weeks = max(market.settings.merchants.ewa_lambda, EVEN), self._weeks[there]
        worth = np.where(self._possible[there], sharpness * returns[there] / weeks[:, None], -np.inf)
        best, had = logsumexp(worth, axis=1) / sharpness, mean + self._spread[there] / weeks / sharpness
        return np.asarray(best - had)


def _weights(market: State, there: NDArray[np.bool_]) -> Array:
    return np.asarray(market.trade.table.weight[there], float)


def counted_weights(effort: NDArray[np.float32], rule: MerchantSettings) -> Array:
    """Weights that merchants' rule gives to returns in the long run, [merchant, cell].

    Experience-weighted attraction (`agents.learning`) counts returns of effort that was not made by ``ewa_delta``, and
    attractions that grow by ``ewa_kappa`` settle at ``(1 - phi (1 - kappa)) / (1 - phi)`` of them. A logit without
    memory counts all alike.
    """
    if rule.effort == "logit":
        return np.ones(effort.shape)
    grown = (1 - rule.ewa_phi * (1 - rule.ewa_kappa)) / max(1 - rule.ewa_phi, EVEN)
    return np.asarray(grown * (rule.ewa_delta + (1 - rule.ewa_delta) * effort.astype(float)))
