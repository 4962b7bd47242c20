"""Stage 7: needs are met: mixed nested logit over platforms and their channels.

A need has an amount, which is spent wherever it is met. A need of kind n and tier g of person i has at platform p the
*inclusive value* of the channels there ::

    I_p = ln( exp(liking_i,feed) F_np + exp(liking_i,shelf) S_np )

with F and S the sums of affinity x availability x supply ** elasticity over the channels of the feed and of the
pan-shelf, and the utility ::

    V_p = tier_value_gp + lambda I_p + loyalty_weight loyalty_ip + sd_p z_ip - sd_p ** 2 / 2
          + (closed loop at the origin | open link from it) + (repeat_bonus at a fan's own shop)
          - (opening_cost where the app was not open today) - (first_order_cost where the person never ordered).

Platforms lie in one nest (dissimilarity mu) against walking away, whose utility is zero, and channels in nests of
platforms (lambda): ``P(buy) = S ** mu / (1 + S ** mu)`` with ``S = sum_p exp(V_p / mu)``, and a platform's share of it
is ``exp(V_p / mu) / S`` (McFadden 1978; consistent with utility for 0 < lambda <= mu <= 1). z is a trait for life:
who prefers a platform goes on to prefer it (heterogeneity), while loyalty is fed by orders (state dependence; Heckman
1981). A first order at a platform costs more than later ones (an address, a way to pay, trust), so that buying spreads
over years where an app has only begun to sell.

Impulses choose among the apps open today. All other needs choose among installed apps; one that opens an app counts as
a visit, and every need met adds a session's minutes, taken from the time outside, and leads to `orders_per_need`
orders. Books are expectations: every platform is credited with its probability. The user's own state is sampled: one
draw decides where the order went. A repeat need met away from the platform of its tie is booked as a planned one.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from secondhalf.model.numba_kernels import Integer, bounds, chunk_count, compiled, compiled_parallel, exp32
from secondhalf.model.random_streams import near_normal, uniform, word
from secondhalf.model.shapes import (
    BOUGHT_THIS_MONTH,
    F32,
    F64,
    FEED,
    KIND_IMPULSE,
    KIND_PLANNED,
    KIND_REPEAT,
    KIND_RIPENED,
    NEVER,
    NOBODY,
    SHELF,
    U8,
    Behaviour,
    Columns,
    Day,
    DayStreams,
    Offer,
    Shops,
)
from secondhalf.model.users.needs import quantile_of, tie_number
from secondhalf.model.users.orders import LOST_FANS, count_buyers, fade, tie_up, visit

_ZERO, _ONE, _HALF = np.float32(0.0), np.float32(1.0), np.float32(0.5)
_LOWEST = np.float32(-1e30)
"""Utility of a platform that cannot be chosen."""

NEEDS, WANTED, SURPLUS, MET = 0, 1, 2, 3
"""Entries of the sums over all needs: how many, RMB that they want to spend, consumer surplus in RMB, how many met."""


@compiled
def nested_shares(
    weight: F32,
    feed_share: F32,
    reachable: U8,
    value: F32,
    attachment: F32,
    bonus: F32,
    channel_value: F32,
    like_feed: np.float32,
    like_shelf: np.float32,
    kind: int,
    tie: int,
    repeat_bonus: np.float32,
    channel_nest: np.float32,
    platform_nest: np.float32,
) -> np.float32:
    """Fill `weight` [P] with the probability that a need is met at each platform; the rest walks away.

    Parameters
    ----------
    feed_share
        receives the share of the feed's channels in what is met at each platform, [P]
    reachable
        marks platforms among which the need chooses, [P]
    value, attachment, bonus
        utility by tier, of the person, and by the need's origin, [P]
    channel_value
        of the offer, [4, 2, P]
    like_feed, like_shelf
        ``exp(liking)`` of the person for both groups of channels
    tie
        platform of a repeat need, which is a planned need elsewhere; NOBODY for other needs

    Returns
    -------
    float
        the need's expected gain over walking away, in utility: ``ln(1 + S ** mu)``
    """
    total, highest = _ZERO, _LOWEST
    for p in range(weight.size):
        weight[p] = _LOWEST
        feed_share[p] = _ZERO
        if reachable[p] == 0:
            continue
        row = KIND_PLANNED if kind == KIND_REPEAT and p != tie else kind
        feed = like_feed * channel_value[row, FEED, p]
        both = feed + like_shelf * channel_value[row, SHELF, p]
        if both <= _ZERO:
            continue
        utility = value[p] + attachment[p] + bonus[p] + channel_nest * np.log(both)
        if p == tie:
            utility += repeat_bonus
        weight[p] = utility
        feed_share[p] = feed / both
        highest = max(highest, utility)
    for p in range(weight.size):  # relative to the highest, so that a small nest leaves no exponential out of range
        weight[p] = exp32((weight[p] - highest) / platform_nest) if weight[p] > _LOWEST else _ZERO
        total += weight[p]
    if total <= _ZERO:
        return _ZERO
    against = exp32(platform_nest * np.log(total) + highest)  # S ** mu
    bought = against / (_ONE + against)
    for p in range(weight.size):
        weight[p] *= bought / total
    gain: np.float32 = np.log(_ONE + against)
    return gain


@compiled
def sample(probabilities: F32, mark: np.float32) -> int:
    """Index at which the running sum passes `mark`, or NOBODY (walked away)."""
    for p in range(probabilities.size):
        if mark < probabilities[p]:
            return p
        mark -= probabilities[p]
    return NOBODY


@compiled
def level(cdf: F32, mark: np.float32) -> int:
    """Number of the class into which a mark in [0, 1) falls; `cdf` ends with one."""
    for k in range(cdf.size - 1):
        if mark < cdf[k]:
            return k
    return cdf.size - 1


@compiled
def lasting_taste(stream: np.uint64, user: Integer, sd: np.float32) -> np.float32:
    """A person's taste for a platform, the same for life: ``sd z - sd ** 2 / 2``, not stored but drawn again."""
    taste: np.float32 = sd * near_normal(word(stream, user)) - _HALF * sd * sd
    return taste


