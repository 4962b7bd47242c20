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
    gmv: Array,
    cells: Array,
    by_cell: Array,
    by_channel: Array,
    direct: Array,
    seeded: Array,
    repeat: Array,
) -> None:
    """Divide a day's spending and orders, and write what waits for merchants into three ledgers.

    Parameters
    ----------
    spending, orders
        by kind of need, origin (last row: planted nowhere) and platform, RMB by group of channels too,
        [4, P + 1, P, 2], and orders, [4, P + 1, P]
    channel_share, group
        share of each channel in its group by kind of need and platform, [4, P, C]; group of each channel, [C]
    credited
        share of planted sales that goes to who planted them
    gmv, cells, by_cell
        filled: RMB without groups, [4, P + 1, P]; by kind, platform and channel, [4, P, C]; of all kinds, [P, C]
    by_channel
        zeros, to which orders of all kinds are added, [P, C]: those of each kind go with what is spent on it, since
        within a kind and a platform the tier of a need and its channel do not depend on each other
    direct, seeded, repeat
        filled with GMV that merchants wait for: by cell, [P, C], by origin and place, [P, P], of fans, [P]
    """
    kinds, platforms, channels = channel_share.shape
    for k in range(kinds):
        for p in range(platforms):
            ordered = spent = 0.0
            placed = planted = (0.0, 0.0)  # in each group, and without what was planted nowhere
            for origin in range(platforms + 1):
                first, second = spending[k, origin, p, 0], spending[k, origin, p, 1]
                planted = placed
                placed = (placed[0] + first, placed[1] + second)
                gmv[k, origin, p] = first + second
                ordered += orders[k, origin, p]
            for c in range(channels):
                part, kept = placed[group[c]], placed[group[c]] - credited * planted[group[c]]
                cells[k, p, c] = part * channel_share[k, p, c]
                spent += cells[k, p, c]
                by_cell[p, c] = cells[k, p, c] + (by_cell[p, c] if k else 0.0)
                if k == KIND_PLANNED:
                    direct[p, c] = cells[k, p, c]
                elif k != KIND_REPEAT:  # planted
                    direct[p, c] += kept * channel_share[k, p, c]
            for c in range(channels):
                by_channel[p, c] += ordered * (cells[k, p, c] / spent) if spent > 0.0 else 0.0
    for p in range(platforms):
        repeat[p] = 0.0
        for origin in range(platforms + 1):
            repeat[p] += gmv[KIND_REPEAT, origin, p]
        for origin in range(platforms):
            seeded[origin, p] = (gmv[KIND_IMPULSE, origin, p] + gmv[KIND_RIPENED, origin, p]) * credited


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
