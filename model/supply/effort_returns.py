"""Returns on effort last week: the slope of each merchant's sales in every cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.supply import contest
from secondhalf.model.supply.sales import BROADCAST_EXPONENT, Array, Trade


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
    effort = table.effort.astype(np.float64) + settings.effort_floor
    gain = settings.contest_exponent * effort**settings.contest_exponent  # a root where it is one half: no logarithms
    value = trade.cell_value() + _planted_value(trade)[:, None] * trade.seeds
    return np.asarray(
        contest.slopes(
            effort,
            gain,
            table.fit,
            value,
            table.category,
            _fan_sales(trade),
            trade.strength,
            trade.reach,
            settings.broadcast_gain * live * BROADCAST_EXPONENT,
            1 - take_rate,
            trade.favoured,
            table.shop,
            trade.open_cells,
        )
    )


def _planted_value(trade: Trade) -> Array:
    """RMB credited last week to one unit of contest weight in a platform's seeding channels, [P]."""
    total = contest.column_sums(trade.seeding_weight())
    value: Array = np.divide(trade.week_seeded.sum(axis=1), total, out=np.zeros_like(total), where=total > 0)
    return value


def _fan_sales(trade: Trade) -> Array:
    """Last week's repeat sales by merchant and platform, [M, P]."""
    table = trade.table
    by_fans = table.fans * trade.reach * table.shop
    total = contest.column_sums(by_fans)
    share = by_fans / np.where(total > 0, total, 1.0)
    rest = contest.column_sums(table.week_gmv) - trade.week_direct.sum(axis=1) - trade.week_seeded.sum(axis=0)
    return np.asarray(share * np.maximum(rest, 0.0))
