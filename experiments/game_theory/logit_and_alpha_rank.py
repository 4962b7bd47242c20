"""Logit chain and alpha-rank chain: revision with mistakes, both irreducible.

References
----------
Blume, L. E. (1993). The statistical mechanics of strategic interaction. Games and Economic Behavior 5, 387-424.
Omidshafiei, S., and others (2019). Alpha-rank: multi-agent evaluation by evolution. Scientific Reports 9, 9937.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

Array = NDArray[np.float64]
Places = NDArray[np.intp]
MOST = 100.0
"""Largest exponent; what happens once in e^100 times is taken to happen that often, so that the chain stays one."""


def logit_chain(payoff: ArrayLike, precision: float) -> Array:
    """One player at a time answers by logit with a precision in one over units of payoff, [profile, profile]."""
    table = np.asarray(payoff, np.float64)
    chain = _nothing(table)
    for player, own in enumerate(table):
        chances = softmax(precision * own, axis=player)
        for here, there, to in _moves(table, player):
            np.add.at(
                chain, (here, to), np.take(chances, [there], axis=player).repeat(own.shape[player], player).ravel()
            )
    return chain / len(table)


def alpha_rank_chain(payoff: ArrayLike, alpha: float, population: int = 50) -> Array:
    """One deviation at a time appears in a population of each player and spreads or dies out, [profile, profile].

    Parameters
    ----------
    alpha
        strength of selection, in one over units of payoff
    population
        individuals a player
    """
    table = np.asarray(payoff, np.float64)
    chain = _nothing(table)
    for player, own in enumerate(table):
        for here, there, to in _moves(table, player):
            edge = alpha * (np.take(own, [there], axis=player) - own).ravel()
            np.add.at(chain, (here, to), _fixation(np.clip(edge, -MOST / population, MOST / population), population))
    chain /= sum(count - 1 for count in table.shape[1:])
    np.fill_diagonal(chain, 0.0)
    np.fill_diagonal(chain, 1.0 - chain.sum(axis=1))
    return chain


def _fixation(edge: Array, population: int) -> Array:
    """Probability that one individual with an advantage takes over; 1 / population without any."""
    none = np.abs(edge) < 1e-12
    own = np.where(none, 1.0, edge)
    return np.where(none, 1 / population, np.expm1(-own) / np.expm1(-population * own))


def _nothing(table: Array) -> Array:
    size = int(np.prod(table.shape[1:]))
    return np.zeros((size, size))


def _moves(table: Array, player: int) -> Iterator[tuple[Places, int, Places]]:
    """For each action of a player: all profiles, the action, and where it leads from them."""
    shape = table.shape[1:]
    places = np.arange(int(np.prod(shape))).reshape(shape)
    for action in range(shape[player]):
        to = np.broadcast_to(np.take(places, [action], axis=player), shape)
        yield places.ravel(), action, to.ravel()
