"""Contests of merchants in compiled loops: sums over cells and slopes, without arrays in between.

M merchants, P platforms, C channels, K categories.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.numba_kernels import compiled

Array = NDArray[np.float64]


@compiled
def totals(weight: Array, category: NDArray[Any], categories: int) -> Array:
    """Weights by category and cell, [K, P, C], of `weight` [M, P, C] and the merchants' `category` [M]."""
    merchants, platforms, channels = weight.shape
    total = np.zeros((categories, platforms, channels))
    for m in range(merchants):
        for p in range(platforms):
            for c in range(channels):
                total[category[m], p, c] += weight[m, p, c]
    return total


@compiled
def sums(weight: Array, chosen: Array) -> Array:
    """Sums of `weight` [M, P, C] over channels, each as often as `chosen` [C] says, [M, P]."""
    merchants, platforms, channels = weight.shape
    total = np.zeros((merchants, platforms))
    for m in range(merchants):
        for p in range(platforms):
            for c in range(channels):
                total[m, p] += weight[m, p, c] * chosen[c]
    return total


@compiled
def won(weight: Array, value: Array, category: NDArray[Any]) -> Array:
    """What merchants win, [M, P], where a unit of `weight` [M, P, C] wins `value` [K, P, C] by category."""
    merchants, platforms, channels = weight.shape
    total = np.zeros((merchants, platforms))
    for m in range(merchants):
        for p in range(platforms):
            for c in range(channels):
                total[m, p] += weight[m, p, c] * value[category[m], p, c]
    return total


@compiled
def slopes(slope: Array, effort: Array, fit: NDArray[np.float32], value: Array, category: NDArray[Any]) -> None:
    """Turn ``exponent * effort ** exponent`` into the slope of what merchants win with respect to effort, in place.

    Parameters
    ----------
    slope, effort
        [M, P, C]
    fit
        [M, C]
    value
        of a unit of weight by category, [K, P, C]
    """
    merchants, platforms, channels = slope.shape
    for m in range(merchants):
        for p in range(platforms):
            for c in range(channels):
                slope[m, p, c] *= fit[m, c] * value[category[m], p, c] / effort[m, p, c]
