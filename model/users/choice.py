"""Choice (stage 7): needs are met at one of the apps opened that day.

A need chooses among opened platforms that sell, and walking away, by logit over ::

    v_p = pull_p[kind of need] + choice_p + loyalty_weight loyalty_p + (closed loop at the origin | open link from it).

What a capability such as a mall adds to `pull` is worked out in `supply.offer`.

Books are expectations: every platform is credited with its probability. The user's own state is sampled: one draw
decides where the order went, which feeds loyalty, the day of the last order, and fan ties. A repeat need adds
`repeat_bonus` at the platform of its tie; met there it is a repeat order, met elsewhere it counts as a planned one.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from secondhalf.model.numba_kernels import Integer, bounds, chunk_count, compiled, compiled_parallel, exp32
from secondhalf.model.random_streams import uniform, word
from secondhalf.model.shapes import (
    BOUGHT_THIS_MONTH,
    F32,
    F64,
    I8,
    I16,
    I32,
    NOBODY,
    PULL_IMPULSE,
    PULL_PLANNED,
    PULL_REPEAT,
    U8,
    Behaviour,
    Columns,
    Day,
    DayStreams,
    Offer,
    Shops,
)
from secondhalf.model.users.needs import quantile_of, tie_number

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)

KIND_PLANNED, KIND_IMPULSE, KIND_RIPENED, KIND_REPEAT = 0, 1, 2, 3
"""Kinds of need in the order book; origins 0..P-1 are platforms, the last row is "planted nowhere"."""
MONTHLY_BUYERS, ANNUAL_BUYERS, NEW_FANS, LOST_FANS = 0, 1, 2, 3
"""Columns of the per-platform counts."""
BUYER_MONTH, BUYER_YEAR = 30, 365


@compiled
def choice_probabilities(
    out: F32,
    opened: U8,
    pull: F32,
    choice: F32,
    bonus: F32,
    attachment: F32,
    row: int,
    origin: int,
    tie: int,
    repeat_bonus: np.float32,
) -> None:
    """Fill `out` [P] with the probability that a need is met at each platform; the rest walks away.

    `opened` [P] marks today's selling apps, `attachment` [P] is loyalty in utility, `row` the need's row of `pull`,
    `origin` where the need was planted, `tie` the platform of a repeat need (a plain need elsewhere).
    """
    total = _ONE
    for p in range(out.size):
        out[p] = _ZERO
        if opened[p] == 0:
            continue
        value = choice[p] + attachment[p] + bonus[origin, p]
        if row == PULL_REPEAT and p != tie:
            value += pull[PULL_PLANNED, p]
        else:
            value += pull[row, p]
        if p == tie:
            value += repeat_bonus
        out[p] = exp32(value)
        total += out[p]
    for p in range(out.size):
        out[p] /= total


@compiled
def sample(probabilities: F32, mark: np.float32) -> int:
    """Index at which the running sum passes `mark`, or NOBODY (walked away)."""
    for p in range(probabilities.size):
        if mark < probabilities[p]:
            return p
        mark -= probabilities[p]
    return NOBODY


@compiled_parallel
def buy(
    columns: Columns,
    offer: Offer,
    shops: Shops,
    behaviour: Behaviour,
    streams: DayStreams,
    day: Day,
    orders: F64,
    counts: F64,
) -> None:
    """Meet all needs.

    `orders` [chunks, 4 kinds, P + 1 origins, P] and `counts` [chunks, P, 4] receive users' orders and counts.
    """
    for chunk in prange(chunk_count(columns.installed.size)):
        first, last = bounds(chunk, columns.installed.size)
        _buy(columns, offer, shops, behaviour, streams, day, orders[chunk], counts[chunk], first, last)


@compiled
def _buy(
    columns: Columns,
    offer: Offer,
    shops: Shops,
    behaviour: Behaviour,
    streams: DayStreams,
    day: Day,
    book: F64,
    count: F64,
    first: Integer,
    last: Integer,
) -> None:
    needs_today, last_used, last_bought = columns.needs, columns.last_used, columns.last_bought
    loyalty, marks = columns.loyalty, columns.marks
    impulse_origin, interest_origin = columns.impulse_origin, columns.interest_origin
    fan_merchant, fan_platform, fan_day = columns.fan_merchant, columns.fan_platform, columns.fan_day
    pull, choice, bonus, sells, fan_gain = offer.pull, offer.choice, offer.bonus, offer.sells, offer.fan_gain
    buyers_cdf, merchants = shops.buyers_cdf, shops.products.size
    choose, become_fan, which_shop = streams.choose, streams.become_fan, streams.fan_merchant
    dropout_stream, fan_dropouts = streams.fan_dropout, behaviour.fan_dropouts
    platforms, slots, today = sells.size, fan_merchant.shape[0], day.number
    chances, attachment = np.empty(platforms, np.float32), np.empty(platforms, np.float32)
    opened = np.empty(platforms, np.uint8)
    book[:] = 0.0
    count[:] = 0.0
    for p in range(platforms):
        fade(loyalty[p, first:last], behaviour.loyalty_kept)
    for i in range(first, last):
        needs = int(needs_today[i])
        if needs == 0:
            continue
        for p in range(platforms):
            opened[p] = np.uint8(sells[p] != 0 and last_used[p, i] == today)
            attachment[p] = behaviour.loyalty_weight * loyalty[p, i]
        for draw in range(3 + slots):
            if not needs & (1 << draw):
                continue
            slot, kind = draw - KIND_REPEAT, min(draw, KIND_REPEAT)
            origin, tie, row = NOBODY, NOBODY, PULL_PLANNED
            if kind == KIND_IMPULSE:
                origin, row = int(impulse_origin[i]), PULL_IMPULSE
            elif kind == KIND_RIPENED:
                origin = int(interest_origin[i])
            elif kind == KIND_REPEAT:
                if fan_merchant[slot, i] == NOBODY:
                    continue
                tie, row = int(fan_platform[slot, i]), PULL_REPEAT
            choice_probabilities(
                chances, opened, pull, choice, bonus, attachment, row, origin, tie, behaviour.repeat_bonus
            )
            for p in range(platforms):
                booked = KIND_PLANNED if kind == KIND_REPEAT and p != tie else kind
                book[booked, origin, p] += chances[p]
            place = sample(chances, uniform(word(choose[draw], i)))
            if place == NOBODY:
                continue
            last_bought[place, i] = today
            marks[place, i] |= BOUGHT_THIS_MONTH
            loyalty[place, i] += behaviour.loyalty_step * (_ONE - loyalty[place, i])
            if place == tie:
                number = tie_number(i, int(fan_merchant[slot, i]), tie, merchants)
                dropout = quantile_of(fan_dropouts, uniform(word(streams.fan_dropout_rate, number)))
                fan_day[slot, i] = today
                if uniform(word(dropout_stream[slot], i)) < dropout:
                    fan_merchant[slot, i] = NOBODY
                    count[tie, LOST_FANS] += 1.0
            elif uniform(word(become_fan[draw], i)) < fan_gain[row, place]:
                mark = float(uniform(word(which_shop[draw], i)))
                merchant = np.searchsorted(buyers_cdf[place], mark, side="right")
                if merchant < merchants:
                    tie_up(fan_merchant[:, i], fan_platform[:, i], fan_day[:, i], merchant, place, today, count)
    for p in range(platforms):
        count_buyers(count[p], last_bought[p, first:last], today)


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
