"""One need, by the compiled choice: for limit cases that state every number."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.shapes import KIND_PLANNED, NOBODY
from secondhalf.model.users.choice import nested_shares

Array = NDArray[np.float64]


class Met(NamedTuple):
    """Where one need is met."""

    chances: Array  # [P]
    feed: Array  # [P] part of the feed's channels
    gain: float


def meet(value: Any, channels: Any = None, nest: float = 1.0, platform_nest: float = 1.0, **need: Any) -> Met:
    """One need; what is not given is zero, everything is within reach and every platform has one channel of value one.

    `channels` is [2, P] for all kinds of need or [4, 2, P] by kind.
    """
    size, f = len(value), np.float32
    if channels is None:
        channels = np.stack([np.zeros(size), np.ones(size)])
    by_kind = np.broadcast_to(np.array(channels, f), (4, 2, size)).copy()
    chances, feed = np.empty(size, f), np.empty(size, f)
    gain = nested_shares(
        chances,
        feed,
        np.array(need.get("reachable", np.ones(size)), np.uint8),
        np.array(value, f),
        np.array(need.get("attachment", np.zeros(size)), f),
        np.array(need.get("bonus", np.zeros(size)), f),
        by_kind,
        f(np.exp(need.get("like_feed", 0.0))),
        f(np.exp(need.get("like_shelf", 0.0))),
        need.get("kind", KIND_PLANNED),
        need.get("tie", NOBODY),
        f(need.get("repeat_bonus", 0.0)),
        f(nest),
        f(platform_nest),
    )
    return Met(chances.astype(float), feed.astype(float), float(gain))


def logit(*values: float) -> Array:
    """Shares against walking away, whose utility is zero."""
    weights = np.exp(values)
    return np.asarray(weights / (1 + weights.sum()))
