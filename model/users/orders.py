"""What an order changes: visits and sessions, loyalty that fades, counts of buyers, ties to shops."""

from __future__ import annotations

import numpy as np

from secondhalf.model.numba_kernels import Integer, compiled
from secondhalf.model.random_streams import uniform, word
from secondhalf.model.shapes import (
    ACTIVE_THIS_MONTH,
    BOUGHT_THIS_MONTH,
    F32,
    F64,
    FEED,
    I8,
    I16,
    I64,
    NOBODY,
    SHELF,
    U16,
    Behaviour,
    Columns,
    Day,
    DayStreams,
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
from secondhalf.model.users.needs import quantile_of, tie_number
from secondhalf.model.users.storage import SPENT_MARGIN, positive, positive_code, stock, stock_code

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)

MONTHLY_BUYERS, ANNUAL_BUYERS, NEW_FANS, LOST_FANS = 0, 1, 2, 3
"""Columns of the per-platform counts."""
BUYER_MONTH, BUYER_YEAR = 30, 365


@compiled
def visit(columns: Columns, day: Day, session: np.float32, users: I64, place: I64, sums: F64, totals: F64) -> None:
    """Needs are met at apps: count a visit if one was not open today, and add a session's minutes to the day.

    The minutes come from the time outside, of which a thousandth of the day and no more is left; they feed no habit.
    That much may be hidden by the rounding of what was spent before. `place` is NOBODY where
    a need was not met. The loop is in here, since handing columns over costs more than an order.
    """
    minutes, minutes_now, last_used, marks = columns.minutes, columns.minutes_now, columns.last_used, columns.marks
    budget_factor, today, platforms = columns.budget_factor, day.number, columns.minutes.shape[0]
    for k in range(users.size):
        i, at = users[k], place[k]
        if at == NOBODY:
            continue
        if last_used[at, i] != today:
            sums[at, ACTIVE] += 1.0
            sums[at, MONTHLY] += today - last_used[at, i] >= MONTH_DAYS
            if today - last_used[at, i] >= HOMING_DAYS:
                others = 0
                for p in range(platforms):
                    others += today - last_used[p, i] < HOMING_DAYS
                totals[MULTI_HOMING] += others == 1
            last_used[at, i] = today
            marks[at, i] |= ACTIVE_THIS_MONTH
        left = positive(budget_factor[i]) * day.budget
        for p in range(platforms):
            left -= SPENT_MARGIN * positive(minutes[p, i])
        added = min(session, max(left, _ZERO))
        minutes[at, i] = positive_code(positive(minutes[at, i]) + added)
        if day.count_window:
            minutes_now[at, i] = positive_code(positive(minutes_now[at, i]) + added)
        sums[at, MINUTES] += added
        sums[at, SHOPPING] += added


@compiled
def order(columns: Columns, behaviour: Behaviour, users: I64, place: I64, today: Integer) -> None:
    """Write orders to the users who place them: day, mark and loyalty."""
    last_bought, marks, loyalty, step = columns.last_bought, columns.marks, columns.loyalty, behaviour.loyalty_step
    for k in range(users.size):
        i, at = users[k], place[k]
        if at != NOBODY:
            last_bought[at, i] = today
            marks[at, i] |= BOUGHT_THIS_MONTH
            loyalty[at, i] = stock_code(stock(loyalty[at, i]) + step * (_ONE - stock(loyalty[at, i])))


@compiled
def order_at_home(
    columns: Columns,
    behaviour: Behaviour,
    streams: DayStreams,
    slot: int,
    users: I64,
    place: I64,
    today: Integer,
    merchants: int,
    count: F64,
) -> None:
    """Ties of fan slot `slot` whose shop got the order go on, or die of it."""
    fan_merchant, fan_platform, fan_day = columns.fan_merchant[slot], columns.fan_platform[slot], columns.fan_day[slot]
    traits, stream, dropouts = streams.fan_dropout_rate, streams.fan_dropout[slot], behaviour.fan_dropouts
    for k in range(users.size):
        i, at = users[k], place[k]
        if at == NOBODY or at != fan_platform[i]:
            continue
        number = tie_number(i, int(fan_merchant[i]), at, merchants)
        fan_day[i] = today
        if uniform(word(stream, i)) < quantile_of(dropouts, uniform(word(traits, number))):
            fan_merchant[i] = NOBODY
            count[at, LOST_FANS] += 1.0


@compiled
def become_fans(
    columns: Columns,
    gains: F32,
    buyers_cdf: F64,
    become: np.uint64,
    whose: np.uint64,
    users: I64,
    place: I64,
    tie: I64,
    feed_share: F32,
    today: Integer,
    count: F64,
) -> None:
    """Orders away from a tie make fans of some.

    `gains` [2, P] is the probability by group of channels, `feed_share` [P, K] what was bought through the feed;
    `become` and `whose` are the streams that decide whether, and of which shop by `buyers_cdf` [P, M].
    """
    fan_merchant, fan_platform, fan_day = columns.fan_merchant, columns.fan_platform, columns.fan_day
    for k in range(users.size):
        i, at = users[k], place[k]
        if at == NOBODY or at == tie[k]:
            continue
        feed = feed_share[at, k]
        if uniform(word(become, i)) < feed * gains[FEED, at] + (_ONE - feed) * gains[SHELF, at]:
            merchant = np.searchsorted(buyers_cdf[at], float(uniform(word(whose, i))), side="right")
            if merchant < buyers_cdf.shape[1]:
                tie_up(fan_merchant[:, i], fan_platform[:, i], fan_day[:, i], merchant, at, today, count)


@compiled
def fade(loyalty: U16, kept: np.float32) -> None:
    """Let a block's loyalty to one platform decay by a day."""
    for j in range(loyalty.size):
        loyalty[j] = stock_code(stock(loyalty[j]) * kept)


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
def tie_up(merchants: I16, platforms: I8, days: I16, merchant: Integer, place: int, today: Integer, count: F64) -> None:
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
