"""One need, by the compiled choice: for limit cases that state every number."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.shapes import FEED, KIND_PLANNED, KIND_REPEAT, NOBODY, SHELF
from secondhalf.model.users.nested_logit import OUT_OF_REACH, add_channels, nested_shares, sample

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
    by_kind = np.broadcast_to(np.array(channels, f), (4, 2, size))
    kind, tie = need.get("kind", KIND_PLANNED), need.get("tie", NOBODY)
    elsewhere = KIND_PLANNED if kind == KIND_REPEAT else kind
    utility = sum((np.array(need.get(part, np.zeros(size)), f) for part in ("attachment", "bonus")), np.array(value, f))
    chances, feed, gain = utility.reshape(size, 1), np.zeros((size, 1), f), np.empty(1, f)
    for p, reachable in enumerate(need.get("reachable", np.ones(size))):
        if not reachable:
            chances[p] = OUT_OF_REACH
            continue
        chances[p] += f(need.get("repeat_bonus", 0.0)) * (p == tie)
        add_channels(
            chances[p],
            feed[p],
            *(np.exp([need.get(like, 0.0)], dtype=f) for like in ("like_feed", "like_shelf")),
            np.array([tie]),
            p,
            *((by_kind[elsewhere, group, p], by_kind[kind, group, p]) for group in (FEED, SHELF)),
            f(nest),
        )
    nested_shares(chances, gain, f(platform_nest))
    return Met(chances[:, 0].astype(float), feed[:, 0].astype(float), float(gain[0]))


def sampled(shares: Any, mark: float) -> int:
    """Where a need with these shares is met at one mark."""
    place = np.empty(1, np.int64)
    sample(place, np.array(shares, np.float32).reshape(-1, 1), np.array([mark], np.float32))
    return int(place[0])


def logit(*values: float) -> Array:
    """Shares against walking away, whose utility is zero."""
    weights = np.exp(values)
    return np.asarray(weights / (1 + weights.sum()))
