"""Effort of merchants over cells: experience-weighted attraction, or a logit reply to last week.

Effort is the mixed strategy itself: a merchant's share of effort in a cell takes the place of the probability of
choosing it. The formulas are those of `learning`, with all merchants as agents and all cells as options.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.learning import EwaRule, logit, update_attractions
from secondhalf.numba_cache import compile_cached


def ewa_update(
    attraction: NDArray[np.float32],
    effort: NDArray[np.float32],
    returns: NDArray[np.float32],
    possible: NDArray[np.bool_],
    experience: float,
    rule: EwaRule,
) -> float:
    """One revision of all merchants by experience-weighted attraction, in place; returns the new experience.

    Parameters
    ----------
    attraction, effort, returns, possible
        [merchant, cell]; `returns` per unit of effort. Closed cells get no effort and keep their attraction.
    experience
        N, the weight of the past in observations
    rule
        see `learning.EwaRule`
    """
    renewed = update_attractions(attraction, effort, returns, possible, experience, rule.phi, rule.delta, rule.kappa)
    logit(effort, attraction, possible, rule.sharpness)
    return renewed


def logit_update(
    attraction: NDArray[np.float32],
    effort: NDArray[np.float32],
    returns: NDArray[np.float32],
    possible: NDArray[np.bool_],
    sharpness: float,
) -> None:
    """One revision of all merchants by a smoothed best response to last week, in place.

    No memory and all returns counted alike: experience-weighted attraction with phi = 0, delta = 1 and any kappa.
    Attraction is last week's return.

    Parameters
    ----------
    attraction, effort, returns, possible
        [merchant, cell], as in `ewa_update`
    sharpness
        precision of the logit; 0 is equal effort in all open cells, large is all effort in the best
    """
    np.copyto(attraction, returns, where=possible)
    logit(effort, attraction, possible, sharpness)


LARGEST_RELATIVE = 1e6
"""Return that is counted at most, in means: a merchant whose effort earned next to nothing has a mean near zero."""


@compile_cached(nogil=True, error_model="numpy")
def relative_returns(returns: NDArray[np.float32], effort: NDArray[np.float32]) -> None:
    """Divide each merchant's returns by their effort-weighted mean, in place, so that sharpness has no unit."""
    for m in range(returns.shape[0]):
        mean = 0.0
        for j in range(returns.shape[1]):
            mean += returns[m, j] * effort[m, j]
        for j in range(returns.shape[1]):
            returns[m, j] = min(returns[m, j] / mean, LARGEST_RELATIVE) if mean > 0.0 else 0.0
