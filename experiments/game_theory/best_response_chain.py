"""Best-response chain: asynchronous best responses of revising players, its sinks and the ways into them.

A state is a pure profile, by its place in the flattened table. In each period one player, any with the same
probability, answers the others as well as it can.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse import linalg
from scipy.sparse.csgraph import connected_components

Array = NDArray[np.float64]


def best_response_chain(payoff: ArrayLike, tolerance: float = 0.0) -> sparse.csr_array:
    """Transition probabilities between profiles, [profile, profile].

    A player stays where it is unless it gains more than `tolerance`; it takes any best answer with the same
    probability.
    """
    table = np.asarray(payoff, np.float64)
    shape = table.shape[1:]
    places = np.arange(int(np.prod(shape))).reshape(shape)
    rows, columns, chances = [], [], []
    for player, own in enumerate(table):
        best = own.max(axis=player, keepdims=True)
        moves, count = best - own > tolerance, shape[player]
        answers = (own == best).astype(float)
        answers /= answers.sum(axis=player, keepdims=True)
        rows.append(places.ravel())
        columns.append(places.ravel())
        chances.append(1.0 - moves.ravel())
        for action in range(count):
            to = np.take(places, [action], axis=player)
            chance = np.where(moves, np.take(answers, [action], axis=player), 0.0)
            rows.append(places.ravel())
            columns.append(np.broadcast_to(to, shape).ravel())
            chances.append(chance.ravel())
    weights = np.concatenate(chances) / len(table)
    found = sparse.coo_array((weights, (np.concatenate(rows), np.concatenate(columns))), (places.size,) * 2).tocsr()
    found.eliminate_zeros()
    return found


class Sinks(NamedTuple):
    """Sets of states that are never left."""

    members: list[NDArray[np.intp]]
    """states of each sink; one state is a pure equilibrium, several are a rotation"""
    reached: Array
    """probability of ending in each sink, [state, sink]"""
    moves: Array
    """mean number of changes of state on the way into any sink, [state]"""


def sinks(chain: sparse.csr_array) -> Sinks:
    """Sink components of a chain, by strongly connected components, and absorption into them."""
    size = chain.shape[0]
    count, label = connected_components(chain, directed=True, connection="strong")
    edges = chain.tocoo()
    left = np.zeros(count, bool)
    left[label[edges.row[label[edges.row] != label[edges.col]]]] = True
    found = [np.flatnonzero(label == component) for component in range(count) if not left[component]]
    found.sort(key=lambda states: int(states[0]))
    reached, moves = np.zeros((size, len(found))), np.zeros(size)
    for number, states in enumerate(found):
        reached[states, number] = 1.0
    passing = np.flatnonzero(left[label])
    if passing.size:
        inside = sparse.eye_array(passing.size, format="csc") - chain[passing][:, passing].tocsc()
        solve = linalg.splu(inside.tocsc()).solve
        reached[passing] = solve(np.asarray(chain[passing] @ reached))
        moves[passing] = solve(1.0 - chain.diagonal()[passing])
    return Sinks(found, reached, moves)
