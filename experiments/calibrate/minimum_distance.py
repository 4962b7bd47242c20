"""Simulated minimum distance: the parameters whose market comes closest to the facts, without straying from the priors.

Least squares over the logarithms of model over fact, in units of how far the two may differ, and over the scores of
the parameters, which are their priors (Gourieroux, Monfort and Renault 1993 for estimation by simulation). All
points are run under the same seeds, so that differences between points are not differences of luck.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import least_squares

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.parameters import Parameters
from secondhalf.experiments.facts.targets import Targets

Array = NDArray[np.float64]
Evaluate = Callable[[Sequence[MarketSettings]], Array]
"""What measures markets, [markets, T]; nan for a run that failed."""


@dataclass(frozen=True)
class Problem:
    """Problem of a fit: parameters, targets and settings.

    Parameters
    ----------
    settings
        the market at its size and horizon
    parameters, targets
        D parameters and T targets
    seeds
        seeds over which a point's log ratios are averaged
    discrepancy
        share by which a model of this kind may miss a fact that is exact, one standard deviation
    shared
        share of the variance that facts of one series have in common
    """

    settings: MarketSettings
    parameters: Parameters
    targets: Targets
    seeds: tuple[int, ...]
    discrepancy: float
    shared: float = 0.0

    @property
    def tolerance(self) -> Array:
        """Standard deviation of log ratios, [T]."""
        return np.asarray(np.hypot(self.targets.errors, self.discrepancy))

    @cached_property
    def root(self) -> Array:
        """Lower triangular root of the log ratios' covariance, [T, T].

        Facts of one series come from one definition and one model: the part `shared` of their variance is common, so
        that the growth between them counts for more than their level.
        """
        series = [(target.metric, target.platform) for target in self.targets.all]
        together = np.array([[one == other for other in series] for one in series])
        correlation = self.shared * together + (1 - self.shared) * np.eye(len(series))
        return np.asarray(np.linalg.cholesky(correlation * np.outer(self.tolerance, self.tolerance)))

    def whitened(self, ratios: Array) -> Array:
        """Log ratios [..., T] as misses: independent and of variance one, were model and facts what they claim."""
        return np.asarray(solve_triangular(self.root, ratios.T, lower=True).T)

    def markets(self, scores: Array) -> list[MarketSettings]:
        """The market at a point, under each seed."""
        there = self.parameters.put(self.settings, self.parameters.values(scores))
        return [there.model_copy(update={"seed": seed}) for seed in self.seeds]

    def misses(self, points: Sequence[Array], evaluate: Evaluate) -> Array:
        """Mean log ratios over the tolerance, [points, T]."""
        measured = evaluate([market for point in points for market in self.markets(point)])
        ratios = self.targets.log_ratios(measured).reshape(len(points), len(self.seeds), -1)
        return self.whitened(ratios.mean(axis=1))


@dataclass(frozen=True)
class Fit:
    """Where a search ended."""

    scores: Array
    """the point, [D]"""
    misses: Array
    """log ratios in independent units, [T]"""
    slopes: Array
    """of the misses with respect to the scores, [T, D]"""
    losses: tuple[float, ...]
    """best loss after each round"""

    @property
    def loss(self) -> float:
        """Half the sum of squares of misses and scores."""
        return loss(self.scores, self.misses)


def loss(scores: Array, misses: Array) -> float:
    """Half the sum of squares of misses and scores."""
    return float((misses @ misses + scores @ scores) / 2)


def slopes(problem: Problem, scores: Array, misses: Array, evaluate: Evaluate, step: float) -> Array:
    """Forward differences of the misses at a point, [T, D]; backward ones at a bound."""
    low, high = problem.parameters.limits
    points, steps = [], np.where(scores + step <= high, step, -step)
    for number, by in enumerate(steps):
        point = scores.copy()
        point[number] = np.clip(point[number] + by, low[number], high[number])
        points.append(point)
    there = problem.misses(points, evaluate)
    moved = np.array([point[n] - scores[n] for n, point in enumerate(points)])
    return np.asarray(((there - misses) / moved[:, None]).T)


class _EnoughError(Exception):
    """All rounds are used up."""


def search(
    problem: Problem,
    start: Array,
    evaluate: Evaluate,
    rounds: int,
    step: float,
    told: Callable[[int, float], None] | None = None,
    renew: bool = True,
) -> Fit:
    """Least squares from a point on, within bounds (trust region, SciPy).

    Parameters
    ----------
    start
        scores to begin with, [D]
    rounds
        most rounds; each takes the slopes of all parameters once
    step
        difference of scores for slopes, in prior standard deviations
    told
        called after each round with its number and loss
    renew
        whether slopes are taken anew at the end; else the last ones are corrected (Broyden), which costs no run
    """
    low, high = problem.parameters.limits
    latest: list[tuple[Array, Array]] = []
    known: dict[bytes, Array] = {}
    losses: list[float] = []
    best: list[tuple[float, Array]] = []

    def misses(scores: Array) -> Array:
        key = scores.tobytes()
        if key not in known:
            known[key] = problem.misses([scores], evaluate)[0]
            best.append((loss(scores, known[key]), scores.copy()))
        return known[key]

    def residuals(scores: Array) -> Array:
        return np.concatenate([misses(scores), scores])

    def derivative(scores: Array) -> Array:
        if len(losses) == rounds:
            raise _EnoughError
        now = misses(scores)
        losses.append(loss(scores, now))
        if told:
            told(len(losses), losses[-1])
        latest.append((scores.copy(), slopes(problem, scores, now, evaluate, step)))
        return np.vstack([latest[-1][1], np.eye(scores.size)])

    begin = np.clip(start, low + 1e-6, high - 1e-6)
    with suppress(
        _EnoughError
    ):  # SciPy counts points, of which a step that is taken back costs one: slopes are what costs
        least_squares(residuals, begin, derivative, bounds=(low, high), x_scale=1.0, xtol=1e-3, ftol=1e-3, gtol=None)
    _, scores = min(best, key=lambda pair: pair[0])
    now = misses(scores)
    if told:
        told(len(losses) + 1, loss(scores, now))
    final = slopes(problem, scores, now, evaluate, step) if renew else _corrected(*latest[-1], misses, best)
    return Fit(scores, now, final, (*losses, loss(scores, now)))


def _corrected(
    origin: Array, slope: Array, misses: Callable[[Array], Array], seen: Sequence[tuple[float, Array]]
) -> Array:
    """Slopes at a point, corrected by what all points that were seen show, the best of them last."""
    for _, point in sorted(seen, key=lambda pair: -pair[0]):
        slope = _secant(slope, point - origin, misses(point) - misses(origin))
    return slope


def _secant(slope: Array, step: Array, change: Array) -> Array:
    """Slopes that agree with a step, otherwise as near to the former ones as can be (Broyden 1965)."""
    return slope + np.outer(change - slope @ step, step) / (step @ step) if step.any() else slope


DAMPINGS = (0.0, 5.0, 20.0, 75.0)
"""Added to the curvature, in units of the prior's: steps of several lengths are tried side by side."""
LONGEST = 1.5
"""Most that a parameter moves in a step, in prior standard deviations: slopes are no guide farther away."""


