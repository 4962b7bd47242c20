"""Payoffs from a run of the game: discounted from the revision, with a steady window, and surplus by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.day.stages import DAYS_A_WEEK
from secondhalf.model.market import Market
from secondhalf.model.observers.hindsight_regret import Hindsight
from secondhalf.model.observers.measures import hhi, interpenetration
from secondhalf.model.observers.welfare import merchants_profit, users_surplus

Array = NDArray[np.float64]
YEAR = 365
"""Days of the steady window at the end of a run."""
EVERY = 30
"""Days between two looks at the surplus of users."""
BY_PLATFORM = (
    "revenue",
    "subsidies",
    "profit",
    "gmv",
    "attention",
    "revenue_last",
    "gmv_last",
    "attention_last",
    "installed_growth",
)
"""Of each platform: discounted sums (RMB; for attention the discounted mean share of mobile time), the last year's
revenue, GMV (RMB) and share of mobile time, and net new users of that year over all."""
SUMS = BY_PLATFORM[:5]
"""Of these, what is summed up from the revision on."""
OF_MARKET = (
    *(
        "users_surplus",
        "consumer_surplus",
        "merchants_profit",
        "merchants_regret",
        "merchants_wishing",
        "hhi_attention",
        "hhi_gmv",
    ),
    *("interpenetration_gmv", "interpenetration_minutes", "minutes_a_day", "growth", "growth_before"),
)
"""Of the market, in the last year: users' surplus (minutes a day), consumers' (log-sum over eta) and merchants' profit
(RMB, discounted, of the whole run), what merchants would have gained by one fixed division of effort as a part of
their sales and how many would have gained more than `WORTH_IT` with returns as they count them, concentration,
interpenetration, minutes a day of a person online, net new users of all platforms over all,
and the same of the year before (nan in a shorter run)."""
WORTH_IT = 0.01
"""Part of its sales that a merchant must gain to count as one that would rather have done otherwise."""
Numbers = dict[str, dict[str, float]]
"""By platform, or `market`, and measure."""
MARKET = "market"


def discounts(days: int, rate: float) -> Array:
    """Discount factor of each day, one on the first, [days]."""
    return np.asarray((1 + rate) ** (-np.arange(days) / YEAR))


def run_and_measure(market: Market, days: int, rate: float) -> Numbers:
    """Run some days and measure them."""
    weight, names = discounts(days, rate), market.platform_names
    sums, last = {name: np.zeros(len(names)) for name in SUMS}, max(days - YEAR, 0)
    late = {name: np.zeros(len(names)) for name in ("revenue_last", "gmv_last", "attention_last")}
    cells, minutes = (np.zeros((len(names), len(market.settings.channels))) for _ in range(2))
    people, before = 0.0, float("nan")
    sides, installed, whole, hindsight = np.zeros(2), np.zeros(len(names)), [], Hindsight()
    for day in range(days):
        if day >= last and market.day % DAYS_A_WEEK == 0:
            hindsight.look(market)
        market.step()
        book = market.book
        if day == max(last - 1, 0):
            installed = book.installed
        if day == last - YEAR - 1:
            before = float(book.installed.sum())
        revenue, attention = book.commission + book.ad_revenue, book.minutes / max(book.phone_minutes, 1e-300)
        amounts = {
            "revenue": revenue,
            "subsidies": book.subsidies,
            "profit": book.profit,
            "gmv": book.platform_gmv,
            "attention": attention,
        }
        for name, amount in amounts.items():
            sums[name] += weight[day] * amount
            if day >= last and f"{name}_last" in late:
                late[f"{name}_last"] += amount
        sides += weight[day] * np.array([book.consumer_surplus, merchants_profit(market)])
        if day >= last:
            cells += book.cells.sum(axis=0)
            minutes += book.channel_minutes
            people += book.online
            if (days - 1 - day) % EVERY == 0:
                whole.append(users_surplus(market))
    sums["attention"] /= weight.sum()
    late["attention_last"] /= days - last
    now, content = market.book.installed, market.content
    new = np.divide(now - installed, now, out=np.zeros_like(now), where=now > 0)
    found = {
        platform: {name: float(values[p]) for name, values in (sums | late | {"installed_growth": new}).items()}
        for p, platform in enumerate(names)
    }
    (regret, merchants), (own_regret, _) = hindsight.gains(market), hindsight.own_gains(market)
    found[MARKET] = {
        "users_surplus": float(np.mean(whole)),
        "consumer_surplus": float(sides[0]),
        "merchants_profit": float(sides[1]),
        "merchants_regret": float(np.average(regret, weights=merchants)),
        "merchants_wishing": float(np.average(own_regret > WORTH_IT, weights=merchants)),
        "hhi_attention": hhi(late["attention_last"]),
        "hhi_gmv": hhi(late["gmv_last"]),
        "interpenetration_gmv": interpenetration(cells, content),
        "interpenetration_minutes": interpenetration(minutes, content),
        "minutes_a_day": float(minutes.sum() / max(people, 1e-300)),
        "growth": float((now.sum() - installed.sum()) / max(now.sum(), 1e-300)),
        "growth_before": float((installed.sum() - before) / max(installed.sum(), 1e-300)),
    }
    return found


def past_year(market: Market) -> Numbers:
    """Revenue, GMV (RMB a year) and share of mobile time of each platform in the year before."""
    rows = market.record.daily[-YEAR:]
    found = {}
    for p, platform in enumerate(market.platform_names):
        own = {name: np.array([row[name][p] for row in rows]) for name in ("commission", "ad_revenue", "gmv")}
        found[platform] = {
            "revenue": float((own["commission"] + own["ad_revenue"]).mean() * YEAR),
            "gmv": float(own["gmv"].mean() * YEAR),
            "attention": float(np.mean([row["attention_share"][p] for row in rows])),
        }
    return found
