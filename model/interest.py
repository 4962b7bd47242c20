"""Stage 5: selling content plants interest; needs arrive.

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

from secondhalf.model.adoption import happens, probability
from secondhalf.model.columns import (
    F32,
    MAX_PLATFORMS,
    NEED_IMPULSE,
    NEED_PLANNED,
    NEED_REPEAT,
    NEED_RIPENED,
    NOBODY,
    Behaviour,
    Columns,
    Day,
    Offer,
    Shops,
    Streams,
)
from secondhalf.model.compiled import Integer, bounds, chunk_count, compiled, compiled_parallel
from secondhalf.model.streams import uniform, word

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
def arise(columns: Columns, offer: Offer, shops: Shops, behaviour: Behaviour, streams: Streams, day: Day) -> None:
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
    streams: Streams,
    day: Day,
    first: Integer,
    last: Integer,
) -> None:
    online_from, need_rate, needs, minutes = columns.online_from, columns.need_rate, columns.needs, columns.minutes
    interest, interest_origin, impulse_origin = columns.interest, columns.interest_origin, columns.impulse_origin
    fan_merchant, fan_platform, fan_day = columns.fan_merchant, columns.fan_platform, columns.fan_day
    reach, products, fan_rates = shops.reach, shops.products, behaviour.fan_rates
    seeding, repeat_stream = offer.seeding, streams.repeat
    today, merchants = day.number, products.size
    for i in range(first, last):
        needs[i] = 0
        impulse_origin[i] = NOBODY
        if online_from[i] > today:
            continue
        arrived = 0
        planted = _ZERO
        for p in range(seeding.size):
            planted += minutes[p, i] * seeding[p]
        stock = interest[i] * behaviour.interest_kept
        if planted > _ZERO:
            mark = uniform(word(streams.plant, i)) * (stock + planted) - stock
            if mark >= _ZERO:
                interest_origin[i] = planted_where(minutes, seeding, i, mark)
            stock += planted
            hazard = behaviour.impulse_rate * planted
            draw = uniform(word(streams.impulse, i))
            if happens(draw, hazard):
                arrived |= NEED_IMPULSE
                impulse_origin[i] = planted_where(minutes, seeding, i, draw / probability(hazard) * planted)
        if happens(uniform(word(streams.planned, i)), need_rate[i] * day.planned):
            arrived |= NEED_PLANNED
        if happens(uniform(word(streams.ripened, i)), behaviour.ripening_rate * stock):
            arrived |= NEED_RIPENED
            stock *= _ONE - behaviour.ripened_share
        interest[i] = stock
        for f in range(fan_merchant.shape[0]):
            merchant = int(fan_merchant[f, i])
            if merchant == NOBODY:
                continue
            platform = int(fan_platform[f, i])
            tie = tie_number(i, merchant, platform, merchants)
            rate = quantile_of(fan_rates, uniform(word(streams.fan_rate, tie)))
            rate *= reach[platform, merchant] * day.repeat
            rate *= freshness(today - fan_day[f, i], products[merchant], behaviour.fresh_days)
            if happens(uniform(word(repeat_stream[f], i)), rate):
                arrived |= NEED_REPEAT << f
        needs[i] = arrived


@compiled
def planted_where(minutes: F32, seeding: F32, i: int, mark: np.float32) -> int:
    """The platform at which the running sum of what user i met yesterday passes `mark`."""
    total = _ZERO
    last = NOBODY
    for p in range(seeding.size):
        planted = minutes[p, i] * seeding[p]
        if planted > _ZERO:
            last = p
            total += planted
            if mark < total:
                break
    return last
