"""Nested logit of a block of needs: utilities of platforms, probabilities by platform, and where each need is met.

Arrays are [P, K] or [K] for K needs of one kind. Needs lie innermost and loops are explicit and short, so that they
vectorise and compile fast. The formulas are in `choice`.
"""

from __future__ import annotations

import numpy as np

from secondhalf.model.numba_kernels import compiled, exp32, log32
from secondhalf.model.random_streams import near_normal, uniform, word
from secondhalf.model.shapes import F32, I16, I64, NOBODY

_ZERO, _ONE, _HALF = np.float32(0.0), np.float32(1.0), np.float32(0.5)
OUT_OF_REACH = np.float32(-1e30)
"""Utility of a platform that cannot be chosen."""


@compiled
def add_channels(
    utility: F32,
    feed_share: F32,
    like_feed: F32,
    like_shelf: F32,
    tie: I64,
    p: int,
    feed: tuple[np.float32, np.float32],
    shelf: tuple[np.float32, np.float32],
    channel_nest: np.float32,
) -> None:
    """Add ``lambda I_p`` to the utilities at platform p, which is out of reach where it has no channel.

    Parameters
    ----------
    feed_share
        receives the share of the feed's channels in what is met there
    like_feed, like_shelf
        ``exp(liking)`` of each need's person for both groups of channels
    tie
        platform of a repeat need's tie, which is a planned need elsewhere; NOBODY for other needs
    feed, shelf
        values of both groups of channels, for needs away from their tie and for those at it
    """
    for k in range(utility.size):
        home = tie[k] == p
        from_feed = like_feed[k] * (feed[1] if home else feed[0])
        both = from_feed + like_shelf[k] * (shelf[1] if home else shelf[0])
        some = both > _ZERO
        inclusive = channel_nest * log32(both)
        share = from_feed / both
        feed_share[k] = share if some else _ZERO
        utility[k] = utility[k] + inclusive if some else OUT_OF_REACH


@compiled
def nested_shares(weight: F32, gain: F32, platform_nest: np.float32) -> None:
    """Turn utilities [P, K] into probabilities that each need is met at each platform; the rest walks away.

    `gain` [K] receives a need's expected gain over walking away, in utility: ``ln(1 + S ** mu)``.
    """
    platforms, size = weight.shape
    highest, total = np.empty(size, np.float32), np.empty(size, np.float32)
    for k in range(size):
        highest[k] = OUT_OF_REACH
        total[k] = _ZERO
    for p in range(platforms):
        own = weight[p]
        for k in range(size):
            highest[k] = max(highest[k], own[k])
    for p in range(platforms):  # relative to the highest, so that a small nest leaves no exponential out of range
        own = weight[p]
        for k in range(size):
            part = exp32((own[k] - highest[k]) / platform_nest)
            part = _ZERO if own[k] == OUT_OF_REACH else part
            own[k] = part
            total[k] += part
    for k in range(size):
        some = total[k] > _ZERO
        against = exp32(platform_nest * log32(max(total[k], _HALF)) + highest[k])  # S ** mu
        gain[k] = log32(_ONE + against) if some else _ZERO
        total[k] = against / (_ONE + against) / total[k] if some else _ZERO
    for p in range(platforms):
        own = weight[p]
        for k in range(size):
            own[k] *= total[k]


@compiled
def sample(place: I64, probabilities: F32, mark: F32) -> None:
    """Fill `place` [K] with where the running sum of `probabilities` [P, K] passes `mark`, or NOBODY (walked away)."""
    for k in range(place.size):
        place[k] = NOBODY
    for p in range(probabilities.shape[0]):
        own = probabilities[p]
        for k in range(place.size):
            place[k] = p if (mark[k] < own[k]) & (place[k] == NOBODY) else place[k]
            mark[k] -= own[k]


@compiled
def levels(out: I64, cdf: F32, mark: F32) -> None:
    """Fill `out` with the numbers of the classes into which marks in [0, 1) fall; `cdf` ends with one."""
    for k in range(out.size):
        out[k] = 0
    for g in range(cdf.size - 1):
        for k in range(out.size):
            out[k] += mark[k] >= cdf[g]


@compiled
def marks(out: F32, stream: np.uint64, users: I64) -> None:
    """Fill `out` with the draws of some users."""
    for k in range(out.size):
        out[k] = uniform(word(stream, users[k]))


@compiled
def add_lasting_taste(utility: F32, stream: np.uint64, users: I64, sd: np.float32) -> None:
    """Add each person's taste for a platform, the same for life: ``sd z - sd ** 2 / 2``, not stored but drawn again."""
    for k in range(utility.size):
        utility[k] += sd * near_normal(word(stream, users[k])) - _HALF * sd * sd


@compiled
def liking(out: F32, taste: I16, users: I64, weight: np.float32) -> None:
    """Fill `out` with ``exp(weight taste)`` of some users; `taste` is a code, `weight` belongs to a step of it."""
    for k in range(out.size):
        out[k] = exp32(weight * np.float32(taste[users[k]]))
