"""Estimates from a table of members by seeds: means with intervals that hold parameters and luck, and both parts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from secondhalf.experiments.results.statistics.paired_statistics import LEVEL, mean_and_margin, p_values
from secondhalf.experiments.results.statistics.two_way import analyse

Array = NDArray[np.float64]


class CrossedEstimate(NamedTuple):
    """CrossedEstimate of one quantity.

    Attributes
    ----------
    mean, low, high
        over all runs, with the 95 % interval
    error
        standard deviation of the interval
    p
        two-sided p value of a mean of zero
    sd_parameters, sd_luck
        standard deviation over members, luck averaged out, and over luck at given parameters
    runs
        that it rests on
    """

    mean: float
    low: float
    high: float
    error: float
    p: float
    sd_parameters: float
    sd_luck: float
    runs: int


def estimate(cells: Array) -> CrossedEstimate:
    """CrossedEstimate a mean from runs, [members, seeds].

    With one member, whose parameters are taken for known, the interval is the t interval over seeds; with several it is
    that of `two_way`, of the effect in a market whose parameters are drawn from the posterior. Members (of one member:
    seeds) without a number are left out.

    Returns
    -------
    CrossedEstimate
        with infinite margins where fewer than two runs, or members, are left
    """
    if len(cells) == 1:
        own = cells[0][np.isfinite(cells[0])]
        if own.size < 2:
            return _nothing(own)
        mean, error, margin = (float(one) for one in mean_and_margin(own))
        p = float(p_values(np.array([mean]), np.array([error]), np.array([own.size]))[0])
        return CrossedEstimate(mean, mean - margin, mean + margin, error, p, 0.0, float(own.std(ddof=1)), own.size)
    cells = cells[np.isfinite(cells).all(axis=1)]
    if len(cells) < 2:
        return _nothing(cells)
    found, degrees = analyse(cells, LEVEL)
    if found.error > 0:
        p = float(2 * student.sf(abs(found.mean) / found.error, degrees))
    else:  # members that agree to the last digit are no certainty: a sign test
        p = float(p_values(np.array([found.mean]), np.zeros(1), np.array([len(cells)]))[0])
    return CrossedEstimate(
        found.mean, found.low, found.high, found.error, p, found.sd_parameters, found.sd_luck, int(cells.size)
    )


def _nothing(cells: Array) -> CrossedEstimate:
    mean = float(cells.mean()) if cells.size else float("nan")
    return CrossedEstimate(mean, -np.inf, np.inf, np.inf, 1.0, 0.0, 0.0, int(cells.size))


def nested_parts(cells: Array) -> tuple[float, float]:
    """Standard deviations over members, luck averaged out, and over luck, when each member has seeds of its own.

    Parameters
    ----------
    cells
        [members, seeds]; members without a number under every seed are left out

    Returns
    -------
    tuple
        nan where too little is there: of members of one seed all spread is the first
    """
    cells = cells[np.isfinite(cells).all(axis=1)]
    members, seeds = cells.shape
    luck = float(cells.var(axis=1, ddof=1).mean()) if members and seeds > 1 else float("nan")
    if members < 2:
        return float("nan"), float(np.sqrt(luck))
    between = float(cells.mean(axis=1).var(ddof=1))
    if seeds < 2:
        return float("nan"), float(np.sqrt(between))  # seeds alone: luck
    return float(np.sqrt(max(between - luck / seeds, 0.0))), float(np.sqrt(luck))
