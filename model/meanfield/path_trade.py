"""Trade of the mean-field path: what users carry of it from step to step, as means.

Loyalty, interest by origin and ties to shops are the means of a user's own distribution, moved by the mean rates of the
latest step. A user becomes a buyer of a platform when the cumulated hazard of a first order passes an own threshold, as
apps are installed in `path_users`. Ties come in classes of equally likely rates and dropouts, so that those that last
are the ones that seldom die; which merchants they lead to is averaged over. Merchants do not react: what they offer
comes from a run of the market (`TradeState`).

Closures: a user's loyalty and ties do not vary by luck, days are independent where buyers of a month are counted,
an app opened by an earlier need of the day counts as closed, and a session is never cut short. Without loyalty, ties
and interest the sums of a day are those of infinitely many users.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from secondhalf.model.meanfield.path_needs import Bought, Means, Wants, meet_needs, nothing_bought
from secondhalf.model.meanfield.path_users import LEAST_CLOSED, EvenUsers, chance_of_none
from secondhalf.model.meanfield.quadrature import near_normal_quantile
from secondhalf.model.shapes import F64, NEVER, Behaviour, Day, Offer, Shops
from secondhalf.model.supply.sales import Trade
from secondhalf.model.users.orders import BUYER_MONTH, BUYER_YEAR

RATES, DROPOUTS = 6, 3
"""Classes of ties: equally likely rates, and for each equally likely chances to end with an order."""
_LOADS = np.concatenate([np.linspace(0.0, 4.0, 200), np.geomspace(4.1, 400.0, 100)])
"""Offered loads at which ties per person and the chance that all slots are full are tabled."""


class TradeState(NamedTuple):
    """State of merchants' trade in a run, and the first day that it stands for; that of the first is 0."""

    since: int
    trade: Trade
    shops: Shops


class Ties(NamedTuple):
    """What ties do under one state of trade."""

    rates: F64  # [K, P] mean repeat needs a day, out of season
    dropouts: F64  # [K] chance that an order at the shop is the last
    same_shop: F64  # [P] chance that two orders are at the same shop


def ties_of(shops: Shops, behaviour: Behaviour) -> Ties:
    """Means over merchants by their share of orders.

    A tie whose last order is younger than `fresh_days` has the rate ``a = r (1 - 1 / products)`` and later r: one over
    the mean time to the next order is ``1 / ((1 - exp(-a F)) / a + exp(-a F) / r)``.
    """
    rate = np.array([part.mean() for part in np.array_split(behaviour.fan_rates.astype(float), RATES)])
    dropout = np.array([part.mean() for part in np.array_split(behaviour.fan_dropouts.astype(float), DROPOUTS)])
    share = np.diff(shops.buyers_cdf, axis=1, prepend=0.0)  # [P, M]
    full = np.maximum(rate[:, None, None] * shops.reach.astype(float), 1e-12)  # [R, P, M]
    slowed = full * (1 - 1 / np.maximum(shops.products.astype(float), 1.0))
    fresh = float(behaviour.fresh_days)
    survives = np.exp(-slowed * fresh)
    until = np.where(slowed > 0, -np.expm1(-slowed * fresh) / np.maximum(slowed, 1e-300), fresh)
    renewed = ((1 / (until + survives / full)) * share).sum(axis=2)  # [R, P]
    return Ties(np.repeat(renewed, DROPOUTS, axis=0), np.tile(dropout, RATES), np.square(share).sum(axis=1))


def full_slots(slots: int) -> tuple[F64, F64]:
    """Mean number of ties a person and the chance that all slots are taken, at each of `_LOADS` (Erlang's loss)."""
    powers = np.cumprod(np.concatenate([[np.ones_like(_LOADS)], _LOADS / np.arange(1, slots + 1)[:, None]]), axis=0)
    full = powers[-1] / powers.sum(axis=0)
    return np.asarray(_LOADS * (1 - full)), np.asarray(full)


class TradeDays(NamedTuple):
    """Days of a step that have one offer."""

    offer: Offer
    days: Sequence[Day]


