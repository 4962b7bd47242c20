"""What is measured of a market: concentration, interpenetration, leaks, where the water comes from.

Measures never steer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.demand import KIND_IMPULSE, KIND_RIPENED
from secondhalf.model.flows import BUDGET, NEW, OUTSIDE, TRANSFER

Array = NDArray[np.float64]
SECOND_HALF_DAYS = 90
"""Days for which new users must stay behind another source of attention."""
SOURCES = {"new": NEW, "outside": OUTSIDE, "budget": BUDGET, "transfer": TRANSFER}


def shares(amounts: Array) -> Array:
    """Amounts over their sum; zeros when there is nothing."""
    total = amounts.sum()
    return amounts / total if total > 0 else np.zeros_like(amounts)


def hhi(amounts: Array) -> float:
    """Herfindahl-Hirschman index of amounts, in [1/n, 1]; 0 when there is nothing."""
    return float(np.square(shares(amounts)).sum())


def jensen_shannon(first: Array, second: Array) -> float:
    """Jensen-Shannon distance (square root of the divergence, base 2) of two mixes, in [0, 1].

    Source: Endres and Schindelin (2003).
    """
    p, q = shares(first), shares(second)
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log2(p / middle), 0.0) + np.where(q > 0, q * np.log2(q / middle), 0.0)
    return float(np.sqrt(max(terms.sum() / 2, 0.0)))


def interpenetration(by_channel: Array, content: NDArray[np.bool_]) -> float:
    """1 minus the distance between the channel mixes of content and of shelf platforms.

    `by_channel` is GMV or minutes, [P, C]. 0 when either side has none of it.
    """
    first, second = by_channel[content].sum(axis=0), by_channel[~content].sum(axis=0)
    if first.sum() <= 0 or second.sum() <= 0:
        return 0.0
    return 1.0 - jensen_shannon(first, second)


def leak_rate(orders: Array, content: NDArray[np.bool_]) -> float:
    """Share of orders planted on content platforms that shelf platforms book; `orders` is [4, P + 1, P]."""
    planted = (orders[KIND_IMPULSE] + orders[KIND_RIPENED])[:-1][content].sum(axis=0)
    total = planted.sum()
    return float(planted[~content].sum() / total) if total > 0 else 0.0


def net_sources(flows: Array) -> dict[str, float]:
    """Net inflow of attention over all platforms by source, from flow books [months, 5, P, P + 2], minutes a day."""
    by_flow = flows.sum(axis=(0, 2, 3))
    return {name: float(by_flow[number]) for name, number in SOURCES.items()}


def new_user_share(flows: Array) -> float:
    """Share of new users in the net inflow from all sources that bring any; 0 when nothing flows in."""
    sources = net_sources(flows)
    inflow = sum(max(amount, 0.0) for amount in sources.values())
    return max(sources["new"], 0.0) / inflow if inflow > 0 else 0.0


def second_half_day(flows: Array, closed: list[int], days: int) -> int | None:
    """First day from which new users stay behind the largest other source of attention for 90 days.

    Parameters
    ----------
    flows
        monthly books, [months, 5, P, P + 2]; the trailing twelve add up to the year's change
    closed
        day on which each month's books were closed
    days
        days of the run

    Returns
    -------
    int or None
        None when there is no such day within the run
    """
    since: int | None = None
    for month in range(11, len(closed)):
        sources = net_sources(flows[month - 11 : month + 1])
        others = max(amount for name, amount in sources.items() if name != "new")
        if sources["new"] >= others:
            since = None
        elif since is None:
            since = closed[month]
        until = closed[month + 1] if month + 1 < len(closed) else days
        if since is not None and until - since >= SECOND_HALF_DAYS:
            return since
    return None
