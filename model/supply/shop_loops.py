"""Shops of merchants in compiled loops: which of them lose, which would pay, and whose fans move.

M merchants, P platforms, K categories.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.numba_kernels import compiled

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@compiled
def review(
    weeks_lost: NDArray[np.int16],
    shop: Flags,
    barred: Flags,
    week_gmv: Array,
    weight: Array,
    strength: Array,
    category: NDArray[Any],
    value: Array,
    visible: float,
    kept: Array,
    margin: float,
    shop_cost: float,
    patience: int,
) -> tuple[Flags, Flags]:
    """Count weeks of loss, in place; returns shops that close and those not yet open that would pay, both [M, P].

    Parameters
    ----------
    weeks_lost, shop, barred, week_gmv
        [M, P]
    weight, strength, category
        [M]
    value, visible
        RMB a week that a unit of contest weight earned in all channels, by category, [K, P]; weight that the effort in
        each cell of a new shop gives
    kept
        of sales after the commission, [P]
    margin, shop_cost, patience
        share of GMV; RMB a week and real merchant; weeks
    """
    merchants, platforms = shop.shape
    closing = np.zeros((merchants, platforms), np.bool_)
    paying = np.zeros((merchants, platforms), np.bool_)
    for m in range(merchants):
        cost = shop_cost * weight[m]
        for p in range(platforms):
            lost = shop[m, p] and week_gmv[m, p] * margin * kept[p] < cost
            weeks_lost[m, p] = weeks_lost[m, p] + 1 if lost else 0
            closing[m, p] = weeks_lost[m, p] >= patience
            if not shop[m, p] and not barred[m, p]:
                paying[m, p] = strength[m] * value[category[m], p] * visible * margin * kept[p] > cost
    return closing, paying


@compiled
def without_shop(shop: Flags) -> NDArray[np.intp]:
    """Merchants without any shop, of `shop` [M, P]."""
    merchants, platforms = shop.shape
    found = np.empty(merchants, np.intp)
    count = 0
    for m in range(merchants):
        has = False
        for p in range(platforms):
            has |= shop[m, p]
        if not has:
            found[count] = m
            count += 1
    return found[:count]


@compiled
def move_fans(fans: Array, shop: Flags, weight: Array) -> None:
    """Hand fans of closed shops to the platform's other shops, in place: pro rata to fans, else to weight, else evenly.

    Parameters
    ----------
    fans, shop
        [M, P]; on a platform without any shop fans stay where they are
    weight
        of contests, [M, P, C]
    """
    merchants, platforms = fans.shape
    for p in range(platforms):
        held = orphans = shops = by_weight = 0.0
        for m in range(merchants):
            if shop[m, p]:
                held += fans[m, p]
                shops += 1.0
            else:
                orphans += fans[m, p]
        if orphans == 0.0 or shops == 0.0:
            continue
        if held == 0.0:
            for m in range(merchants):
                if shop[m, p]:
                    by_weight += _sum(weight[m, p])
        for m in range(merchants):
            if not shop[m, p]:
                fans[m, p] = 0.0
            elif held > 0.0:
                fans[m, p] += fans[m, p] / held * orphans
            elif by_weight > 0.0:
                fans[m, p] = _sum(weight[m, p]) / by_weight * orphans
            else:
                fans[m, p] = 1.0 / shops * orphans


@compiled
def _sum(values: Array) -> float:
    total = 0.0
    for value in values:
        total += value
    return total
