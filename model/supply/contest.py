"""Contests of merchants in compiled loops: weights, sales and slopes with respect to effort, no arrays in between.

Sums are added merchant by merchant and channel by channel, so their rounding depends on nothing else. M merchants, P
platforms, C channels, K categories.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.model.numba_kernels import compiled

Array = NDArray[np.float64]
F32 = NDArray[np.float32]
Flags = NDArray[np.bool_]
LIVE_STORE, SEARCH = CHANNELS.index("live_store"), CHANNELS.index("search")
NO_FAVOUR = np.empty((0, 0))
"""Stands for factors on weights in search where no platform prefers its own."""


@compiled
def column_sums(values: Array) -> Array:
    """Sums over merchants, [P], of `values` [M, P]; NumPy takes ten times as long over so short a last axis."""
    merchants, platforms = values.shape
    total = np.zeros(platforms)
    for m in range(merchants):
        for p in range(platforms):
            total[p] += values[m, p]
    return total


@compiled
def cumulated(values: Array) -> Array:
    """Running sums over merchants of `values` [M, P], platform by platform, [P, M]."""
    merchants, platforms = values.shape
    found = np.empty((platforms, merchants))
    total = np.zeros(platforms)
    for m in range(merchants):
        for p in range(platforms):
            total[p] += values[m, p]
            found[p, m] = total[p]
    return found


@compiled
def weights(
    strength: Array,
    fit: F32,
    visible: F32,
    shop: Flags,
    open_cells: Flags,
    favour: Array,
) -> Array:
    """Contest weights ``strength * fit * visible``, [M, P, C], of the open cells of shops.

    Parameters
    ----------
    strength, fit
        [M], [M, C]
    visible
        ``(effort + floor) ** exponent``, [M, P, C]; NumPy's, whose powers are not those of compiled loops to the bit
    shop, open_cells
        [M, P], [P, C]
    favour
        factor on weights in search, [M, P], or `NO_FAVOUR`
    """
    merchants, platforms, channels = visible.shape
    weight = np.zeros((merchants, platforms, channels))
    for m in range(merchants):
        for p in range(platforms):
            if not shop[m, p]:
                continue
            for c in range(channels):
                if open_cells[p, c]:
                    weight[m, p, c] = strength[m] * fit[m, c] * visible[m, p, c]
            if favour.shape[0]:
                weight[m, p, SEARCH] *= favour[m, p]
    return weight


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
def sales(
    weight: Array,
    value: Array,
    category: NDArray[Any],
    seeding: Array,
    seeded: Array,
    by_fans: Array,
    repeat: Array,
    shop: Flags,
) -> tuple[Array, Array, Array, Array]:
    """Sales by merchant and platform, [M, P], and the totals by which demand was divided.

    Parameters
    ----------
    weight, value
        contest weights, [M, P, C], and what a unit of them wins by category, [K, P, C]
    seeding, seeded
        weight in what is planted on each platform, [M, P]; demand by origin and place, [P, P]
    by_fans, repeat
        weight in fans' orders, [M, P]; demand by place, [P]
    shop
        [M, P]

    Returns
    -------
    four float64 arrays
        sales; total weight in each cell, [P, C], in what is planted by origin and place, [P, P], in fans' orders, [P].
        Demand where the total is zero is nobody's
    """
    merchants, platforms, channels = weight.shape
    in_cells = np.zeros((platforms, channels))
    of_seeds = np.zeros((platforms, platforms))
    of_fans = np.zeros(platforms)
    for m in range(merchants):
        for p in range(platforms):
            for c in range(channels):
                in_cells[p, c] += weight[m, p, c]
            if shop[m, p]:
                of_fans[p] += by_fans[m, p]
                for origin in range(platforms):
                    of_seeds[origin, p] += seeding[m, origin]
    sold = np.zeros((merchants, platforms))
    for m in range(merchants):
        for p in range(platforms):
            for c in range(channels):
                sold[m, p] += weight[m, p, c] * value[category[m], p, c]
            if not shop[m, p]:
                continue
            for origin in range(platforms):
                if of_seeds[origin, p] > 0.0 and seeded[origin, p] != 0.0:
                    sold[m, p] += seeding[m, origin] / of_seeds[origin, p] * seeded[origin, p]
            if of_fans[p] > 0.0:
                sold[m, p] += by_fans[m, p] / of_fans[p] * repeat[p]
    return sold, in_cells, of_seeds, of_fans


@compiled
def hand_out(sold: Array, gmv: Array, week_gmv: Array, products_gmv: Array, shares: Array) -> None:
    """Add `sold` [M, P] to merchants' books [M, P] and, by `shares` [M, S], to those of their products [M, S]."""
    for m in range(sold.shape[0]):
        total = 0.0
        for p in range(sold.shape[1]):
            gmv[m, p] += sold[m, p]
            week_gmv[m, p] += sold[m, p]
            total += sold[m, p]
        for s in range(shares.shape[1]):
            products_gmv[m, s] += total * shares[m, s]


@compiled
def slopes(
    effort: Array,
    gain: Array,
    fit: F32,
    value: Array,
    category: NDArray[Any],
    fan_sales: Array,
    strength: Array,
    reach: Array,
    rise: Array,
    kept: Array,
    favour: Array,
    shop: Flags,
    open_cells: Flags,
) -> F32:
    """Slope of what merchants keep of their sales with respect to effort, per unit of strength, [M, P, C].

    Parameters
    ----------
    effort, gain, fit
        effort with its floor, and the same to the contest's exponent times that exponent, [M, P, C]; [M, C]
    value
        of a unit of weight by category, [K, P, C]
    fan_sales, strength, reach
        repeat sales, [M, P]; [M]; factor on repeat sales from the shop's own broadcasts, [M, P]
    rise
        of `reach` with the root of effort in those broadcasts, [P]
    kept
        of sales after the commission, [P]
    favour, shop, open_cells
        as for `weights`
    """
    merchants, platforms, channels = effort.shape
    slope = np.zeros((merchants, platforms, channels), np.float32)
    for m in range(merchants):
        for p in range(platforms):
            if not shop[m, p]:
                continue
            for c in range(channels):
                if not open_cells[p, c]:
                    continue
                tried = effort[m, p, c]
                gained = gain[m, p, c] * (fit[m, c] * value[category[m], p, c] / tried)
                if c == SEARCH and favour.shape[0]:
                    gained *= favour[m, p]
                if c == LIVE_STORE and strength[m] > 0.0:
                    gained += fan_sales[m, p] / strength[m] * (rise[p] * (np.sqrt(tried) / tried)) / reach[m, p]
                slope[m, p, c] = gained * kept[p]
    return slope
