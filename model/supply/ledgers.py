"""Ledgers of a day in compiled loops: what users spend by cell and origin, and fans of merchants.

Sums are added origin by origin, kind by kind and merchant by merchant. M merchants, P platforms, C channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.numba_kernels import compiled
from secondhalf.model.shapes import KIND_IMPULSE, KIND_PLANNED, KIND_REPEAT, KIND_RIPENED

Array = NDArray[np.float64]


@compiled
def enter(
    spending: Array,
    orders: Array,
    channel_share: Array,
    group: NDArray[Any],
    credited: float,
    direct: Array,
    seeded: Array,
    repeat: Array,
) -> tuple[Array, Array, Array, Array]:
    """Divide a day's spending by cell, and write what waits for merchants into three ledgers.

    Parameters
    ----------
    spending, orders
        by kind of need, origin (last row: planted nowhere) and platform, RMB by group of channels too,
        [4, P + 1, P, 2], and orders, [4, P + 1, P]
    channel_share, group
        share of each channel in its group by kind of need and platform, [4, P, C]; group of each channel, [C]
    credited
        share of planted sales that goes to who planted them
    direct, seeded, repeat
        filled with the day's GMV by cell, [P, C], by origin and place, [P, P], and of fans, [P]

    Returns
    -------
    four float64 arrays
        GMV without groups, [4, P + 1, P]; GMV by kind, platform and channel, [4, P, C]; the same of all kinds, [P, C];
        orders of all kinds, [P, C]: those of each kind go with what is spent on it, since within a kind and a platform
        the tier of a need and its channel do not depend on each other
    """
    kinds, platforms, channels = channel_share.shape
    gmv = np.empty((kinds, platforms + 1, platforms))
    cells = np.empty((kinds, platforms, channels))
    by_cell, by_channel = np.zeros((platforms, channels)), np.zeros((platforms, channels))
    direct[:], seeded[:], repeat[:] = 0.0, 0.0, 0.0
    planted, placed = np.empty(2), np.empty(2)
    for k in range(kinds):
        of_seeds = k in (KIND_IMPULSE, KIND_RIPENED)
        for p in range(platforms):
            ordered, spent = 0.0, 0.0
            placed[:] = 0.0
            for origin in range(platforms + 1):
                planted[:] = placed  # at the end what the last row, planted nowhere, is not in
                for g in range(2):
                    placed[g] += spending[k, origin, p, g]
                gmv[k, origin, p] = spending[k, origin, p, 0] + spending[k, origin, p, 1]
                ordered += orders[k, origin, p]
                if k == KIND_REPEAT:
                    repeat[p] += gmv[k, origin, p]
                elif of_seeds and origin < platforms:
                    seeded[origin, p] += gmv[k, origin, p]
            for c in range(channels):
                cells[k, p, c] = placed[group[c]] * channel_share[k, p, c]
                by_cell[p, c] += cells[k, p, c]
                spent += cells[k, p, c]
                if k == KIND_PLANNED:
                    direct[p, c] += cells[k, p, c]
                elif of_seeds:
                    direct[p, c] += (placed[group[c]] - credited * planted[group[c]]) * channel_share[k, p, c]
            for c in range(channels):
                if spent > 0.0:
                    by_channel[p, c] += ordered * (cells[k, p, c] / spent)
    for origin in range(platforms):
        for p in range(platforms):
            seeded[origin, p] *= credited
    return gmv, cells, by_cell, by_channel


@compiled
def renew_fans(fans: Array, shares: Array, gained: Array, lost: Array) -> None:
    """Add `gained` [P] fans by `shares` [M, P] to `fans` [M, P], then take `lost` [P] pro rata, in place."""
    merchants, platforms = fans.shape
    kept = np.zeros(platforms)
    for m in range(merchants):
        for p in range(platforms):
            fans[m, p] += shares[m, p] * gained[p]
            kept[p] += fans[m, p]
    for p in range(platforms):
        kept[p] = (kept[p] - lost[p]) / kept[p] if kept[p] > 0.0 else 0.0
    for m in range(merchants):
        for p in range(platforms):
            fans[m, p] *= kept[p]