def polish(problem: Problem, fit: Fit, evaluate: Evaluate, steps: int) -> Fit:
    """A few more steps with slopes that are not taken anew but corrected by what each step showed (Broyden 1965).

    Slopes cost a run a parameter and seed, a step costs as many runs as there are `DAMPINGS`. Each step tries a
    Gauss-Newton step of several lengths (Levenberg 1944, Marquardt 1963); the best that lowers the loss is taken, and
    all of them correct the slopes. Ends early when none does.
    """
    low, high = problem.parameters.limits
    scores, misses, slope, losses = fit.scores, fit.misses, fit.slopes, list(fit.losses)
    for _ in range(steps):
        tried = [_damped_step(scores, misses, slope, damping, low, high) for damping in DAMPINGS]
        found = problem.misses(tried, evaluate)
        worth = [loss(point, there) for point, there in zip(tried, found, strict=True)]
        for point, there in zip(tried, found, strict=True):
            slope = _secant(slope, point - scores, there - misses)
        best = int(np.argmin(worth))
        if not worth[best] < loss(scores, misses):
            break
        scores, misses = tried[best], found[best]
        losses.append(worth[best])
    return Fit(scores, misses, slope, tuple(losses))


def _damped_step(scores: Array, misses: Array, slope: Array, damping: float, low: Array, high: Array) -> Array:
    """A Gauss-Newton step from a point; what would leave the bounds stays where it is, and the others step without."""
    curvature = slope.T @ slope + (1 + damping) * np.eye(scores.size)
    downhill = -(slope.T @ misses + scores)
    free = np.ones(scores.size, bool)
    step = np.zeros(scores.size)
    while free.any():
        step[:] = 0.0
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], downhill[free])
        beyond = free & ((scores + step < low) | (scores + step > high))
        if not beyond.any():
            break
        free &= ~beyond
    return np.asarray(np.clip(scores + np.clip(step, -LONGEST, LONGEST), low, high))
