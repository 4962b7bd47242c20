"""Welfare: surplus of users, merchants and platforms; measuring it never changes the market."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from secondhalf.model.day.stages import DAYS_A_WEEK
from secondhalf.model.state import State

Array = NDArray[np.float64]


def time_surplus(minutes: ArrayLike, gamma: ArrayLike, budget: ArrayLike) -> Array:
    """What a day with platforms is worth beyond one without, in minutes at the price of the last one, by user [N].

    At the optimum of `model.users.attention` the marginal utility of time is the same everywhere in use, so the utility
    of the day follows from the minutes. With ``x_0 = budget - sum_p x_p``, divided by that marginal utility::

        x_0 ln(x_0 / budget) + sum_p (gamma_p + x_p) ln(1 + x_p / gamma_p)

    Parameters
    ----------
    minutes
        of the day, [P, N]
    gamma
        satiation of each platform, minutes, [P]
    budget
        phone minutes of each user, [N]; shopping may fill what is left of them (then ``x_0`` is 0, also after rounding)
    """
    spent, depth, time = np.asarray(minutes, float), np.asarray(gamma, float)[:, None], np.asarray(budget, float)
    outside = np.maximum(time - spent.sum(axis=0), 0.0)
    return np.asarray(xlogy(outside, outside / time) + ((depth + spent) * np.log1p(spent / depth)).sum(axis=0))


def users_surplus(market: State) -> float:
    """Mean of `time_surplus` over people online on the latest day, minutes a day."""
    population = market.population
    online = population.columns.online_from <= market.today.number
    budget = population.read("budget_factor", online).astype(float) * float(market.today.budget)
    return float(time_surplus(population.read("minutes", online), market.offer.gamma, budget).mean())


def merchants_profit(market: State) -> float:
    """Merchants' profit of the latest day, RMB: margin on net sales, less fees on sales and the cost of shops.

    Fees are commission and advertising on sales, as in `merchants_keep`; a shop costs a seventh of its week.
    """
    rule = market.settings.merchants
    goods = market.book.net_gmv.sum() * (1 - rule.margin)
    return merchants_keep(market) - float(goods) - market.trade.real_shops * rule.shop_cost / DAYS_A_WEEK


def merchants_keep(market: State) -> float:
    """Merchants' revenue from the latest day's sales, less returns, commission and advertising on sales, RMB."""
    book, ad_take = market.book, np.array([platform.ad_take for platform in market.platforms])
    fees = book.commission + book.platform_gmv * ad_take
    return float(book.net_gmv.sum() - fees.sum())
