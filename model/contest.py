"""The contest for a cell's demand: categories of goods have shares, merchants share within them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def category_demand(categories: int, exponent: float) -> Array:
    """Share of demand of each category, [K]: ``1 / rank ** exponent``, adding up to one."""
    weight = 1.0 / np.arange(1, categories + 1) ** exponent
    return np.asarray(weight / weight.sum())


def share_per_weight(weight: Array, category: NDArray[np.integer], demand: Array) -> Array:
    """Share of a cell's demand that one unit of contest weight wins, by category and cell, [K, P, C].

    Parameters
    ----------
    weight
        contest weights, [M, P, C] (Tullock: a merchant's share is its weight over its rivals' and its own)
    category
        of each merchant, [M]
    demand
        share of each category, [K]; categories that nobody serves in a cell leave theirs to the others
    """
    flat = weight.reshape(weight.shape[0], -1)
    members = (category[None, :] == np.arange(demand.size)[:, None]).astype(np.float64)
    total = (members @ flat).reshape(demand.size, *weight.shape[1:])
    served = demand[:, None, None] * (total > 0)
    within = served.sum(axis=0)
    share = np.divide(served, within, out=np.zeros_like(total), where=within > 0)
    return np.asarray(np.divide(share, total, out=np.zeros_like(total), where=total > 0))
