"""Needs (stage 5): selling content plants interest, and shopping needs arise.

Yesterday's minutes in selling content plant ``minutes_p * seeding_p``. Interest decays and remembers one origin,
re-drawn in proportion to what each source has left in it. Four kinds of need arrive: planned ones (a personal rate),
impulses (hazard proportional to what was planted yesterday), ripened interest (hazard proportional to the stock), and
repeat purchases of fans (buy-till-you-die, BG/NBD: a tie has a gamma rate and dies after an order with a beta
probability; Fader, Hardie and Lee 2005), speeded by the shop's own broadcasts and slowed when nothing on sale is new to
the fan.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from secondhalf.conf.schema.vocabulary import MAX_PLATFORMS
from secondhalf.model.numba_kernels import Integer, bounds, chunk_count, compiled, compiled_parallel
from secondhalf.model.random_streams import uniform, word
from secondhalf.model.shapes import (
    F32,
    I8,
    I64,
    NEED_IMPULSE,
    NEED_PLANNED,
    NEED_REPEAT,
    NEED_RIPENED,
    NOBODY,
    U16,
    Behaviour,
    Columns,
    Day,
    DayStreams,
    Offer,
    Shops,
)
from secondhalf.model.users.adoption import events, happens, probability
from secondhalf.model.users.storage import positive, read_positives

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@compiled
def tie_number(user: int, merchant: int, platform: int, merchants: int) -> int:
    """Position of a fan tie in the streams of tie traits."""
    return (user * merchants + merchant) * MAX_PLATFORMS + platform


@compiled
def quantile_of(table: F32, share: np.float32) -> np.float32:
    """A draw from the distribution whose equally likely values are in `table`."""
    value: np.float32 = table[int(share * np.float32(table.size))]
    return value


@compiled
def freshness(days_since: Integer, products: np.float32, fresh_days: Integer) -> np.float32:
    """Share of a shop's products that are new to a fan: all, or all but the one bought within `fresh_days`."""
    if days_since > fresh_days:
        return _ONE
    return _ONE - _ONE / max(products, _ONE)


@compiled_parallel
def arise(columns: Columns, offer: Offer, shops: Shops, behaviour: Behaviour, streams: DayStreams, day: Day) -> None:
    """Plant yesterday's interest and draw today's needs into `needs` and `impulse_origin`."""
    for chunk in prange(chunk_count(columns.installed.size)):
        first, last = bounds(chunk, columns.installed.size)
        _arise(columns, offer, shops, behaviour, streams, day, first, last)


@compiled
def _arise(
    columns: Columns,
    offer: Offer,
    shops: Shops,
    behaviour: Behaviour,
    streams: DayStreams,
    day: Day,
    first: Integer,
    last: Integer,
) -> None:
    block, size = slice(first, last), last - first
    needs, online_from, need_rate = columns.needs[block], columns.online_from[block], np.empty(size, np.float32)
    read_positives(need_rate, columns.need_rate[block])
    stock, impulse_origin = columns.interest[block], columns.impulse_origin[block]
    minutes, seeding = columns.minutes, offer.seeding
    hazard, who = np.empty(size, np.float32), np.empty(size, np.int64)
    planted, mark = np.empty(size, np.float32), np.empty(size, np.float32)
    for j in range(size):
        needs[j] = 0
        impulse_origin[j] = NOBODY
        planted[j] = _ZERO
    for p in range(seeding.size):
        if seeding[p] > _ZERO:
            plant(planted, minutes[p, block], seeding[p])
    add_interest(mark, stock, planted, behaviour.interest_kept, streams.plant, first)
    anew = 0
    for j in range(size):
        who[anew] = j
        anew += mark[j] >= _ZERO
    planted_where(columns.interest_origin, minutes, seeding, who[:anew], mark, first)
    for j in range(size):
        hazard[j] = behaviour.impulse_rate * planted[j]
    for _ in range(behaviour.impulse_power):
        for j in range(size):
            hazard[j] *= need_rate[j]
    impulses = who[: events(who, hazard, streams.impulse, first)]
    for k in range(impulses.size):
        j = impulses[k]
        needs[j] |= NEED_IMPULSE
        # Given that it happened, the draw is even below the probability: it says where, too.
        mark[j] = uniform(word(streams.impulse, first + j)) / probability(hazard[j]) * planted[j]
    planted_where(columns.impulse_origin, minutes, seeding, impulses, mark, first)
    for j in range(size):
        hazard[j] = need_rate[j] * day.planned if online_from[j] <= day.number else _ZERO
    for k in range(events(who, hazard, streams.planned, first)):
        needs[who[k]] |= NEED_PLANNED
    for j in range(size):
        hazard[j] = behaviour.ripening_rate * stock[j]
    for k in range(events(who, hazard, streams.ripened, first)):
        needs[who[k]] |= NEED_RIPENED
        stock[who[k]] *= _ONE - behaviour.ripened_share
    _fans_return(columns, shops, behaviour, streams, day, who, first)


@compiled
def plant(planted: F32, minutes: U16, seeding: np.float32) -> None:
    """Add what yesterday's minutes on a platform planted in each user of a block."""
    for j in range(planted.size):
        planted[j] += positive(minutes[j]) * seeding


@compiled
def add_interest(mark: F32, stock: F32, planted: F32, kept: np.float32, stream: np.uint64, first: Integer) -> None:
    """Let the stock decay and take in what was planted; `mark` receives for whom and where the origin is drawn anew.

    The new origin is the platform at which the running sum of what was planted passes the mark; a mark below zero fell
    on the old stock, which keeps its origin.
    """
    for j in range(stock.size):
        left = stock[j] * kept
        drawn = uniform(word(stream, first + j)) * (left + planted[j]) - left
        mark[j] = drawn if planted[j] > _ZERO else -_ONE
        stock[j] = left + planted[j]


@compiled
def _fans_return(
    columns: Columns, shops: Shops, behaviour: Behaviour, streams: DayStreams, day: Day, who: I64, first: Integer
) -> None:
    """Draw the repeat needs of fan ties of a block, with space for it in `who`; who is not online has none."""
    needs, today = columns.needs, day.number
    reach, products, fan_rates = shops.reach, shops.products, behaviour.fan_rates
    for f in range(columns.fan_merchant.shape[0]):
        merchants, platforms, days = columns.fan_merchant[f], columns.fan_platform[f], columns.fan_day[f]
        stream, bit = streams.repeat[f], NEED_REPEAT << f
        found = 0
        for j in range(who.size):
            who[found] = first + j
            found += merchants[first + j] != NOBODY
        for k in range(found):
            i = who[k]
            merchant, platform = int(merchants[i]), int(platforms[i])
            tie = tie_number(i, merchant, platform, products.size)
            rate = quantile_of(fan_rates, uniform(word(streams.fan_rate, tie)))
            rate *= reach[platform, merchant] * day.repeat
            rate *= freshness(today - days[i], products[merchant], behaviour.fresh_days)
            if happens(uniform(word(stream, i)), rate):
                needs[i] |= bit


@compiled
def planted_where(origin: I8, minutes: U16, seeding: F32, who: I64, mark: F32, first: Integer) -> None:
    """Note in `origin` at which platform the running sum of what users of a block met yesterday passes `mark`."""
    for k in range(who.size):
        i = first + who[k]
        total, last = _ZERO, NOBODY
        for p in range(seeding.size):
            planted = positive(minutes[p, i]) * seeding[p]
            if planted > _ZERO:
                last = p
                total += planted
                if mark[who[k]] < total:
                    break
        origin[i] = last
