"""Mixed profiles of a finite game: expected payoffs and regrets.

A mixed profile is one array of probabilities a player; players may have different numbers of actions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def action_payoffs(payoff: ArrayLike, mixed: Sequence[Array], player: int) -> Array:
    """Expected payoff of each action of a player while the others mix, [actions], in units of payoff."""
    left = np.asarray(payoff, np.float64)[player]
    for other in reversed(range(len(mixed))):
        if other != player:
            left = np.tensordot(left, mixed[other], axes=(other, 0))
    return np.asarray(left)


def pair_payoffs(payoff: ArrayLike, mixed: Sequence[Array], player: int, other: int) -> Array:
    """The same while another player's action is held, [actions of player, actions of other]."""
    left = np.asarray(payoff, np.float64)[player]
    for third in reversed(range(len(mixed))):
        if third not in (player, other):
            left = np.tensordot(left, mixed[third], axes=(third, 0))
    return np.asarray(left if player < other else left.T)


def expected_payoffs(payoff: ArrayLike, mixed: Sequence[Array]) -> Array:
    """What each player gets on average, [players]."""
    return np.array([float(action_payoffs(payoff, mixed, i) @ own) for i, own in enumerate(mixed)])


def mixed_regrets(payoff: ArrayLike, mixed: Sequence[Array]) -> Array:
    """What each player could gain by the best answer to the others, [players], in units of payoff; never below 0."""
    gains = []
    for player, own in enumerate(mixed):
        actions = action_payoffs(payoff, mixed, player)
        gains.append(max(float(actions.max() - actions @ own), 0.0))
    return np.array(gains)


def pure(profile: Sequence[int], shape: Sequence[int]) -> list[Array]:
    """A pure profile as a mixed one."""
    return [np.eye(count)[action] for action, count in zip(profile, shape, strict=True)]
