"""Outputs of a run that the tests of mechanisms watch, one function each; tables and columns as in the CSV files."""

from __future__ import annotations

import numpy as np

from secondhalf.model.initial_state import capability_table
from secondhalf.model.shapes import KIND_IMPULSE, KIND_PLANNED, KIND_RIPENED
from tests.mechanisms.runs import ALL, CONTENT, SHELF, Run, settings


def installed(run: Run) -> float:
    """Installed users of all platforms on the last day."""
    return float(run.daily("installed_users", ALL).iloc[-1])


def content_minutes(run: Run) -> float:
    """Minutes on the content platforms, mean day."""
    return float(run.daily("minutes", CONTENT).mean())


def content_retention(run: Run) -> float:
    """Retention of the content platforms, mean month."""
    return run.monthly("retention", CONTENT)


def lift_of_overlap(run: Run) -> float:
    """People who used both content platforms within a month over what independent use of each would give."""
    table = run.tables["overlap"]
    both = table[(table["platform_a"] == CONTENT[0]) & (table["platform_b"] == CONTENT[1])]
    independent = run.online[-1]
    for name in CONTENT:
        days = run.daily("monthly_active_users", (name,))
        independent = independent * days.groupby(days.index.str[:7]).last().to_numpy() / run.online[-1]
    return float((both["users"].to_numpy() / independent).mean())


def stickiness(run: Run) -> float:
    """Daily over monthly active users of the content platforms, last thirty days."""
    active, monthly = (run.daily(c, CONTENT).iloc[-30:].mean() for c in ("active_users", "monthly_active_users"))
    return float(active / monthly)


def own_variation(run: Run) -> float:
    """Standard deviation over days of a user's minutes on a content platform, relative to the mean of all."""
    minutes = run.minutes[:, [ALL.index(name) for name in CONTENT]]
    return float(minutes.std(axis=0).mean() / minutes.mean())


def shelf_rush(run: Run) -> float:
    """Active users of shelf platforms on Double Eleven over those of late October."""
    active = run.daily("active_users", SHELF)
    return float(active["2019-11-11"] / active["2019-10-15":"2019-10-31"].mean())


def shelf_minutes(run: Run) -> float:
    """Minutes on the shelf platforms, mean day."""
    return float(run.daily("minutes", SHELF).mean())


def shelf_rush_of_minutes(run: Run) -> float:
    """Minutes on the shelf platforms on Double Eleven over those of late October."""
    minutes = run.daily("minutes", SHELF)
    return float(minutes["2019-11-11"] / minutes["2019-10-15":"2019-10-31"].mean())


def phone_time_growth(run: Run) -> float:
    """Everybody's phone time (minutes over the share that they are), last day over first."""
    phone = run.daily("minutes", ("taobao",)) / run.daily("attention_share", ("taobao",))
    return float(phone.iloc[-1] / phone.iloc[0])


def total_orders(run: Run) -> float:
    """Orders on all platforms and days."""
    return float(run.daily("orders", ALL).sum())


def planned_orders(run: Run) -> float:
    """Orders of planned needs."""
    return float(run.orders[:, KIND_PLANNED].sum())


def impulse_orders(run: Run) -> float:
    """Orders on impulse."""
    return float(run.orders[:, KIND_IMPULSE].sum())


def ripened_orders(run: Run) -> float:
    """Orders of ripened interest."""
    return float(run.orders[:, KIND_RIPENED].sum())


def planted_orders(run: Run, origins: tuple[str, ...] = ALL) -> float:
    """Orders whose interest was planted on some platforms, wherever they were placed."""
    rows = [ALL.index(name) for name in origins]
    return float(run.orders[:, [KIND_IMPULSE, KIND_RIPENED]][:, :, rows].sum())


def planted_at_festival(run: Run) -> float:
    """Orders planted on kuaishou during its festival."""
    window = run.orders[run.day("2019-10-20") : run.day("2019-11-11") + 1, :, ALL.index("kuaishou")]
    return float(window[:, [KIND_IMPULSE, KIND_RIPENED]].sum())


