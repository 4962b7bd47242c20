"""Attention (stage 6): each user splits the day's phone time over installed apps and the outside.

The split is the discrete-continuous optimum with satiation (MDCEV, gamma profile: Bhat 2008)::

    maximise  psi_0 ln x_0 + sum_p gamma_p psi_p ln(1 + x_p / gamma_p)   subject to  x_0 + sum_p x_p = budget

with ``psi_0 = outside * budget`` (so that tastes and not the length of the day decide who opens an app) and ::

    ln psi_p = leisure_p + taste_weight_p . taste + habit_weight habit_p + social_weight [contact has p]
               + shock mood_p.

At the optimum ``x_p = gamma_p (psi_p / price - 1)`` for the apps whose psi exceeds the price of time and zero for the
others.
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from secondhalf.model.numba_kernels import Integer, bounds, chunk_count, compiled, compiled_parallel
from secondhalf.model.shapes import (
    ACTIVE_THIS_MONTH,
    F32,
    F64,
    I16,
    U8,
    U16,
    Behaviour,
    Bits,
    Columns,
    Day,
    DayStreams,
    Offer,
)
from secondhalf.model.users.storage import (
    add_positives,
    read_positives,
    read_stocks,
    read_tastes,
    stock_code,
    write_positives,
)
from secondhalf.model.users.utility import add_mood, log_psi, utility

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_ACTIVE, _NOTHING = np.uint8(ACTIVE_THIS_MONTH), np.uint8(0)
_PARTS = 16
MONTH_DAYS = 30
"""Length of the window behind monthly active users."""
HOMING_DAYS = 28
"""Length of the window behind multi-homing."""

ACTIVE, MINUTES, SHOPPING, MONTHLY, INSTALLED = 0, 1, 2, 3, 4
"""Columns of the per-platform sums: users who opened it, minutes, minutes of sessions for needs (added by `choice`),
users of 30 days, installations."""
PLATFORM_SUMS, ALL_SUMS = 5, 3
ONLINE, BUDGET, MULTI_HOMING = 0, 1, 2
"""Entries of the sums over all users."""


@compiled
def prices_of_time(psi: F32, gamma: F32, budget: F32, outside: np.float32) -> F32:
    """Marginal utility of time at the optimum, by user of a block; an app is opened when its psi exceeds it.

    Starts with every app that has a positive psi and removes those below the price until nobody has one to remove;
    prices only rise on the way, so at most P rounds are needed and no sorting. Users lie innermost, without branches.
    """
    platforms, size = psi.shape
    weight, time = np.empty(size, np.float32), np.empty(size, np.float32)
    floor, price = np.empty(size, np.float32), np.empty(size, np.float32)
    for j in range(size):
        weight[j] = outside * budget[j]
        time[j] = budget[j]
    for p in range(platforms):
        own, depth = psi[p], gamma[p]
        for j in range(size):
            weight[j] += depth * own[j]
            time[j] += depth if own[j] > _ZERO else _ZERO
    for j in range(size):
        floor[j] = _ZERO
        price[j] = weight[j] / time[j]
    while True:
        removed = 0
        for p in range(platforms):
            own, depth = psi[p], gamma[p]
            for j in range(size):
                out = (floor[j] < own[j]) & (own[j] <= price[j])
                weight[j] -= depth * own[j] if out else _ZERO
                time[j] -= depth if out else _ZERO
                removed += out
        if removed == 0:
            return price
        for j in range(size):
            floor[j] = price[j]
            price[j] = weight[j] / time[j]


@compiled_parallel
def attend(
    columns: Columns, offer: Offer, behaviour: Behaviour, streams: DayStreams, day: Day, sums: F64, totals: F64
) -> None:
    """Split everybody's day; update habit, days of use and the windows of the flow books.

    `sums` [chunks, P, 5] and `totals` [chunks, 3] receive counts of users and minutes (see the constants above).
    """
    for chunk in prange(chunk_count(columns.installed.size)):
        first, last = bounds(chunk, columns.installed.size)
        _attend(columns, offer, behaviour, streams, day, sums[chunk], totals[chunk], first, last)


@compiled
def _attend(
    columns: Columns,
    offer: Offer,
    behaviour: Behaviour,
    streams: DayStreams,
    day: Day,
    sums: F64,
    totals: F64,
    first: Integer,
    last: Integer,
) -> None:
    platforms = offer.leisure.size
    block = slice(first, last)
    psi = np.empty((platforms, last - first), np.float32)
    lost = np.zeros(platforms, np.int64)
    contact, installed = columns.contact[block], columns.installed[block]
    content, shelf = np.empty(last - first, np.float32), np.empty(last - first, np.float32)
    habit, factor = np.empty((platforms, last - first), np.float32), np.empty(last - first, np.float32)
    read_tastes(content, columns.taste[0, block], behaviour.taste_step[0])
    read_tastes(shelf, columns.taste[1, block], behaviour.taste_step[1])
    read_positives(factor, columns.budget_factor[block])
    for p in range(platforms):
        bit = np.uint32(1) << np.uint32(p)
        read_stocks(habit[p], columns.habit[p, block])
        log_psi(psi[p], offer, behaviour, p, content, shelf, habit[p], contact, bit)
        add_mood(psi[p], behaviour.shock, streams.shock[p], first)
        lost[p] = utility(psi[p], installed, bit)
        sums[p, INSTALLED] = holders(installed, bit)
    online, phone = split(
        psi,
        offer.gamma,
        columns.online_from[block],
        factor,
        day.number,
        day.budget,
        behaviour.outside,
    )
    used = np.zeros(last - first, np.uint8)
    for p in range(platforms):
        write_positives(columns.minutes[p, block], psi[p])
        feed_habit(columns.habit[p, block], habit[p], psi[p], behaviour.habit_rate, behaviour.habit_half)
        if day.count_window:
            add_positives(columns.minutes_now[p, block], psi[p])
        _count(sums[p], psi[p], columns.last_used[p, block], columns.marks[p, block], used, day.number)
        if lost[p]:
            sums[p, MINUTES] = np.nan  # so that the day stops at this platform
    totals[ONLINE] = online
    totals[BUDGET] = phone
    several = 0
    for j in range(used.size):
        several += used[j] >= 2
    totals[MULTI_HOMING] = several


@compiled
def split(
    psi: F32,
    gamma: F32,
    online_from: I16,
    budget_factor: F32,
    today: Integer,
    budget: np.float32,
    outside: np.float32,
) -> tuple[int, float]:
    """Turn a block's psi [P, users] into minutes, in place. Returns users online and their phone minutes."""
    size, online = online_from.size, 0
    own, here = np.empty(size, np.float32), np.empty(size, np.bool_)
    for j in range(size):
        own[j] = budget_factor[j] * budget
        here[j] = online_from[j] <= today
    spend(psi, gamma, prices_of_time(psi, gamma, own, outside), here)
    for j in range(size):
        online += here[j]
        own[j] = own[j] if here[j] else _ZERO
    return online, total(own)


