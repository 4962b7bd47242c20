"""How merchants divide their effort over cells: experience-weighted attraction (Camerer and Ho 1999).

Effort is the mixed strategy itself: a merchant's share of effort in a cell takes the place of the probability of
choosing it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.machine_code import compile_kept


@compile_kept(nogil=True, error_model="numpy")
def ewa_update(
    attraction: NDArray[np.float32],
    effort: NDArray[np.float32],
    returns: NDArray[np.float32],
    possible: NDArray[np.bool_],
    experience: float,
    phi: float,
    delta: float,
    kappa: float,
    sharpness: float,
) -> float:
    """One revision of all merchants, in place; returns the new experience.

    ``N' = phi (1 - kappa) N + 1``,
    ``A'_j = (phi N A_j + (delta + (1 - delta) effort_j) return_j) / N'``, and
    ``effort_j`` proportional to ``exp(sharpness A'_j)`` over the possible cells.

    Parameters
    ----------
    attraction, effort, returns, possible
        [merchant, cell]; `returns` per unit of effort
    experience
        N, the weight of the past in observations
    phi, delta, kappa, sharpness
        memory, weight of returns forgone, growth of attractions (0: averages, 1: sums), logit sharpness. ``delta=0`` is
        reinforcement; ``delta=1, kappa=0`` is weighted fictitious play.
    """
    renewed = phi * (1.0 - kappa) * experience + 1.0
    for m in range(effort.shape[0]):
        best = -np.inf
        for j in range(effort.shape[1]):
            if possible[m, j]:
                weight = delta + (1.0 - delta) * effort[m, j]
                attraction[m, j] = (phi * experience * attraction[m, j] + weight * returns[m, j]) / renewed
                best = max(best, sharpness * attraction[m, j])
        total = 0.0
        for j in range(effort.shape[1]):
            effort[m, j] = np.exp(sharpness * attraction[m, j] - best) if possible[m, j] else 0.0
            total += effort[m, j]
        if total > 0.0:
            for j in range(effort.shape[1]):
                effort[m, j] /= total
    return renewed


@compile_kept(nogil=True, error_model="numpy")
def relative_returns(returns: NDArray[np.float32], effort: NDArray[np.float32]) -> None:
    """Divide each merchant's returns by their effort-weighted mean, in place, so that sharpness has no unit."""
    for m in range(returns.shape[0]):
        mean = 0.0
        for j in range(returns.shape[1]):
            mean += returns[m, j] * effort[m, j]
        for j in range(returns.shape[1]):
            returns[m, j] = returns[m, j] / mean if mean > 0.0 else 0.0
