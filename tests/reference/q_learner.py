"""The pricing algorithm of Calvano et al. (2020): two Q-learners that remember last period's prices.

A published learner with a published result, to hold the price game's arithmetic and the profit gain against.

References
----------
Calvano, E., Calzolari, G., Denicolò, V., and Pastorello, S. (2020). Artificial intelligence, algorithmic pricing, and
collusion. American Economic Review 110, 3267-3297.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from secondhalf.model.random_streams import mix, uniform, word

LEARNING, EXPLORING, DISCOUNT = 0.15, 4e-6, 0.95
"""alpha, beta (exploration falls as exp(-beta t)) and delta of the paper's representative experiment."""
UNCHANGED = 100_000
"""Periods for which both strategies must stand still to have converged."""
MOST = 5_000_000
_LOW32, _S32 = np.uint64(0xFFFFFFFF), np.uint64(32)


@numba.njit(nogil=True)
def session(
    table: NDArray[np.float64], stream: np.uint64, alpha: float, beta: float, delta: float, unchanged: int, most: int
) -> tuple[NDArray[np.float64], int]:
    """One session: mean payoffs [2] of what the players do after convergence, and the periods it took.

    `table` [2, m, m] holds payoffs. Values start at what a rival who prices by chance would leave; `most` periods mean
    that there was no convergence.
    """
    m = table.shape[1]
    value = np.empty((2, m * m, m))
    for a in range(m):
        value[0, :, a] = table[0, a].mean() / (1 - delta)
        value[1, :, a] = table[1, :, a].mean() / (1 - delta)
    best = np.empty((2, m * m), np.int64)
    for i in range(2):
        best[i] = np.argmax(value[i, 0])
    bits, still, period, explore, kept = word(stream, 0), 0, 0, 1.0, np.exp(-beta)
    state = np.int64(bits % np.uint64(m * m))
    act = np.empty(2, np.int64)
    while still < unchanged and period < most:
        period += 1
        for i in range(2):
            bits = word(stream, 2 * period + i)
            chance = np.int64(((bits & _LOW32) * np.uint64(m)) >> _S32)
            act[i] = chance if uniform(bits) < explore else best[i, state]
        explore *= kept
        after = act[0] * m + act[1]
        still += 1
        for i in range(2):
            a, row = act[i], value[i, state]
            aim = table[i, act[0], act[1]] + delta * value[i, after, best[i, after]]
            row[a] = (1 - alpha) * row[a] + alpha * aim
            now = np.argmax(row) if a == best[i, state] else (a if row[a] > row[best[i, state]] else best[i, state])
            if now != best[i, state]:
                best[i, state], still = now, 0
        state = after
    paid = np.zeros(2)
    for _ in range(1000):  # no exploration: a cycle of a few periods
        one, two = best[0, state], best[1, state]
        paid[0] += table[0, one, two] / 1000
        paid[1] += table[1, one, two] / 1000
        state = one * m + two
    return paid, period


def sessions(table: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean payoffs [session, 2] and periods to convergence [session] of the paper's representative experiment."""
    done = [
        session(table, np.uint64(mix(seed + 1)), LEARNING, EXPLORING, DISCOUNT, UNCHANGED, MOST)
        for seed in range(count)
    ]
    return np.array([paid for paid, _ in done]), np.array([periods for _, periods in done])
