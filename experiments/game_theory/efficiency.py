"""Efficiency of equilibria: prices of anarchy and of stability, and whether a game is a prisoner's dilemma.

Payoffs are levels (RMB or parts of the status quo, not logarithms), because they are added up over players.

References
----------
Koutsoupias, E., and Papadimitriou, C. (1999). Worst-case equilibria. STACS 99, 404-413.
Anshelevich, E., and others (2008). The price of stability for network design with fair cost allocation. SIAM Journal on
Computing 38, 1602-1623.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Profile = tuple[int, ...]


class Prices(NamedTuple):
    """Largest sum of payoffs over that of the worst equilibrium (anarchy) and of the best (stability)."""

    anarchy: float
    stability: float


def prices(payoff: ArrayLike, equilibria: Sequence[Profile]) -> Prices | None:
    """Prices of anarchy and of stability of some pure equilibria.

    Returns
    -------
    Prices or None
        at least 1 each; None when there is no equilibrium, or a sum is not positive and their ratio means nothing
    """
    total = np.asarray(payoff, np.float64).sum(axis=0)
    reached = [float(total[profile]) for profile in equilibria]
    if not reached or min(reached) <= 0:
        return None
    best = float(total.max())
    return Prices(best / min(reached), best / max(reached))


class Dilemma(NamedTuple):
    """What makes a prisoner's dilemma, player by player."""

    tempting: NDArray[np.bool_]
    """whether leaving `before` alone pays, [players]"""
    dominant: NDArray[np.float64]
    """part of the others' profiles against which the action of `after` is the best one, [players]"""
    worse: NDArray[np.bool_]
    """whether the player has less after than before, [players]"""

    @property
    def holds(self) -> bool:
        """Everybody's action is dominant, and everybody has less than before."""
        return bool((self.dominant == 1).all() and self.worse.all())


def dilemma(payoff: ArrayLike, before: Profile, after: Profile) -> Dilemma:
    """Compare two pure profiles: is moving from `before` to `after` what a prisoner's dilemma is?"""
    table = np.asarray(payoff, np.float64)
    tempting, dominant = [], []
    for player, own in enumerate(table):
        line = own[(*before[:player], slice(None), *before[player + 1 :])]
        tempting.append(line[after[player]] > line[before[player]])
        best = np.take(own, after[player], axis=player) >= own.max(axis=player)
        dominant.append(float(best.mean()))
    worse = np.array([own[after] < own[before] for own in table])
    return Dilemma(np.array(tempting), np.array(dominant), worse)
