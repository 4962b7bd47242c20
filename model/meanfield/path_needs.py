"""Needs of the mean-field path: where a need is met on average, user by user, over tiers, the day's moods and origins.

The utilities are those of `users.choice`; what is drawn there is averaged over here. Of a user the path knows lasting
traits (tastes, class of income, rate of needs), the apps, who has ever ordered where, and means: loyalty, interest by
origin, ties to shops. Which apps are open is taken from each mood of the step, so that apps that open on the same days
do so here. One closure is made in this file: an app that an earlier need has opened on the same day counts as closed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from secondhalf.model.numba_kernels import compiled
from secondhalf.model.shapes import (
    F64,
    FEED,
    KIND_IMPULSE,
    KIND_PLANNED,
    KIND_REPEAT,
    KIND_RIPENED,
    SHELF,
    U32,
    Behaviour,
    Offer,
    UserValues,
)


class Wants(NamedTuple):
    """What may be needed on each of D days that have one offer."""

    planned: F64  # [D] planned needs of the mean person
    repeat: F64  # [D] factor on fans' rates
    tie_rates: F64  # [K, P] mean repeat needs a day of a tie, by class of ties and platform
    impulse: F64  # [N] chance of an impulse
    ripened: F64  # [N] chance of a ripened need
    tiers: F64  # [I, G] share of needs by class of income and tier
    amounts: F64  # [G] RMB
    online: F64  # [N] one for people online, else zero


class Means(NamedTuple):
    """Traits and mean states of users that needs depend on."""

    attachment: F64  # [P, N] lasting taste for a platform, zero mean and unit variance
    income: F64  # [N] class of income
    loyalty: F64  # [P, N]
    bought: F64  # [P, N] one where the person has ever ordered, else zero
    planted: F64  # [P, N] what a day plants, by origin
    interest: F64  # [P, N] stock, by origin
    ties: F64  # [K, P, N] ties to shops, by class and platform


class Bought(NamedTuple):
    """What the needs of each of the D days lead to, summed over users, and each user's rates."""

    orders: F64  # [D, 4, P + 1, P] as in `user_stages.Purchases`
    spending: F64  # [D, 4, P + 1, P, 2]
    needs: F64  # [D, 2] how many needs, and what they want to spend
    met: F64  # [D, P] needs that are met
    visits: F64  # [D, P] users for whom a need opens an app that was closed
    user_met: F64  # [P, N] needs met on a mean day
    user_none: F64  # [P, N] chance of no order on a mean day
    user_visit: F64  # [P, N] chance that a need opens the app on a day on which it is closed
    new_ties: F64  # [P, N] new ties on a mean day
    tie_met: F64  # [P, N] chance that a repeat need is met at its own platform


def nothing_bought(days: int, platforms: int, users: int) -> Bought:
    """Room for results."""
    p, n = platforms, users
    return Bought(
        np.zeros((days, 4, p + 1, p)),
        np.zeros((days, 4, p + 1, p, 2)),
        np.zeros((days, 2)),
        np.zeros((days, p)),
        np.zeros((days, p)),
        *(np.zeros((p, n)) for _ in range(5)),
    )


@compiled
def mean_shares(
    chances: F64,
    amounts: F64,
    factor: F64,
    tier_factor: F64,
    tiers: F64,
    amount: F64,
    shift: float,
    platform_nest: float,
) -> None:
    """Fill the chance that a need is met at each platform, and the RMB of a need that are, means over tiers.

    Parameters
    ----------
    chances, amounts
        receive the means, [P]
    factor
        ``exp(V / mu)`` without what depends on the tier, [P]; zero where the need cannot be met
    tier_factor
        ``exp(tier_value / mu)``, [G, P]
    tiers, amount
        share of each tier and its amount, [G]
    shift
        utility by which both factors together are relative
    """
    platforms, met = factor.size, np.empty(factor.size)
    chances[:] = 0.0
    amounts[:] = 0.0
    for g in range(tiers.size):
        total = 0.0
        for p in range(platforms):
            met[p] = factor[p] * tier_factor[g, p]
            total += met[p]
        if total <= 0.0:
            continue
        utility = platform_nest * np.log(total) + shift  # of buying, against zero of walking away
        part = tiers[g] / (1.0 + np.exp(-utility)) / total
        for p in range(platforms):
            chances[p] += part * met[p]
            amounts[p] += part * met[p] * amount[g]


