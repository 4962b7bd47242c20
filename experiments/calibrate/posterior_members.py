"""An ensemble that forecasts: draws of the posterior, each moved towards the facts under its own seed.

Randomised maximum likelihood (Kitanidis 1995; Oliver, He and Reynolds 1996): a member has facts with errors of its own
and a prior mean of its own; where the market is as straight as its slopes, the members' best points are draws of the
posterior. Where it bends, and for the luck of a member's seed, a few steps with the slopes of the best point bring the
member back to its facts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.experiments.calibrate.minimum_distance import Evaluate, Fit, Problem, log_ratios
from secondhalf.experiments.calibrate.posterior import Posterior

Array = NDArray[np.float64]
FIRST_SEED = 20_000
"""Seed of the first member's market; the search and its checks use others."""


def members(
    problem: Problem, fit: Fit, posterior: Posterior, evaluate: Evaluate, count: int, rounds: int
) -> tuple[Array, Array]:
    """Draw members and move them to the facts.

    Parameters
    ----------
    rounds
        steps; each runs every member once, and a step that makes a member worse is halved or taken back

    Returns
    -------
    [count, D], [rounds + 1, count]
        scores, and the mean square of the misses of each member's own facts before and after each round
    """
    rng = np.random.default_rng(FIRST_SEED)
    low, high = problem.parameters.limits
    slopes = fit.slopes / posterior.widened
    errors = rng.standard_normal((count, slopes.shape[0]))
    beliefs = rng.standard_normal((count, slopes.shape[1]))
    points = np.clip(posterior.mode + (errors @ slopes + beliefs) @ posterior.covariance, low, high)
    best, least, told = points.copy(), np.full(count, np.inf), []
    size = np.ones(count)
    steps = np.zeros_like(points)
    for turn in range(rounds + 1):
        misses = _misses(problem, points, evaluate) / posterior.widened - errors
        away = points - beliefs
        worth = (np.square(misses).sum(axis=1) + np.square(away).sum(axis=1)) / 2
        better = worth < least
        best[better], least = points[better], np.minimum(worth, least)
        told.append(np.square(misses).mean(axis=1))
        if turn == rounds:
            break
        fresh = -(misses @ slopes + away) @ posterior.covariance
        steps[better], size[better] = fresh[better], 1.0
        size[~better] /= 2
        points = np.clip(best + size[:, None] * steps, low, high)
    return best, np.array(told)


def _misses(problem: Problem, points: Array, evaluate: Evaluate) -> Array:
    """Misses of every member under its own seed, [members, T]."""
    markets = [
        problem.parameters.put(problem.settings, problem.parameters.values(point)).model_copy(
            update={"seed": FIRST_SEED + number}
        )
        for number, point in enumerate(points)
    ]
    return problem.whitened(log_ratios(evaluate(markets), problem.targets.values))