@compiled_parallel
def buy(
    columns: Columns,
    offer: Offer,
    shops: Shops,
    behaviour: Behaviour,
    streams: DayStreams,
    day: Day,
    orders: F64,
    spending: F64,
    counts: F64,
    needs: F64,
    attention: F64,
    totals: F64,
) -> None:
    """Meet all needs.

    `orders` [chunks, 4 kinds, P + 1 origins, P] and `spending` [..., 2 groups] (RMB) receive expected orders and what
    is spent on them, `counts` [chunks, P, 4] buyers and fans, `needs` [chunks, 4] sums over needs (constants above).
    Visits and sessions are added to the sums of `attention.attend`, `attention` [chunks, P, 5], `totals` [chunks, 3].
    """
    for chunk in prange(chunk_count(columns.installed.size)):
        first, last = bounds(chunk, columns.installed.size)
        _buy(
            columns,
            offer,
            shops,
            behaviour,
            streams,
            day,
            orders[chunk],
            spending[chunk],
            counts[chunk],
            needs[chunk],
            attention[chunk],
            totals[chunk],
            first,
            last,
        )


@compiled
def _buy(
    columns: Columns,
    offer: Offer,
    shops: Shops,
    behaviour: Behaviour,
    streams: DayStreams,
    day: Day,
    book: F64,
    spent: F64,
    count: F64,
    need_sums: F64,
    sums: F64,
    totals: F64,
    first: Integer,
    last: Integer,
) -> None:
    needs_today, last_used, last_bought = columns.needs, columns.last_used, columns.last_bought
    loyalty, marks, installed = columns.loyalty, columns.marks, columns.installed
    content, shelf = columns.taste[0], columns.taste[1]
    impulse_origin, interest_origin = columns.impulse_origin, columns.interest_origin
    fan_merchant, fan_platform, fan_day = columns.fan_merchant, columns.fan_platform, columns.fan_day
    bonus, sells, sd = offer.bonus, offer.sells, offer.attachment_sd
    buyers_cdf, merchants = shops.buyers_cdf, shops.products.size
    platforms, slots, today = sells.size, fan_merchant.shape[0], day.number
    chances, feed_share = np.empty(platforms, np.float32), np.empty(platforms, np.float32)
    attachment = np.empty(platforms, np.float32)
    opened, holds = np.empty(platforms, np.uint8), np.empty(platforms, np.uint8)
    worth = np.empty(platforms, np.float32)
    book[:] = 0.0
    spent[:] = 0.0
    count[:] = 0.0
    need_sums[:] = 0.0
    for p in range(platforms):
        fade(loyalty[p, first:last], behaviour.loyalty_kept)
    for i in range(first, last):
        needs = int(needs_today[i])
        if needs == 0:
            continue
        for p in range(platforms):
            here = sells[p] != 0 and (installed[i] >> np.uint32(p)) & np.uint32(1) != 0
            holds[p] = np.uint8(here)
            opened[p] = np.uint8(here and last_used[p, i] == today)
            attachment[p] = behaviour.loyalty_weight * loyalty[p, i]
            if sd[p] > _ZERO:
                attachment[p] += lasting_taste(streams.attachment[p], i, sd[p])
        like_feed = exp32(behaviour.content_liking * content[i])
        like_shelf = exp32(behaviour.shelf_liking * shelf[i])
        income = level(behaviour.income_cdf, uniform(word(streams.income, i)))
        for draw in range(3 + slots):
            if not needs & (1 << draw):
                continue
            slot, kind = draw - KIND_REPEAT, min(draw, KIND_REPEAT)
            origin, tie = NOBODY, NOBODY
            if kind == KIND_IMPULSE:
                origin = int(impulse_origin[i])
            elif kind == KIND_RIPENED:
                origin = int(interest_origin[i])
            elif kind == KIND_REPEAT:
                if fan_merchant[slot, i] == NOBODY:
                    continue
                tie = int(fan_platform[slot, i])
            tier = level(day.tier_cdf[income], uniform(word(streams.tier[draw], i)))
            placed = float(behaviour.orders_per_need[kind])
            amount = placed * float(day.tier_amount[tier])
            for p in range(platforms):
                worth[p] = offer.tier_value[tier, p]
                if opened[p] == 0:
                    worth[p] -= behaviour.opening_cost
                if last_bought[p, i] == NEVER:
                    worth[p] -= behaviour.first_order_cost
            gain = nested_shares(
                chances,
                feed_share,
                holds if behaviour.opening != 0 and kind != KIND_IMPULSE else opened,
                worth,
                attachment,
                bonus[origin],
                offer.channel_value,
                like_feed,
                like_shelf,
                kind,
                tie,
                behaviour.repeat_bonus,
                behaviour.channel_nest,
                behaviour.platform_nest,
            )
            need_sums[NEEDS] += 1.0
            need_sums[WANTED] += amount
            if behaviour.price_weight > _ZERO:
                need_sums[SURPLUS] += amount * gain / behaviour.price_weight
            for p in range(platforms):
                need_sums[MET] += chances[p]
                booked = KIND_PLANNED if kind == KIND_REPEAT and p != tie else kind
                book[booked, origin, p] += placed * chances[p]
                spent[booked, origin, p, FEED] += amount * chances[p] * feed_share[p]
                spent[booked, origin, p, SHELF] += amount * chances[p] * (_ONE - feed_share[p])
            place = sample(chances, uniform(word(streams.choose[draw], i)))
            if place == NOBODY:
                continue
            visit(columns, day, behaviour.session, place, i, sums, totals)
            opened[place] = 1
            last_bought[place, i] = today
            marks[place, i] |= BOUGHT_THIS_MONTH
            loyalty[place, i] += behaviour.loyalty_step * (_ONE - loyalty[place, i])
            if place == tie:
                number = tie_number(i, int(fan_merchant[slot, i]), tie, merchants)
                dropout = quantile_of(behaviour.fan_dropouts, uniform(word(streams.fan_dropout_rate, number)))
                fan_day[slot, i] = today
                if uniform(word(streams.fan_dropout[slot], i)) < dropout:
                    fan_merchant[slot, i] = NOBODY
                    count[tie, LOST_FANS] += 1.0
                continue
            row = KIND_PLANNED if kind == KIND_REPEAT else kind
            makes = feed_share[place] * offer.fan_gain[row, FEED, place]
            makes += (_ONE - feed_share[place]) * offer.fan_gain[row, SHELF, place]
            if uniform(word(streams.become_fan[draw], i)) < makes:
                mark = float(uniform(word(streams.fan_merchant[draw], i)))
                merchant = np.searchsorted(buyers_cdf[place], mark, side="right")
                if merchant < merchants:
                    tie_up(fan_merchant[:, i], fan_platform[:, i], fan_day[:, i], merchant, place, today, count)
    for p in range(platforms):
        count_buyers(count[p], last_bought[p, first:last], today)