@compiled
def meet_needs(
    columns: UserValues, means: Means, sets: U32, offer: Offer, behaviour: Behaviour, wants: Wants, bought: Bought
) -> None:
    """Meet the needs of some days under one offer; adds to the sums of `bought` and sets its means by user.

    `sets` [J, N] are the open apps of each user in each mood of the step, equally likely.
    """
    platforms, users = means.loyalty.shape
    days, mu = wants.planned.size, float(behaviour.platform_nest)
    level = float(offer.tier_value.max())
    tier_factor = np.exp((offer.tier_value.astype(np.float64) - level) / mu)
    origin_factor = np.exp(offer.bonus.astype(np.float64) / mu)  # [P + 1, P]; the last row: planted nowhere
    shut = np.exp(-float(behaviour.opening_cost) / mu) if behaviour.opening != 0 else 0.0
    tie_factor = np.exp(float(behaviour.repeat_bonus) / mu)
    base, reach = np.empty(platforms), np.empty(platforms)
    channel, feed = np.empty((4, platforms)), np.empty((4, platforms))
    factor, chances, amounts = np.empty(platforms), np.empty(platforms), np.empty(platforms)
    # Rows of origins: where impulses and ripened needs were planted, or the platform of a tie.
    shares, money = np.empty((4, platforms + 1, platforms)), np.empty((4, platforms + 1, platforms))
    planned, ties, chance = np.empty(days), np.empty(platforms), np.empty((4, platforms + 1))
    others, met = np.empty(platforms), np.empty(platforms)
    distinct, weight = np.empty(sets.shape[0], np.uint32), np.empty(sets.shape[0])
    mean_repeat = wants.repeat.mean()
    for i in range(users):
        for p in range(platforms):
            bought.user_none[p, i] = 1.0
        if wants.online[i] == 0.0:
            continue
        income = int(means.income[i])
        highest = _base(base, columns, means, offer, behaviour, i)
        _channels(channel, feed, columns, offer, behaviour, i)
        for p in range(platforms):
            ties[p] = 0.0
            for k in range(wants.tie_rates.shape[0]):
                ties[p] += means.ties[k, p, i] * (1.0 - np.exp(-wants.tie_rates[k, p] * mean_repeat))
        for d in range(days):
            planned[d] = 1.0 - np.exp(-float(columns.need_rate[i]) * wants.planned[d])
        chance[:] = 0.0
        chance[KIND_PLANNED, platforms] = planned.mean()
        _by_origin(chance[KIND_IMPULSE], means.planted, wants.impulse[i], i)
        _by_origin(chance[KIND_RIPENED], means.interest, wants.ripened[i], i)
        chance[KIND_REPEAT, :platforms] = ties
        shares[:] = 0.0
        money[:] = 0.0
        kinds = _distinct(distinct, weight, sets, i)
        for j in range(kinds):
            others[:] = 1.0
            for p in range(platforms):
                opened = distinct[j] & (np.uint32(1) << np.uint32(p)) != 0
                reach[p] = base[p] * (1.0 if opened else shut)
            for kind in (KIND_IMPULSE, KIND_RIPENED, KIND_REPEAT, KIND_PLANNED):
                met[:] = 0.0
                chances[:] = 0.0
                row = KIND_PLANNED if kind == KIND_REPEAT else kind
                for origin in range(platforms + 1):
                    if chance[kind, origin] <= 0.0:
                        continue
                    for p in range(platforms):
                        closed = distinct[j] & (np.uint32(1) << np.uint32(p)) == 0
                        factor[p] = 0.0 if kind == KIND_IMPULSE and closed else reach[p] * channel[row, p]
                        if kind != KIND_REPEAT:
                            factor[p] *= origin_factor[origin, p]
                    if kind == KIND_REPEAT:
                        factor[origin] = reach[origin] * channel[KIND_REPEAT, origin] * tie_factor
                    mean_shares(
                        chances, amounts, factor, tier_factor, wants.tiers[income], wants.amounts,
                        level + highest, mu
                    )  # fmt: skip
                    for p in range(platforms):
                        shares[kind, origin, p] += weight[j] * chances[p]
                        money[kind, origin, p] += weight[j] * amounts[p]
                        met[p] += chance[kind, origin] * chances[p]
                if kind == KIND_PLANNED:
                    break
                for p in range(platforms):  # of one kind there is one need a day, but as many repeat needs as ties
                    others[p] *= np.exp(-met[p]) if kind == KIND_REPEAT else 1.0 - met[p]
            for p in range(platforms):
                opened = distinct[j] & (np.uint32(1) << np.uint32(p)) != 0
                some = weight[j] * (1.0 - others[p] * (1.0 - met[p]))
                bought.user_none[p, i] -= some
                if not opened:
                    bought.user_visit[p, i] += some
                    for d in range(days):
                        bought.visits[d, p] += weight[j] * (1.0 - others[p] * (1.0 - planned[d] * chances[p]))
        _book(bought, i, income, shares, money, feed, chance, planned, behaviour, offer, wants)


