"""Returns on effort last week: the slope of each merchant's sales in every cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.supply import contest
from secondhalf.model.supply.sales import BROADCAST_EXPONENT, LIVE_STORE, SEARCH, Array, Trade


def returns(trade: Trade, take_rate: Array, live: Array) -> NDArray[np.float32]:
    """Last week's return on a unit of effort, by merchant and cell, [M, P, C] (per unit of strength).

    The slope of each merchant's sales with respect to its effort, taking the contest's totals as given: its part of the
    contest in the cell, of what was planted from the cell, and of its fans' orders that its broadcasts raise.

    Parameters
    ----------
    take_rate, live
        commission and presence of live rooms of each platform, [P]
    """
    table, settings = trade.table, trade.settings
    exponent = settings.contest_exponent
    effort = table.effort.astype(np.float64) + settings.effort_floor
    gained = exponent * effort**exponent  # of whole powers and the usual square root NumPy makes no logarithms
    value = trade.cell_value() + _planted_value(trade)[:, None] * trade.seeds
    contest.slopes(gained, effort, table.fit, value, table.category)
    if trade.favour is not None:
        gained[:, :, SEARCH] *= trade.favour
    live_effort = effort[:, :, LIVE_STORE]
    rise = settings.broadcast_gain * live * BROADCAST_EXPONENT * (live_effort**BROADCAST_EXPONENT / live_effort)
    strength = trade.strength[:, None]
    fan_sales = _fan_sales(trade)
    per_strength = np.divide(fan_sales, strength, out=np.zeros_like(fan_sales), where=strength > 0)
    gained[:, :, LIVE_STORE] += per_strength * rise / trade.reach
    gained *= (1 - take_rate)[:, None] * (table.shop[:, :, None] & trade.open_cells)
    return np.asarray(gained, np.float32)


def _planted_value(trade: Trade) -> Array:
    """RMB credited last week to one unit of contest weight in a platform's seeding channels, [P]."""
    total = trade.seeding_weight().sum(axis=0)
    value: Array = np.divide(trade.week_seeded.sum(axis=1), total, out=np.zeros_like(total), where=total > 0)
    return value


def _fan_sales(trade: Trade) -> Array:
    """Last week's repeat sales by merchant and platform, [M, P]."""
    table = trade.table
    by_fans = table.fans * trade.reach * table.shop
    total = by_fans.sum(axis=0)
    share: Array = np.divide(by_fans, total, out=np.zeros_like(by_fans), where=total > 0)
    rest = table.week_gmv.sum(axis=0) - trade.week_direct.sum(axis=1) - trade.week_seeded.sum(axis=0)
    return np.asarray(share * np.maximum(rest, 0.0))
