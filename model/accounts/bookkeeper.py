"""Bookkeeper: turns the day's sums over users into accounts in real units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.platform import Platform
from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.model.accounts.day_book import DayBook
from secondhalf.model.supply.sales import Trade
from secondhalf.model.users.attention import ACTIVE, BUDGET, INSTALLED, MINUTES, MONTHLY, MULTI_HOMING, ONLINE, SHOPPING
from secondhalf.model.users.choice import MET, NEEDS, SURPLUS, WANTED
from secondhalf.model.users.orders import ANNUAL_BUYERS, MONTHLY_BUYERS
from secondhalf.model.users.user_stages import Purchases

Array = NDArray[np.float64]
MINUTES_AN_HOUR = 60.0


class Bookkeeper:
    """Holds prices and the weight of a user; writes one `DayBook` a day, at the rates that platforms have then."""

    def __init__(self, settings: MarketSettings, platforms: list[Platform], people_per_user: float) -> None:
        self.platforms = platforms
        self.weight = people_per_user
        channels = settings.channels.values()
        self.kept = np.array([channel.paid_share * (1 - channel.return_rate) for channel in channels])  # [C]
        catalogue = list(settings.capability.values())
        gain = np.array([c.leisure_gain for c in catalogue])
        pools = np.array([[name in c.opens for c in catalogue] for name in CHANNELS], float)
        single = pools.sum(axis=0)
        pools[:, single == len(CHANNELS)] = 0.0  # a storefront is no place to stay in
        self.pool_gain = pools / np.maximum(single, 1) * gain  # [C, capability]

    def book(
        self,
        attention: tuple[Array, Array],
        purchases: Purchases,
        trade: Trade,
        channel_share: Array,
        basket: float,
        price: Array,
        launch_cost: Array,
    ) -> DayBook:
        """The day's books.

        Parameters
        ----------
        attention
            sums of `attention.attend`: by platform [P, 5] and over all [3]
        purchases
            sums of `choice.buy`
        basket
            factor of today's festivals on what is spent on a need
        price
            price of goods on each platform relative to one without subsidies, [P]
        launch_cost
            RMB spent on today's moves, [P]
        """
        w = self.weight
        people, totals = np.ascontiguousarray(attention[0].T) * w, (attention[1] * w).tolist()
        spending = purchases.spending * (w * basket)
        orders = purchases.orders * w
        sales = trade.book(spending, orders, channel_share)
        needs = (purchases.needs * w).tolist()
        platform_gmv = sales.cell_gmv.sum(axis=1)
        minutes, shopping = people[MINUTES], people[SHOPPING]
        buyers = np.ascontiguousarray(purchases.buyers.T) * w
        running = self.platforms[0].capabilities.running_cost()
        # Goods of list value v / price are sold for v; the platform pays the rest.
        subsidies = platform_gmv * (1 / price - 1)
        take_rate, ad_take, ad_yield = np.array([[p.take_rate, p.ad_take, p.ad_yield] for p in self.platforms]).T
        return DayBook(
            installed=people[INSTALLED],
            active=people[ACTIVE],
            monthly=people[MONTHLY],
            minutes=minutes,
            shopping_minutes=shopping,
            online=totals[ONLINE],
            phone_minutes=totals[BUDGET],
            multi_homing=totals[MULTI_HOMING],
            needs=needs[NEEDS],
            needs_met=needs[MET],
            wanted=needs[WANTED] * basket,
            consumer_surplus=needs[SURPLUS] * basket,
            orders=orders,
            gmv=sales.gmv,
            cells=sales.cells,
            cell_gmv=sales.cell_gmv,
            cell_orders=sales.cell_orders,
            net_gmv=sales.cell_gmv * self.kept,
            monthly_buyers=buyers[MONTHLY_BUYERS],
            annual_buyers=buyers[ANNUAL_BUYERS],
            commission=platform_gmv * take_rate,
            ad_revenue=minutes * (ad_yield / MINUTES_AN_HOUR) + platform_gmv * ad_take,
            subsidies=subsidies,
            cost=running + subsidies + launch_cost,
            channel_minutes=self._channel_minutes(minutes, shopping, sales.cell_gmv),
        )

    def _channel_minutes(self, minutes: Array, shopping: Array, gmv: Array) -> Array:
        """Minutes by platform and channel, [P, C].

        Minutes owed to needs go by sales; the others by what the pools of each channel add to leisure.
        """
        presence = self.platforms[0].capabilities.presence
        pools = presence @ self.pool_gain.T
        return (minutes - shopping)[:, None] * _mix(pools) + shopping[:, None] * _mix(gmv)


def _mix(amounts: Array) -> Array:
    """Rows divided by their sums; equal parts where a row is empty."""
    total = amounts.sum(axis=1, keepdims=True)
    if total.min() > 0:
        return np.asarray(amounts / total)
    return np.where(total > 0, amounts / np.where(total > 0, total, 1.0), 1.0 / amounts.shape[1])
