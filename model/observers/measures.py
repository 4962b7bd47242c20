"""Measures of a market: concentration, interpenetration, leaks, sources of new attention.

Measures never steer.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.shapes import KIND_IMPULSE, KIND_RIPENED
from secondhalf.model.users.attention_flows import BUDGET, NEW, OUTSIDE, TRANSFER

Array = NDArray[np.float64]
SOURCES = {"new": NEW, "outside": OUTSIDE, "budget": BUDGET, "transfer": TRANSFER}
"""Where attention can come from; `lost` only takes."""


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
    return _distance(np.array([shares(first), shares(second)]))


def _distance(mixes: Array) -> float:
    middle = (mixes[0] + mixes[1]) / 2
    terms = mixes * np.log2(np.divide(mixes, middle, out=np.ones(mixes.shape), where=mixes > 0))
    return math.sqrt(max((terms[0] + terms[1]).sum() / 2, 0.0))


def interpenetration(by_channel: Array, content: NDArray[np.bool_]) -> float:
    """1 minus the distance between the channel mixes of content and of shelf platforms.

    `by_channel` is GMV or minutes, [P, C]. 0 when either side has none of it.
    """
    sides = (np.array([content, ~content])[:, :, None] * by_channel).sum(axis=1)
    total = sides.sum(axis=1, keepdims=True)
    return 0.0 if total.min() <= 0 else 1.0 - _distance(sides / total)


def leak_rate(orders: Array, content: NDArray[np.bool_]) -> float:
    """Share of orders planted on content platforms that shelf platforms book; `orders` is [4, P + 1, P]."""
    planted = (orders[KIND_IMPULSE] + orders[KIND_RIPENED])[:-1][content].sum(axis=0)
    total = planted.sum()
    return float(planted[~content].sum() / total) if total > 0 else 0.0


def leaked(amounts: Array) -> Array:
    """Orders planted on each platform and placed on another, [P]; `amounts` is orders or GMV, [4, P + 1, P]."""
    planted = (amounts[KIND_IMPULSE] + amounts[KIND_RIPENED])[:-1]
    return np.asarray(planted.sum(axis=1) - np.diagonal(planted))


def net_sources(flows: Array) -> dict[str, float]:
    """Net inflow of attention over all platforms by source, from flow books [months, 5, P, P + 2], minutes a day."""
    by_flow = flows.sum(axis=(0, 2, 3))
    return {name: float(by_flow[number]) for name, number in SOURCES.items()}


def new_user_share(flows: Array) -> float:
    """Share of new users in the net inflow from all sources that bring any; 0 when nothing flows in."""
    sources = net_sources(flows)
    inflow = sum(max(amount, 0.0) for amount in sources.values())
    return max(sources["new"], 0.0) / inflow if inflow > 0 else 0.0