@compiled
def total(values: F32) -> float:
    """Sum in double precision, in sixteen interleaved parts: an order that is fixed and that processors can follow."""
    parts = np.zeros(_PARTS)
    whole = values.size - values.size % _PARTS
    for at in range(0, whole, _PARTS):
        for part in range(_PARTS):
            parts[part] += values[at + part]
    for at in range(whole, values.size):
        parts[at - whole] += values[at]
    result = 0.0
    for part in range(_PARTS):
        result += parts[part]
    return result


@compiled
def holders(installed: Bits, bit: np.uint32) -> int:
    """How many users of a block have the app."""
    found = 0
    for j in range(installed.size):
        found += installed[j] & bit != 0
    return found


@compiled
def spend(psi: F32, gamma: F32, price: F32, here: NDArray[np.bool_]) -> None:
    """Turn a block's psi [P, users] into minutes at a price of time, in place; none for users who are not `here`."""
    platforms, size = psi.shape
    for p in range(platforms):
        spent, depth = psi[p], gamma[p]
        for j in range(size):
            value = spent[j]
            spent[j] = depth * (value / price[j] - _ONE) if here[j] & (value > price[j]) else _ZERO


@compiled
def feed_habit(codes: U16, habit: F32, minutes: F32, rate: np.float32, half: np.float32) -> None:
    """Move the stock towards ``minutes / (minutes + half)`` at `rate` per day, into `codes`."""
    for j in range(habit.size):
        codes[j] = stock_code(habit[j] + rate * (minutes[j] / (minutes[j] + half) - habit[j]))


@compiled
def _count(sums: F64, spent: F32, last_used: I16, marks: U8, used: U8, today: Integer) -> None:
    active, monthly, this_day = 0, 0, np.int16(today)
    month, homing = np.int16(today - MONTH_DAYS), np.int16(today - HOMING_DAYS)
    for j in range(spent.size):
        is_open = spent[j] > _ZERO
        active += is_open
        last_used[j] = this_day if is_open else last_used[j]
    for j in range(spent.size):
        marks[j] |= _ACTIVE if spent[j] > _ZERO else _NOTHING
    for j in range(spent.size):
        monthly += last_used[j] > month
        used[j] += last_used[j] > homing
    sums[ACTIVE] = active
    sums[MINUTES] = total(spent)
    sums[SHOPPING] = 0.0
    sums[MONTHLY] = monthly
