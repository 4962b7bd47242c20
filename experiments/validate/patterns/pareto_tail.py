"""Pareto tail of merchants' sales: its exponent by two estimates, and whether it bends."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from secondhalf.experiments.validate.patterns.pass_rules import BASELINE, Runs

LARGEST = 10
"""The tail's largest 1 in 10 are held against all of it."""

Array = NDArray[np.float64]


def tail(runs: Runs) -> tuple[Array, Array]:
    """GMV of a merchant, RMB, falling, and how many merchants of that size there are, [K] each.

    As many rows as there are merchants that stand for themselves; among the largest by sales some stand for a bundle.
    """
    merchants = runs[BASELINE]["merchants"]
    weight = merchants["weight"].to_numpy(float)
    each = merchants["gmv"].to_numpy(float) / weight
    order = np.argsort(-each, kind="stable")[: int((weight <= 1).sum())]
    order = order[each[order] > 0]
    return each[order], weight[order]


def hill(sizes: Array, weight: Array) -> float:
    """Hill's estimate of the exponent of the CCDF (Hill 1975); the last of the sizes is the threshold."""
    above = np.log(sizes[:-1] / sizes[-1]) @ weight[:-1] if sizes.size > 1 else 0.0
    return float(weight[:-1].sum() / above) if above > 0 else math.nan


def tail_exponent(runs: Runs) -> float:
    """Hill's estimate for merchants' GMV."""
    return hill(*tail(runs))


def rank_exponent(runs: Runs) -> float:
    """Slope of log (rank - 1/2) on log GMV, sign turned (Gabaix and Ibragimov 2011); a bundle has its middle rank."""
    sizes, weight = tail(runs)
    if sizes.size < LARGEST:
        return math.nan
    rank = np.cumsum(weight) - weight / 2
    return -float(np.polyfit(np.log(sizes), np.log(rank), 1, w=np.sqrt(weight))[0])


def bend_of_tail(runs: Runs) -> float:
    """Log of Hill's exponent of the tail's largest tenth over that of all, in its standard error: about 0 for Pareto.

    An estimate from n draws has a variance of 1 / n; bundles count as fewer (Kish 1965). What lies below the largest
    tenth is independent of them, so that the variance of the difference is the difference of the variances.
    """
    sizes, weight = tail(runs)
    top = sizes.size // LARGEST
    if top < LARGEST:
        return math.nan
    draws = [float(some.sum() ** 2 / (some**2).sum()) for some in (weight[:top], weight[:-1])]
    if draws[0] >= draws[1]:
        return math.nan
    bend = math.log(hill(sizes[: top + 1], weight[: top + 1]) / hill(sizes, weight))
    return bend / math.sqrt(1 / draws[0] - 1 / draws[1])
