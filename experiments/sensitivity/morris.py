"""Morris screening: elementary effects of all parameters along a few trajectories (Morris 1991, Campolongo 2007)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from SALib.analyze import morris as analysis
from SALib.sample import morris as sampling

from secondhalf.experiments.sensitivity.factors import SEED, Box
from secondhalf.experiments.sensitivity.quantities import Quantity

Array = NDArray[np.float64]
LEVELS = 4
RESAMPLES = 1000
COLUMNS = (
    *("quantity", "unit", "parameter", "mu", "mu_star", "mu_star_low", "mu_star_high", "sigma"),
    *("rank", "rank_low", "rank_high", "over_seed", "trajectories"),
)
"""Columns of morris.csv."""


def design(box: Box, trajectories: int) -> Array:
    """Trajectories of one step a factor, [trajectories * (D + 1), D]; the same for every call."""
    return np.asarray(sampling.sample(box.problem, trajectories, num_levels=LEVELS, seed=1))


def effects(box: Box, points: Array, values: Array) -> Array:
    """Elementary effects, [trajectories, D, Q], over a factor's whole range in the quantity's unit.

    nan along trajectories on which a quantity misses a value: a run failed, or has none.

    Parameters
    ----------
    points, values
        the design, and what its runs gave, [runs, Q]
    """
    size = len(box) + 1
    found = np.full((len(points) // size, len(box), values.shape[1]), np.nan)
    for trajectory in range(len(found)):
        rows = slice(trajectory * size, (trajectory + 1) * size)
        for quantity in np.flatnonzero(np.isfinite(values[rows]).all(axis=0)):
            found[trajectory, :, quantity] = _mu(box, points[rows], values[rows, quantity])
    return found


def _mu(box: Box, points: Array, values: Array) -> Array:
    """The effects along one trajectory: SALib's mean over one."""
    with warnings.catch_warnings():  # it has no standard deviation, which is not looked at
        warnings.simplefilter("ignore", RuntimeWarning)
        found = analysis.analyze(box.problem, points, values, num_levels=LEVELS, num_resamples=2, seed=1)
    return np.asarray(found["mu"], float)


def table(box: Box, points: Array, values: Array, quantities: Sequence[Quantity]) -> pd.DataFrame:
    """morris.csv: a row a quantity and factor; quantities with fewer than two whole trajectories have none.

    Ranks are by `mu_star`, 1 for the largest, the seed among them; their intervals come from trajectories drawn with
    replacement.
    """
    found, rows, size = effects(box, points, values), [], len(box) + 1
    for number, (quantity, unit) in enumerate(quantities):
        whole = np.isfinite(found[:, 0, number])
        if whole.sum() < 2:
            continue
        kept = np.repeat(whole, size)
        given = analysis.analyze(
            box.problem, points[kept], values[kept, number], num_levels=LEVELS, num_resamples=RESAMPLES, seed=1
        )
        own = np.abs(found[whole, :, number])
        ranks = ranked(own.mean(axis=0))
        low, high = np.quantile(ranked(_resampled(own)), [0.025, 0.975], axis=0, method="inverted_cdf")
        floor = float(given["mu_star"][box.names.index(SEED)]) if SEED in box.names else 0.0
        for place, name in enumerate(box.names):
            mean, margin = float(given["mu_star"][place]), float(given["mu_star_conf"][place])
            rows.append(
                (
                    *(quantity, unit, name, float(given["mu"][place]), mean, max(mean - margin, 0.0), mean + margin),
                    *(float(given["sigma"][place]), int(ranks[place]), int(low[place]), int(high[place])),
                    *(int(mean > floor), int(whole.sum())),
                )
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def ranked(sizes: Array) -> NDArray[np.int64]:
    """Ranks along the last axis, 1 for the largest; in a tie the first comes first."""
    order = np.argsort(-sizes, axis=-1, kind="stable")
    return np.argsort(order, axis=-1, kind="stable") + 1


def _resampled(own: Array) -> Array:
    """Means of trajectories drawn with replacement, [RESAMPLES, D]."""
    rng = np.random.default_rng(1)
    return np.asarray(own[rng.integers(0, len(own), (RESAMPLES, len(own)))].mean(axis=1))


def importance(found: Array) -> Array:
    """By factor, the mean over quantities of mu* as a share of the largest one, [D].

    Parameters
    ----------
    found
        elementary effects, [trajectories, D, Q]
    """
    mu_star = np.nan_to_num(_mu_star(found))
    moved = mu_star.max(axis=0) > 0
    if not moved.any():
        return np.zeros(found.shape[1])
    return np.asarray((mu_star[:, moved] / mu_star[:, moved].max(axis=0)).mean(axis=1))


def chosen(box: Box, found: Array, top: int) -> dict[str, float]:
    """The most important parameters, the most important first, each with the share of resamples that choose it too.

    A parameter that does not do more than the seed for any quantity is not chosen.
    """
    first = _top(box, found, top)
    rng, counts = np.random.default_rng(1), dict.fromkeys(first, 0)
    for drawn in rng.integers(0, len(found), (RESAMPLES, len(found))):
        again = _top(box, found[drawn], top)
        for name in first:
            counts[name] += name in again
    return {name: count / RESAMPLES for name, count in counts.items()}


def _top(box: Box, found: Array, top: int) -> list[str]:
    weights, clear = importance(found), above_seed(box, found)
    order = sorted(np.flatnonzero(clear), key=lambda place: -weights[place])
    return [box.names[place] for place in order][:top]


def above_seed(box: Box, found: Array) -> NDArray[np.bool_]:
    """Which factors have a larger mu* than the seed has, for one quantity at least, [D]; the seed never has."""
    mu_star = np.nan_to_num(_mu_star(found))
    floor = mu_star[box.names.index(SEED)] if SEED in box.names else np.zeros(mu_star.shape[1])
    return np.asarray((mu_star > floor).any(axis=1))


def _mu_star(found: Array) -> Array:
    """Mean absolute effects, [D, Q]; nan for a quantity without a whole trajectory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(np.abs(found), axis=0))
