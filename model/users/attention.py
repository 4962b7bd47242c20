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
from secondhalf.model.shapes import ACTIVE_THIS_MONTH, F32, F64, I16, U8, Behaviour, Columns, Day, DayStreams, Offer
from secondhalf.model.users.utility import add_mood, log_psi, utility

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
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
    weight, time = outside * budget, budget.copy()
    for p in range(platforms):
        own, depth = psi[p], gamma[p]
        for j in range(size):
            weight[j] += depth * own[j]
            time[j] += depth if own[j] > _ZERO else _ZERO
    floor, price = np.zeros(size, np.float32), weight / time
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
    content, shelf = columns.taste[0, block], columns.taste[1, block]
    for p in range(platforms):
        bit = np.uint32(1) << np.uint32(p)
        log_psi(psi[p], offer, behaviour, p, content, shelf, columns.habit[p, block], contact & bit)
        add_mood(psi[p], behaviour.shock, streams.shock[p], first)
        lost[p] = utility(psi[p], installed & bit)
        sums[p, INSTALLED] = np.count_nonzero(installed & bit)
    online, phone = split(
        psi,
        offer.gamma,
        columns.online_from[block],
        columns.budget_factor[block],
        day.number,
        day.budget,
        behaviour.outside,
    )
    if day.count_window:
        _add_budget(columns.budget_now[block], columns.online_from[block], columns.budget_factor[block], day)
    used = np.zeros(last - first, np.uint8)
    for p in range(platforms):
        columns.minutes[p, block] = psi[p]
        feed_habit(columns.habit[p, block], psi[p], behaviour.habit_rate, behaviour.habit_half)
        if day.count_window:
            columns.minutes_now[p, block] += psi[p]
        _count(sums[p], psi[p], columns.last_used[p, block], columns.marks[p, block], used, day.number)
        if lost[p]:
            sums[p, MINUTES] = np.nan  # so that the day stops at this platform
    totals[ONLINE] = online
    totals[BUDGET] = phone
    totals[MULTI_HOMING] = np.sum(used >= 2)


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
    online, phone = 0, 0.0
    own = budget_factor * budget
    price = prices_of_time(psi, gamma, own, outside)
    here = online_from <= today
    for j in range(own.size):
        if here[j]:
            online += 1
            phone += own[j]
    spend(psi, gamma, price, here)
    return online, phone


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
def _add_budget(budget_now: F32, online_from: I16, budget_factor: F32, day: Day) -> None:
    for j in range(budget_now.size):
        if online_from[j] <= day.number:
            budget_now[j] += budget_factor[j] * day.budget


@compiled
def feed_habit(habit: F32, minutes: F32, rate: np.float32, half: np.float32) -> None:
    """Move the stock towards ``minutes / (minutes + half)`` at `rate` per day."""
    for j in range(habit.size):
        habit[j] += rate * (minutes[j] / (minutes[j] + half) - habit[j])


@compiled
def _count(sums: F64, spent: F32, last_used: I16, marks: U8, used: U8, today: Integer) -> None:
    active, monthly = 0, 0
    minutes = 0.0
    for j in range(spent.size):
        if spent[j] > _ZERO:
            active += 1
            minutes += spent[j]
            last_used[j] = today
            marks[j] |= ACTIVE_THIS_MONTH
        age = today - last_used[j]
        monthly += age < MONTH_DAYS
        used[j] += age < HOMING_DAYS
    sums[ACTIVE] = active
    sums[MINUTES] = minutes
    sums[SHOPPING] = 0.0
    sums[MONTHLY] = monthly