@compiled
def _base(base: F64, columns: UserValues, means: Means, offer: Offer, behaviour: Behaviour, i: int) -> float:
    """Fill ``exp(V / mu)`` of what a platform is to a person, relative to the highest V, which is returned."""
    platforms, mu = base.size, float(behaviour.platform_nest)
    highest = -np.inf
    for p in range(platforms):
        sd = float(offer.attachment_sd[p])
        base[p] = float(behaviour.loyalty_weight) * means.loyalty[p, i] + sd * means.attachment[p, i] - sd * sd / 2
        base[p] -= (1.0 - means.bought[p, i]) * float(behaviour.first_order_cost)
        highest = max(highest, base[p])
    for p in range(platforms):
        holds = offer.sells[p] != 0 and (columns.installed[i] >> np.uint32(p)) & np.uint32(1) != 0
        base[p] = np.exp((base[p] - highest) / mu) if holds else 0.0
    return highest


@compiled
def _channels(channel: F64, feed: F64, columns: UserValues, offer: Offer, behaviour: Behaviour, i: int) -> None:
    """Fill ``exp(lambda I / mu)`` of the channels of each platform by kind of need, and the feed's share of them."""
    power = float(behaviour.channel_nest) / float(behaviour.platform_nest)
    like_feed = np.exp(float(behaviour.content_liking * columns.taste[0, i]))
    like_shelf = np.exp(float(behaviour.shelf_liking * columns.taste[1, i]))
    for row in range(4):
        for p in range(channel.shape[1]):
            by_feed = like_feed * float(offer.channel_value[row, FEED, p])
            both = by_feed + like_shelf * float(offer.channel_value[row, SHELF, p])
            channel[row, p] = both**power if both > 0.0 else 0.0
            feed[row, p] = by_feed / both if both > 0.0 else 0.0


@compiled
def _by_origin(chance: F64, planted: F64, total_chance: float, i: int) -> None:
    """Divide the chance of a need by what each origin has planted."""
    total = 0.0
    for origin in range(planted.shape[0]):
        total += planted[origin, i]
    for origin in range(planted.shape[0]):
        chance[origin] = total_chance * planted[origin, i] / total if total > 0.0 else 0.0


@compiled
def _distinct(distinct: U32, weight: F64, sets: U32, i: int) -> int:
    """Fill the different sets of open apps of a user and their shares; returns how many there are."""
    count, moods = 0, sets.shape[0]
    for j in range(moods):
        at = count
        for other in range(count):
            if distinct[other] == sets[j, i]:
                at = other
        if at == count:
            distinct[at], weight[at] = sets[j, i], 0.0
            count += 1
        weight[at] += 1.0 / moods
    return count


@compiled
def _book(
    bought: Bought,
    i: int,
    income: int,
    shares: F64,
    money: F64,
    feed: F64,
    chance: F64,
    planned: F64,
    behaviour: Behaviour,
    offer: Offer,
    wants: Wants,
) -> None:
    """Enter a user's needs into the sums of each day, and set the user's own rates."""
    platforms, days = feed.shape[1], planned.size
    mean_repeat = wants.repeat.mean()
    wanted = 0.0
    for g in range(wants.amounts.size):
        wanted += wants.tiers[income, g] * wants.amounts[g]
    for kind in range(4):
        placed = float(behaviour.orders_per_need[kind])
        for origin in range(platforms + 1):
            if chance[kind, origin] <= 0.0:
                continue
            planted = platforms if kind == KIND_REPEAT else origin
            for d in range(days):
                today = chance[kind, origin]
                if kind == KIND_PLANNED:
                    today = planned[d]
                elif kind == KIND_REPEAT:
                    today *= wants.repeat[d] / mean_repeat
                bought.needs[d, 0] += today
                bought.needs[d, 1] += today * placed * wanted
                for p in range(platforms):
                    row = KIND_PLANNED if kind == KIND_REPEAT and p != origin else kind
                    spent = today * placed * money[kind, origin, p]
                    bought.met[d, p] += today * shares[kind, origin, p]
                    bought.orders[d, row, planted, p] += today * placed * shares[kind, origin, p]
                    bought.spending[d, row, planted, p, FEED] += spent * feed[row, p]
                    bought.spending[d, row, planted, p, SHELF] += spent * (1.0 - feed[row, p])
            for p in range(platforms):
                here = chance[kind, origin] * shares[kind, origin, p]
                bought.user_met[p, i] += here
                if kind == KIND_REPEAT and p == origin:
                    bought.tie_met[p, i] = shares[kind, origin, p]
                    continue
                row = KIND_PLANNED if kind == KIND_REPEAT else kind
                makes = feed[row, p] * float(offer.fan_gain[row, FEED, p])
                makes += (1.0 - feed[row, p]) * float(offer.fan_gain[row, SHELF, p])
                bought.new_ties[p, i] += here * makes