class EvenTrade:
    """Trade of the path's users.

    Parameters
    ----------
    users
        whose apps, minutes and open apps are read; visits are handed back to them
    step_days
        length of a step; orders are remembered for a year
    """

    def __init__(self, users: EvenUsers, step_days: int) -> None:
        self.users, self.behaviour = users, users.population.behaviour
        columns = self.columns = users.values
        platforms, count = columns.habit.shape
        even = users.population.more(2 * platforms + 1)
        attachment, income, to_buy = np.split(even, [platforms, platforms + 1])
        classes = RATES * DROPOUTS
        self.means = Means(
            attachment=near_normal_quantile(attachment),
            income=np.searchsorted(self.behaviour.income_cdf[:-1], income[0], side="right").astype(float),
            loyalty=np.zeros((platforms, count)),
            bought=(columns.last_bought != NEVER).astype(float),
            planted=np.zeros((platforms, count)),
            interest=np.zeros((platforms, count)),
            ties=np.zeros((classes, platforms, count)),
        )
        self._threshold, self._hazard = -np.log(to_buy), np.zeros((platforms, count))
        self._before = columns.last_bought.copy()
        remembered = -(-BUYER_YEAR // step_days)
        self._lengths = [step_days] * remembered
        self._unbought = np.zeros((remembered, platforms, count), np.float32)
        self._slots = columns.fan_merchant.shape[0]
        self._taken = full_slots(self._slots)
        self._rates: Bought | None = None
        self._ties: Ties | None = None

    def advance(self, days: int) -> None:
        """Carry loyalty, interest, ties and first orders over `days` days at the rates of the latest step."""
        if self._rates is None:
            return
        self._first_orders(days)
        behaviour, means, rates = self.behaviour, self.means, self._rates
        fed = np.minimum(float(behaviour.loyalty_step) * rates.user_met, 1.0)
        kept = float(behaviour.loyalty_kept) * (1 - fed)
        rest = fed / np.maximum(1 - kept, 1e-12)
        means.loyalty[:] = rest + (means.loyalty - rest) * kept**days
        for _ in range(days):
            means.interest[:] = means.interest * float(behaviour.interest_kept) + means.planted
            means.interest[:] *= 1 - float(behaviour.ripened_share) * self._ripened()
        self._carry_ties(days)

    def meet(self, step: Sequence[TradeDays], ties: Ties, today: int, stands_for: int) -> list[Bought]:
        """Meet the needs of a step's days; returns those of each of its parts.

        Parameters
        ----------
        ties
            under the state of trade of the step
        today
            number of the day by whose people online all days are judged
        stands_for
            days that the mean of these days stands for
        """
        columns, means, behaviour = self.columns, self.means, self.behaviour
        platforms, users = means.loyalty.shape
        length = sum(len(part.days) for part in step)
        session = 0.0 if self._rates is None else float(behaviour.session) * self._rates.user_met
        minutes = columns.minutes.astype(float) + session
        online = (columns.online_from <= today).astype(float)
        eager = float(behaviour.impulse_rate) * columns.need_rate.astype(float) ** int(behaviour.impulse_power)
        whole, planted = nothing_bought(0, platforms, users), np.zeros((platforms, users))
        found = []
        for part in step:
            bought = nothing_bought(len(part.days), platforms, users)
            means.planted[:] = minutes * part.offer.seeding[:, None]
            wants = Wants(
                planned=np.array([day.planned for day in part.days], float),
                repeat=np.array([day.repeat for day in part.days], float),
                tie_rates=ties.rates,
                impulse=-np.expm1(-eager * means.planted.sum(axis=0)),
                ripened=self._ripened(),
                tiers=np.diff(part.days[0].tier_cdf.astype(float), axis=1, prepend=0.0),
                amounts=part.days[0].tier_amount.astype(float),
                online=online,
            )
            meet_needs(columns, means, self.users.carried.sets, part.offer, behaviour, wants, bought)
            weight = len(part.days) / length
            planted += weight * means.planted
            for name in ("user_met", "user_none", "user_visit", "new_ties", "tie_met"):
                getattr(whole, name)[:] += weight * getattr(bought, name)
            found.append(bought)
        means.planted[:] = planted
        self._rates, self._ties = whole, ties
        self._remember(stands_for)
        return found

    def none_within(self, window: int, today: int) -> F64:
        """Chance of no order at each platform in the latest `window` days, [P, N]."""
        before = (self._before != NEVER) & (today - self._before.astype(int) < window)
        return np.asarray(chance_of_none(self._unbought, self._lengths, window) * ~before, float)

    def buyers(self, today: int) -> tuple[F64, F64]:
        """Users who ordered within 30 and within 365 days, [P] each."""
        month, year = (1 - self.none_within(window, today) for window in (BUYER_MONTH, BUYER_YEAR))
        return month.sum(axis=1), year.sum(axis=1)

    def _ripened(self) -> F64:
        return np.asarray(-np.expm1(-float(self.behaviour.ripening_rate) * self.means.interest.sum(axis=0)))

    def _remember(self, length: int) -> None:
        """Note the chance of no order over the step; who has never ordered has none until the threshold is passed."""
        assert self._rates is not None
        none = np.log(np.maximum(self._rates.user_none, LEAST_CLOSED))
        self._unbought[1:] = self._unbought[:-1].copy()
        self._unbought[0] = length * none * self.means.bought
        self._lengths = [length, *self._lengths[:-1]]
        open_sets = self.users.carried.sets[None] >> np.arange(len(none), dtype=np.uint32)[:, None, None] & 1
        closed = 1 - open_sets.mean(axis=1)
        self.users.visited(np.divide(self._rates.user_visit, closed, out=np.zeros_like(closed), where=closed > 0))

    def _first_orders(self, days: int) -> None:
        assert self._rates is not None
        new = self.means.bought == 0
        self._hazard -= days * np.log(np.maximum(self._rates.user_none, LEAST_CLOSED)) * new
        new &= self._hazard > self._threshold
        self.means.bought[new] = 1.0
        self._unbought[0][new] = np.log(LEAST_CLOSED)

    def _carry_ties(self, days: int) -> None:
        """Ties arise, end with an order, and make room for others where all slots are taken."""
        rates, ties, means = self._rates, self._ties, self.means
        assert rates is not None
        assert ties is not None
        of_platform = means.ties.sum(axis=0)
        count = of_platform.sum(axis=0)
        gain = rates.new_ties * np.maximum(1 - of_platform * ties.same_shop[:, None], 0.0)
        arrivals = gain.sum(axis=0)
        asked = -np.expm1(-ties.rates)[:, :, None] * rates.tie_met
        # The tie whose last order is oldest makes room: of two with exponential ages, in proportion to the mean ages.
        age = 1 / np.maximum(asked + arrivals / self._slots, 1e-9)
        ages = np.maximum((means.ties * age).sum(axis=(0, 1)), 1e-9)
        pushed = arrivals * np.interp(count, *self._taken) / ages * age
        leaves = np.maximum(asked * ties.dropouts[:, None, None] + pushed, 1e-9)
        left = np.exp(-leaves * days)
        means.ties[:] = means.ties * left + gain / len(leaves) * (1 - left) / leaves
        most = np.maximum(means.ties.sum(axis=(0, 1)) / self._slots, 1.0)
        means.ties[:] /= most
