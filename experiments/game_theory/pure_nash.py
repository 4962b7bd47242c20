"""Pure equilibria of a finite game, from its table of payoffs.

A table is one array, [player, a_1, …, a_n]: first who is paid, then what each of the n players does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def regrets(payoff: ArrayLike) -> NDArray[np.float64]:
    """What each player could gain by changing its own action alone, [player, a_1, …, a_n], in units of payoff.

    Raises
    ------
    ValueError
        when the table does not have one axis a player, or a payoff is NaN
    """
    table = np.asarray(payoff, np.float64)
    if table.ndim < 2 or table.ndim != table.shape[0] + 1:
        raise ValueError(f"a table of {table.shape[0] if table.ndim else 0} players needs as many axes of actions")
    if np.isnan(table).any():
        raise ValueError("a payoff is missing")
    return np.stack([own.max(axis=player, keepdims=True) - own for player, own in enumerate(table)])


def pure_equilibria(payoff: ArrayLike, tolerance: float = 0.0) -> NDArray[np.intp]:
    """Profiles in which nobody gains more than `tolerance` by changing its own action alone (Nash 1950).

    Ties count: a player that loses nothing by changing does not upset an equilibrium.

    Returns
    -------
    whole numbers [equilibrium, player]
        actions, in the order of the table; no rows when there is no pure equilibrium
    """
    return np.argwhere((regrets(payoff) <= tolerance).all(axis=0))
