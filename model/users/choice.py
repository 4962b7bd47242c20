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

A block's needs are met kind by kind, in the order in which a person's own needs come: who has one is collected first,
and what can be worked out for all of them at once is (`nested_logit`); only where an order went is written one by one.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from secondhalf.model.numba_kernels import Integer, bounds, chunk_count, compiled, compiled_parallel
from secondhalf.model.shapes import (
    F32,
    F64,
    FEED,
    I64,
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
from secondhalf.model.users.nested_logit import (
    OUT_OF_REACH,
    add_channels,
    add_lasting_taste,
    levels,
    liking,
    marks,
    nested_shares,
    sample,
)
from secondhalf.model.users.orders import become_fans, count_buyers, fade, order, order_at_home, visit
from secondhalf.model.users.storage import stock

_ZERO = np.float32(0.0)

NEEDS, WANTED, SURPLUS, MET = 0, 1, 2, 3
"""Entries of the sums over all needs: how many, RMB that they want to spend, consumer surplus in RMB, how many met."""


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
    platforms, size = offer.sells.size, last - first
    book[:] = 0.0
    spent[:] = 0.0
    count[:] = 0.0
    need_sums[:] = 0.0
    for p in range(platforms):
        fade(columns.loyalty[p, first:last], behaviour.loyalty_kept)
    busy = np.empty(size, np.int64)
    people = busy[: collect(busy, columns.needs, first, last)]
    attachment = np.zeros((platforms, people.size), np.float32)
    attached(attachment, columns, offer, behaviour, streams, people)
    like = np.empty((2, people.size), np.float32)
    liking(like[FEED], columns.taste[0], people, behaviour.content_liking * behaviour.taste_step[0])
    liking(like[SHELF], columns.taste[1], people, behaviour.shelf_liking * behaviour.taste_step[1])
    income, mark = np.empty(people.size, np.int64), np.empty(people.size, np.float32)
    marks(mark, streams.income, people)
    levels(income, behaviour.income_cdf, mark)
    members = np.empty(people.size, np.int64)
    for draw in range(3 + columns.fan_merchant.shape[0]):
        wanting = members[: select(members, columns, people, draw)]
        if wanting.size:
            _meet(
                columns,
                offer,
                shops,
                behaviour,
                streams,
                day,
                book,
                spent,
                count,
                need_sums,
                sums,
                totals,
                people,
                wanting,
                attachment,
                like,
                income,
                draw,
            )
    for p in range(platforms):
        count_buyers(count[p], columns.last_bought[p, first:last], day.number)


@compiled
def collect(people: I64, needs: U8, first: Integer, last: Integer) -> int:
    """Put users of a block who have a need into `people`; returns how many."""
    found = 0
    for i in range(first, last):
        people[found] = i
        found += needs[i] != 0
    return found


@compiled
def select(members: I64, columns: Columns, people: I64, draw: int) -> int:
    """Put into `members` who of `people` has need number `draw`; returns how many."""
    needs, bit, found = columns.needs, 1 << draw, 0
    if draw < KIND_REPEAT:
        for k in range(people.size):
            members[found] = k
            found += needs[people[k]] & bit != 0
    else:  # a tie that an order of today has ended leaves no need
        tied = columns.fan_merchant[draw - KIND_REPEAT]
        for k in range(people.size):
            members[found] = k
            found += (needs[people[k]] & bit != 0) & (tied[people[k]] != NOBODY)
    return found


@compiled
def attached(
    attachment: F32, columns: Columns, offer: Offer, behaviour: Behaviour, streams: DayStreams, people: I64
) -> None:
    """Fill `attachment` [P, people] with what ties a person to each platform that sells, as it is in the morning."""
    for p in range(attachment.shape[0]):
        if offer.sells[p] == 0:
            continue
        own, loyalty = attachment[p], columns.loyalty[p]
        for k in range(own.size):
            own[k] = behaviour.loyalty_weight * stock(loyalty[people[k]])
        if offer.attachment_sd[p] > _ZERO:
            add_lasting_taste(own, streams.attachment[p], people, offer.attachment_sd[p])


@compiled
def _meet(
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
    people: I64,
    wanting: I64,
    attachment: F32,
    like: F32,
    income: I64,
    draw: int,
) -> None:
    """Meet need number `draw` of those of `people` whose positions are in `wanting`."""
    platforms, size, kind = attachment.shape[0], wanting.size, min(draw, KIND_REPEAT)
    users, origin, tier = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    like_feed, like_shelf = np.empty(size, np.float32), np.empty(size, np.float32)
    mark, place, tie = np.empty(size, np.float32), np.empty(size, np.int64), np.empty(size, np.int64)
    for k in range(size):
        tie[k] = NOBODY
        users[k] = people[wanting[k]]
        like_feed[k] = like[FEED, wanting[k]]
        like_shelf[k] = like[SHELF, wanting[k]]
        origin[k] = NOBODY
    if kind == KIND_IMPULSE:
        for k in range(size):
            origin[k] = columns.impulse_origin[users[k]]
    elif kind == KIND_RIPENED:
        for k in range(size):
            origin[k] = columns.interest_origin[users[k]]
    elif kind == KIND_REPEAT:
        for k in range(size):
            tie[k] = columns.fan_platform[draw - KIND_REPEAT, users[k]]
    marks(mark, streams.tier[draw], users)
    for k in range(size):
        tier[k] = 0
    for g in range(day.tier_cdf.shape[1] - 1):
        for k in range(size):
            tier[k] += mark[k] >= day.tier_cdf[income[wanting[k]], g]
    chances, feed_share = np.empty((platforms, size), np.float32), np.zeros((platforms, size), np.float32)
    elsewhere = KIND_PLANNED if kind == KIND_REPEAT else kind
    opens = behaviour.opening != 0 and kind != KIND_IMPULSE
    for p in range(platforms):
        own = chances[p]
        if offer.sells[p] == 0:
            own[:] = OUT_OF_REACH
            continue
        for k in range(size):
            own[k] = offer.tier_value[tier[k], p] + attachment[p, wanting[k]] + offer.bonus[origin[k], p]
        if kind == KIND_REPEAT:
            for k in range(size):
                own[k] += behaviour.repeat_bonus if tie[k] == p else _ZERO
        value = offer.channel_value
        add_channels(
            own,
            feed_share[p],
            like_feed,
            like_shelf,
            tie,
            p,
            (value[elsewhere, FEED, p], value[kind, FEED, p]),
            (value[elsewhere, SHELF, p], value[kind, SHELF, p]),
            behaviour.channel_nest,
        )
        subtract_costs(own, columns, behaviour, users, p, day.number, opens)
    gain = np.empty(size, np.float32)
    nested_shares(chances, gain, behaviour.platform_nest)
    _book(book, spent, need_sums, behaviour, day, kind, origin, tie, tier, chances, feed_share, gain)
    marks(mark, streams.choose[draw], users)
    sample(place, chances, mark)
    visit(columns, day, behaviour.session, users, place, sums, totals)
    order(columns, behaviour, users, place, day.number)
    if kind == KIND_REPEAT:
        merchants = shops.products.size
        order_at_home(columns, behaviour, streams, draw - kind, users, place, day.number, merchants, count)
    become_fans(
        columns,
        offer.fan_gain[elsewhere],
        shops.buyers_cdf,
        streams.become_fan[draw],
        streams.fan_merchant[draw],
        users,
        place,
        tie,
        feed_share,
        day.number,
        count,
    )


@compiled
def subtract_costs(
    utility: F32, columns: Columns, behaviour: Behaviour, users: I64, p: int, today: Integer, opens: bool
) -> None:
    """Take the costs of opening the app and of a first order off the utilities at platform p.

    Without the app it is out of reach, and where the need cannot open one (`opens`) so is one that was not open today.
    """
    last_used, last_bought, installed = columns.last_used[p], columns.last_bought[p], columns.installed
    bit, first_order = np.uint32(1) << np.uint32(p), behaviour.first_order_cost
    opening = behaviour.opening_cost
    for k in range(utility.size):
        i = users[k]
        is_open = last_used[i] == today
        value = utility[k] - (_ZERO if is_open else opening) - (first_order if last_bought[i] == NEVER else _ZERO)
        reached = (installed[i] & bit != 0) & (is_open | opens) & (utility[k] != OUT_OF_REACH)
        utility[k] = value if reached else OUT_OF_REACH


@compiled
def _book(
    book: F64,
    spent: F64,
    need_sums: F64,
    behaviour: Behaviour,
    day: Day,
    kind: int,
    origin: I64,
    tie: I64,
    tier: I64,
    chances: F32,
    feed_share: F32,
    gain: F32,
) -> None:
    """Credit every platform with its probability of meeting each need; a repeat need away from its tie is planned."""
    placed = float(behaviour.orders_per_need[kind])
    elsewhere = KIND_PLANNED if kind == KIND_REPEAT else kind
    surplus = 1.0 / behaviour.price_weight if behaviour.price_weight > _ZERO else 0.0
    need_sums[NEEDS] += origin.size
    for k in range(origin.size):
        amount, met = placed * float(day.tier_amount[tier[k]]), 0.0
        need_sums[WANTED] += amount
        need_sums[SURPLUS] += amount * gain[k] * surplus
        for p in range(chances.shape[0]):
            chance = float(chances[p, k])
            met += chance
            by_feed = amount * chance * feed_share[p, k]
            row = KIND_REPEAT if p == tie[k] else elsewhere
            book[row, origin[k], p] += placed * chance
            spent[row, origin[k], p, FEED] += by_feed
            spent[row, origin[k], p, SHELF] += amount * chance - by_feed
        need_sums[MET] += met