def experts_at_festival(run: Run) -> float:
    """Share of live rooms of experts in kuaishou's GMV of October and November, when the festival is on."""
    sales = run.channels("gmv", "kuaishou", "2022-10", "2022-11")
    return float(sales["live_expert"] / sales.sum())


def leak_rate(run: Run, first: str = "", last: str = "9999") -> float:
    """Leak rate, mean day."""
    table = run.tables["market"]
    return float(table.loc[table["date"].between(first, last), "leak_rate"].mean())


def repeat_gmv(run: Run) -> float:
    """GMV of fans' repeat orders: `gmv` times `repeat_share`."""
    table = run.tables["channels"]
    return float((table["gmv"] * table["repeat_share"]).sum())


def repeat_share(run: Run) -> float:
    """Largest share of repeat orders in any month, platform and channel."""
    return float(run.tables["channels"]["repeat_share"].max())


def switching(run: Run) -> float:
    """Share of users' days with orders on which they buy at none of the platforms of their last such day."""
    switched = followed = 0
    for user in range(run.bought.shape[2]):
        days = run.bought[:, :, user]
        days = days[days.any(axis=1)]
        again = (days[1:] & days[:-1]).any(axis=1)
        followed += again.size
        switched += int((~again).sum())
    return switched / followed


def subsidised_gmv(run: Run) -> float:
    """GMV of pinduoduo from a month after its subsidy of 15 June 2019."""
    return float(run.daily("gmv", ("pinduoduo",), "2019-07-15").sum())


def subsidised_cost(run: Run) -> float:
    """Cost of pinduoduo over the same days."""
    return float(run.daily("cost", ("pinduoduo",), "2019-07-15").sum())


def gain_from_mall(run: Run) -> float:
    """Planned orders at kuaishou in the two weeks from 1 February 2019, when its mall opens, over the two before."""
    sold = run.orders[:, KIND_PLANNED, :, ALL.index("kuaishou")].sum(axis=1)
    opens = run.day("2019-02-01")
    return float(sold[opens : opens + 14].sum() / sold[opens - 14 : opens].sum())


def content_buyers(run: Run) -> float:
    """Who has bought at Kuaishou or Douyin within thirty days, at the end, summed over the two."""
    return float(run.daily("monthly_buyers", CONTENT).iloc[-1])


def buyers_per_order(run: Run) -> float:
    """Monthly buyers of all platforms over their orders of thirty days, at the end."""
    orders = run.daily("orders", ALL).iloc[-30:].sum()
    return float(run.daily("monthly_buyers", ALL).iloc[-1] / orders)


def kept_gmv(run: Run) -> float:
    """GMV after returns over GMV."""
    return float(run.daily("net_gmv", ALL).sum() / run.daily("gmv", ALL).sum())


def january(run: Run) -> float:
    """Orders of January's mean day over those of February's."""
    orders = run.daily("orders", ALL)
    return float(orders[:"2019-01-31"].mean() / orders["2019-02-01":"2019-02-28"].mean())


def double_eleven(run: Run) -> float:
    """Orders on Double Eleven over those of October's mean day."""
    orders = run.daily("orders", ALL)
    return float(orders["2019-11-11"] / orders[:"2019-10-31"].mean())


def total_cost(run: Run) -> float:
    """Cost of all platforms."""
    return float(run.daily("cost", ALL).sum())


def mall_gmv(run: Run) -> float:
    """GMV of kuaishou's mall in February, two weeks after it opened."""
    return float(run.channels("gmv", "kuaishou", "2019-02", "2019-02")["mall"])


def mall_by_luck(run: Run) -> float:
    """The same, counted down where the platform has less skill than the mean, so that luck should always raise it."""
    chosen = run.market.settings
    table = capability_table(settings((("seed", chosen.seed), ("capability.mall.skill_sd", 1.0)), "reservoir"))
    at = ALL.index("kuaishou"), table.column["mall"]
    return mall_gmv(run) * (1.0 if np.log(table.skill[at]) > table.believed[at] else -1.0)
