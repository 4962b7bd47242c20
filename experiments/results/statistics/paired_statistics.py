"""Paired statistics over seeds: means with t intervals, p values, and Holm's correction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit  # what `scipy.stats.t` calls; half a second less to import

Array = NDArray[np.float64]
LEVEL = 0.95
"""Coverage of each interval; its complement is the error that Holm's correction holds for all of them together."""
ROUNDING = 1e-9
"""Part of a mean below which its standard error is rounding."""


def mean_and_margin(paired: Array) -> tuple[Array, Array, Array]:
    """Mean, standard error and half width of the t interval along the last axis; NaN entries are left out."""
    count = np.isfinite(paired).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.nansum(paired, axis=-1) / count
        squares = np.nansum((paired - mean[..., None]) ** 2, axis=-1)
        error = np.sqrt(squares / (count - 1) / count)
        return mean, error, error * stdtrit(np.maximum(count - 1, 1), (1 + LEVEL) / 2)


def p_values(mean: Array, error: Array, count: NDArray[np.int64]) -> Array:
    """Two-sided p values of a paired t test; without any spread those of a sign test.

    A few seeds can agree by chance to the last person, as counts are whole: that is no certainty.
    """
    signs = np.where(mean == 0, 1.0, 0.5 ** (count - 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 2 * stdtr(np.maximum(count - 1, 1), -np.abs(mean) / error)
    return np.where(error > ROUNDING * np.abs(mean), found, signs)


def holm(p: Array) -> Array:
    """Holm's adjusted p values: those below 5 % are right together with a probability of 95 %."""
    order = np.argsort(p, kind="stable")
    steps = np.minimum(np.arange(p.size, 0, -1) * p[order], 1.0)
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted
