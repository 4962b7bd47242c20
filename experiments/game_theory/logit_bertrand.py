"""Logit-Bertrand game: price competition under logit demand, as in Calvano, Calzolari, Denicolò and Pastorello (2020).

Firm i sells ``q_i = exp((a_i - p_i) / mu) / (exp(a_0 / mu) + sum_j exp((a_j - p_j) / mu))`` and earns
``(p_i - c) q_i``. The market's own choice stage is this demand when nothing but price differs
(`tests/limits/test_bertrand.py`); platforms of the market do not set prices, so the game stands beside it.

References
----------
Calvano, E., Calzolari, G., Denicolò, V., and Pastorello, S. (2020). Artificial intelligence, algorithmic pricing, and
collusion. American Economic Review 110, 3267-3297.
Anderson, S. P., de Palma, A., and Thisse, J.-F. (1992). Discrete choice theory of product differentiation. MIT Press.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bertrand:
    """Firms alike in quality and cost. By default the baseline of Calvano et al. (2020).

    Attributes
    ----------
    firms
        how many
    quality, outside
        a_i and a_0, in units of price
    cost
        c, of a unit sold
    differentiation
        mu; towards zero goods become perfect substitutes
    """

    firms: int = 2
    quality: float = 2.0
    outside: float = 0.0
    cost: float = 1.0
    differentiation: float = 0.25

    def demand(self, prices: ArrayLike) -> Array:
        """Share of buyers of each firm; firms are the last axis."""
        worth = np.exp((self.quality - np.asarray(prices, np.float64)) / self.differentiation)
        nothing = np.exp(self.outside / self.differentiation)
        return np.asarray(worth / (nothing + worth.sum(axis=-1, keepdims=True)))

    def profit(self, prices: ArrayLike) -> Array:
        """Profit of each firm per buyer; firms are the last axis."""
        return np.asarray((np.asarray(prices) - self.cost) * self.demand(prices))

    def nash(self) -> float:
        """Price of the one-shot equilibrium: ``p = c + mu / (1 - q)``, from each firm's own first-order condition."""
        return self._price(1)

    def monopoly(self) -> float:
        """Price that maximises joint profit: ``p = c + mu / (1 - n q)``, n the number of firms."""
        return self._price(self.firms)

    def profit_gain(self, profit: ArrayLike) -> Array:
        """Delta: where a profit lies between the equilibrium's (0) and the monopoly's (1)."""
        competitive, collusive = (self.profit(self._all(price))[0] for price in (self.nash(), self.monopoly()))
        return np.asarray((np.asarray(profit) - competitive) / (collusive - competitive))

    def grid(self, points: int = 15, beyond: float = 0.1) -> Array:
        """Equally spaced prices from a share `beyond` (xi) of the way below equilibrium to as much above monopoly."""
        low, high = self.nash(), self.monopoly()
        margin = beyond * (high - low)
        return np.linspace(low - margin, high + margin, points)

    def table(self, prices: ArrayLike) -> Array:
        """Profits when each firm has one of `prices` [m], as `pure_nash` reads them: [firm, m, …, m]."""
        profiles = np.stack(np.meshgrid(*[prices] * self.firms, indexing="ij"), axis=-1)
        return np.moveaxis(self.profit(profiles), -1, 0)

    def _price(self, agreeing: int) -> float:
        """Equal prices at which `agreeing` firms together would gain nothing by a common small change."""

        def gap(price: float) -> float:
            margin = self.differentiation / (1 - agreeing * self.demand(self._all(price))[0])
            return float(price - self.cost - margin)

        beyond = self.cost + self.differentiation
        while gap(beyond) <= 0:
            beyond = self.cost + 2 * (beyond - self.cost)
        return float(brentq(gap, self.cost, beyond, xtol=1e-13))

    def _all(self, price: float) -> Array:
        return np.full(self.firms, price)
