"""Posterior of the parameters: a normal one around the best point, its coverage, and an ensemble drawn from it.

Laplace's approximation: the inverse of the curvature of the loss at its minimum, from the slopes of the misses
(Gauss-Newton) and the priors. Where model and facts differ by more than their tolerance, tolerances are widened by one
common factor first (Birge 1932), so that a model that misses is not taken for a precise one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from secondhalf.experiments.calibrate.minimum_distance import Evaluate, Fit, Problem

Array = NDArray[np.float64]
FIRST_SEED = 20_000
"""Seed of the first member's market; the search and its checks use others."""
LEARNED = 0.8
"""Posterior over prior standard deviation below which facts have told something of a parameter."""


@dataclass(frozen=True)
class Posterior:
    """Normal over scores, cut off at the bounds."""

    mode: Array
    """[D]"""
    covariance: Array
    """[D, D]"""
    widened: float
    """factor on the tolerances, at least one"""

    @property
    def sd(self) -> Array:
        """Standard deviations of the scores: posterior over prior standard deviation, [D]."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def identified(self) -> NDArray[np.bool_]:
        """Parameters of which the facts told something, [D]; the others keep their prior."""
        return np.asarray(self.sd < LEARNED)

    def draws(self, count: int, limits: tuple[Array, Array], seed: int = 0) -> Array:
        """Points, [count, D]; those beyond a bound are drawn again, and set upon it when that goes on for long."""
        rng = np.random.default_rng(seed)
        root = np.linalg.cholesky(self.covariance + 1e-12 * np.eye(self.mode.size))
        drawn = np.empty((count, self.mode.size))
        for row in range(count):
            for _ in range(200):
                drawn[row] = self.mode + root @ rng.standard_normal(self.mode.size)
                if ((drawn[row] >= limits[0]) & (drawn[row] <= limits[1])).all():
                    break
        return np.minimum(np.maximum(drawn, limits[0]), limits[1])


def laplace(fit: Fit) -> Posterior:
    """The posterior at the end of a search."""
    count = fit.misses.size
    # Parameters eat up freedom in so far as facts move them: the trace of the hat matrix.
    curvature = fit.slopes.T @ fit.slopes
    eaten = float(np.trace(np.linalg.solve(curvature + np.eye(len(curvature)), curvature)))
    widened = float(np.sqrt(max(1.0, float(fit.misses @ fit.misses) / max(count - eaten, 1.0))))
    covariance = np.linalg.inv(curvature / widened**2 + np.eye(len(curvature)))
    return Posterior(fit.scores, (covariance + covariance.T) / 2, widened)


@dataclass(frozen=True)
class Coverage:
    """How often intervals held the truth, by level."""

    level: Array
    held: Array
    """share of all parameters and replicates"""
    low: Array
    """bounds of an exact 95 % interval of `held`, were replicates' parameters independent"""
    high: Array
    replicates: int


def coverage(
    problem: Problem,
    fit: Fit,
    posterior: Posterior,
    evaluate: Evaluate,
    replicates: int,
    seed: int = 0,
    levels: tuple[float, ...] = (0.5, 0.8, 0.9, 0.95),
) -> tuple[Coverage, Array]:
    """Draw truths, simulate facts from each, estimate each again, and count intervals that hold the truth.

    A truth is a draw of the posterior, run under a seed of its own and with errors as wide as the tolerance. It is
    estimated by one step from the mode with the slopes there, the mode's posterior standing for the prior: what is
    checked is that the market is near enough to its slopes, and that the noise of a run is covered by the tolerance.

    Returns
    -------
    Coverage, [replicates, D]
        the levels, and the estimates' errors in their standard deviations
    """
    rng = np.random.default_rng(seed + 1)
    truths = posterior.draws(replicates, problem.parameters.limits, seed)
    markets = [
        problem.parameters.put(problem.settings, problem.parameters.values(truth)).model_copy(
            update={"seed": 10_000 + number}
        )
        for number, truth in enumerate(truths)
    ]
    simulated = problem.whitened(problem.targets.log_ratios(evaluate(markets))) / posterior.widened
    simulated += rng.standard_normal(simulated.shape)
    own = fit.slopes / posterior.widened
    precision = np.linalg.inv(posterior.covariance)
    covariance = np.linalg.inv(own.T @ own + precision)
    gain = covariance @ own.T
    errors = np.array(
        [
            (posterior.mode + gain @ (seen - fit.misses / posterior.widened) - truth) / np.sqrt(np.diag(covariance))
            for seen, truth in zip(simulated, truths, strict=True)
        ]
    )
    held = [float((np.abs(errors) <= stats.norm.ppf(0.5 + level / 2)).mean()) for level in levels]
    exact = [stats.binomtest(round(share * errors.size), errors.size).proportion_ci() for share in held]
    found = Coverage(
        np.array(levels),
        np.array(held),
        np.array([interval.low for interval in exact]),
        np.array([interval.high for interval in exact]),
        replicates,
    )
    return found, errors


def members(
    problem: Problem, fit: Fit, posterior: Posterior, evaluate: Evaluate, count: int, rounds: int
) -> tuple[Array, Array]:
    """Draw an ensemble that forecasts: draws of the posterior, each moved towards the facts under its own seed.

    Randomised maximum likelihood (Kitanidis 1995; Oliver, He and Reynolds 1996): a member has facts with errors of its
    own and a prior mean of its own; where the market is as straight as its slopes, the members' best points are draws
    of the posterior. Where it bends, and for the chance of a member's seed, a few steps with the slopes of the best
    point bring the member back to its facts.

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
    return problem.whitened(problem.targets.log_ratios(evaluate(markets)))
