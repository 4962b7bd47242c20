"""What an order changes: visits and sessions, loyalty that fades, counts of buyers, ties to shops."""

from __future__ import annotations

import numpy as np

from secondhalf.model.numba_kernels import Integer, compiled
from secondhalf.model.shapes import (
    ACTIVE_THIS_MONTH,
    F32,
    F64,
    I8,
    I16,
    I32,
    NOBODY,
    Columns,
    Day,
)
from secondhalf.model.users.attention import (
    ACTIVE,
    HOMING_DAYS,
    MINUTES,
    MONTH_DAYS,
    MONTHLY,
    MULTI_HOMING,
    SHOPPING,
)

_ZERO = np.float32(0.0)

MONTHLY_BUYERS, ANNUAL_BUYERS, NEW_FANS, LOST_FANS = 0, 1, 2, 3
"""Columns of the per-platform counts."""
BUYER_MONTH, BUYER_YEAR = 30, 365


@compiled
def visit(columns: Columns, day: Day, session: np.float32, place: int, i: int, sums: F64, totals: F64) -> None:
    """A need is met at an app: count a visit if it was not open today, and add a session's minutes to the day.

    The minutes come from the time outside, of which at least none is left; they feed no habit.
    """
    minutes, last_used = columns.minutes, columns.last_used
    if last_used[place, i] != day.number:
        sums[place, ACTIVE] += 1.0
        sums[place, MONTHLY] += day.number - last_used[place, i] >= MONTH_DAYS
        if day.number - last_used[place, i] >= HOMING_DAYS:
            others = 0
            for p in range(minutes.shape[0]):
                others += day.number - last_used[p, i] < HOMING_DAYS
            totals[MULTI_HOMING] += others == 1
        last_used[place, i] = day.number
        columns.marks[place, i] |= ACTIVE_THIS_MONTH
    left = columns.budget_factor[i] * day.budget
    for p in range(minutes.shape[0]):
        left -= minutes[p, i]
    added = min(session, max(left, _ZERO))
    minutes[place, i] += added
    if day.count_window:
        columns.minutes_now[place, i] += added
    sums[place, MINUTES] += added
    sums[place, SHOPPING] += added


@compiled
def fade(loyalty: F32, kept: np.float32) -> None:
    """Let a block's loyalty to one platform decay by a day."""
    for j in range(loyalty.size):
        loyalty[j] *= kept


@compiled
def count_buyers(count: F64, last_bought: I16, today: Integer) -> None:
    """Count the buyers of 30 and of 365 days at one platform in a block of users."""
    monthly, annual = 0, 0
    for j in range(last_bought.size):
        age = today - last_bought[j]
        monthly += age < BUYER_MONTH
        annual += age < BUYER_YEAR
    count[MONTHLY_BUYERS] = monthly
    count[ANNUAL_BUYERS] = annual


@compiled
def tie_up(merchants: I32, platforms: I8, days: I16, merchant: Integer, place: int, today: Integer, count: F64) -> None:
    """Make a user (whose slots these are) a fan of a shop at a platform, or renew the tie.

    The tie takes an empty slot, or the one whose last order is oldest. `count` [P, 4] notes new and lost fans.
    """
    slot = 0
    for f in range(merchants.size):
        if merchants[f] == merchant and platforms[f] == place:
            days[f] = today
            return
        if merchants[slot] != NOBODY and (merchants[f] == NOBODY or days[f] < days[slot]):
            slot = f
    if merchants[slot] != NOBODY:
        count[platforms[slot], LOST_FANS] += 1.0
    merchants[slot] = merchant
    platforms[slot] = place
    days[slot] = today
    count[place, NEW_FANS] += 1.0
