"""Reporters: the columns of daily.csv and market.csv by name, as functions of the market.

A column more is an entry more. Reporters are asked when the day's books are closed; they read and never steer.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.observers import measures, welfare
from secondhalf.model.state import State

Array = NDArray[np.float64]


def ratio(part: Array, whole: Array) -> Array:
    """Elementwise part / whole, 0 where there is nothing."""
    return np.asarray(np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0))


def outside_share(market: State) -> float:
    """Share of all mobile time outside the platforms; minutes in single precision may add up to a little more."""
    return max(float(1 - market.book.all_minutes / max(market.book.phone_minutes, 1e-300)), 0.0)


def short_video_share(market: State) -> float:
    """Share of all mobile time in short video: the content platforms and the apps that are not modelled."""
    own = market.book.minutes[market.content].sum() / max(market.book.phone_minutes, 1e-300)
    return float(own + outside_share(market) * market.calendar.other_short_video[market.day])


def shopping_app_share(market: State) -> float:
    """Share of all mobile time on shelf platforms, the shopping apps."""
    return float(market.book.minutes[~market.content].sum() / max(market.book.phone_minutes, 1e-300))


def walk_away_share(market: State) -> float:
    """Expected share of the day's needs that are met nowhere; 0 without needs."""
    book = market.book
    return max(1 - book.needs_met / book.needs, 0.0) if book.needs > 0 else 0.0


def instant_messaging_share(market: State) -> float:
    """Share of all mobile time in instant messaging, which is outside the platforms."""
    return outside_share(market) * float(market.calendar.instant_messaging[market.day])


DAILY: dict[str, Callable[[State], Array]] = {
    "installed_users": lambda market: market.book.installed,
    "active_users": lambda market: market.book.active,
    "monthly_active_users": lambda market: market.book.monthly,
    "minutes": lambda market: market.book.minutes,
    "shopping_minutes": lambda market: market.book.shopping_minutes,
    "minutes_per_active_user": lambda market: ratio(market.book.minutes, market.book.active),
    "attention_share": lambda market: market.book.minutes / max(market.book.phone_minutes, 1e-300),
    "platform_share": lambda market: market.book.minutes / max(market.book.all_minutes, 1e-300),
    "gmv": lambda market: market.book.platform_gmv,
    "leaked_gmv": lambda market: measures.leaked(market.book.gmv),
    "net_gmv": lambda market: market.book.platform_net_gmv,
    "orders": lambda market: market.book.platform_orders,
    "order_value": lambda market: ratio(market.book.platform_gmv, market.book.platform_orders),
    "monthly_buyers": lambda market: market.book.monthly_buyers,
    "annual_buyers": lambda market: market.book.annual_buyers,
    "commission": lambda market: market.book.commission,
    "ad_revenue": lambda market: market.book.ad_revenue,
    "subsidies": lambda market: market.book.subsidies,
    "cost": lambda market: market.book.cost,
    "profit": lambda market: market.book.profit,
}
"""Columns of daily.csv after date and platform: one number a platform, [P]."""

MARKET: dict[str, Callable[[State], float]] = {
    "people_online": lambda market: market.book.online,
    "hhi_attention": lambda market: measures.hhi(market.book.minutes),
    "hhi_gmv": lambda market: measures.hhi(market.book.platform_gmv),
    "interpenetration_gmv": lambda market: measures.interpenetration(market.book.cell_gmv, market.content),
    "interpenetration_minutes": lambda market: measures.interpenetration(market.book.channel_minutes, market.content),
    "leak_rate": lambda market: measures.leak_rate(market.book.orders, market.content),
    "multi_homing_users": lambda market: market.book.multi_homing / max(market.book.online, 1e-300),
    "multi_homing_merchants": lambda market: market.trade.multi_homing,
    "short_video_share": short_video_share,
    "shopping_app_share": shopping_app_share,
    "instant_messaging_share": instant_messaging_share,
    "new_user_share": lambda market: market.record.new_user_share,
    "net_gmv": lambda market: float(market.book.net_gmv.sum()),
    "wanted_spending": lambda market: market.book.wanted,
    "walk_away_share": walk_away_share,
    "consumer_surplus": lambda market: market.book.consumer_surplus,
    "merchants_profit": welfare.merchants_profit,
}
"""Columns of market.csv after the date: one number."""
