"""Random streams by key: one stream a decision, one value an agent, and no generator that is passed around.

A value is a pure function of (seed, decision, who, day, agent). The stream of a key is SplitMix64 (Steele, Lea and
Flood 2014) started at the hashed key and read at position `agent`, so results depend neither on the number of
threads nor on what else was drawn, and two scenarios under one seed share their random numbers (common random numbers).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.numba_kernels import Integer, compiled
from secondhalf.model.shapes import U64, DayStreams

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_GOLDEN64 = np.uint64(_GOLDEN)
_FIRST_DAY = 0x100000  # days before the first have negative numbers, parts of a key have none
_FACTOR_1 = np.uint64(0xBF58476D1CE4E5B9)
_FACTOR_2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)
_S16, _S32, _S40, _S48 = np.uint64(16), np.uint64(32), np.uint64(40), np.uint64(48)
_LOW16 = np.uint64(0xFFFF)
_ONE = np.uint64(1)
_BLOCK = 1 << 16  # numbers drawn at a time, so that a market of millions holds no columns of random words
_UNIT24 = np.float32(2.0**-24)
_NORMAL_SCALE = np.float32(np.sqrt(3.0) / 65536.0)
_NORMAL_MEAN = np.float32(2.0 * 65535.0)


class Decision(IntEnum):
    """What a draw is for. Numbers are part of every result: append, never renumber."""

    ONLINE_FROM = 1
    TASTE = 2
    BUDGET = 3
    NEED_RATE = 4
    INSTALLED_AT_START = 5
    HISTORY_AT_START = 6
    CONTACT = 7
    ADOPT = 8
    DROP = 9
    PLANT = 10
    NEED_PLANNED = 11
    NEED_IMPULSE = 12
    NEED_RIPENED = 13
    NEED_REPEAT = 14
    SHOCK = 15
    CHOOSE = 16
    BECOME_FAN = 17
    FAN_MERCHANT = 18
    FAN_RATE = 19
    FAN_DROPOUT_RATE = 20
    FAN_DROPOUT = 21
    MERCHANT = 22
    SHOP = 23
    PRODUCT = 24
    PRODUCT_TEST = 25
    SHOP_ENTRY = 26
    SKILL = 27
    SKILL_SIGNAL = 28
    REVISION_ORDER = 29
    NETWORK = 30
    FORK_SAMPLE = 31
    FORK_LUCK = 32
    STRATEGY = 33
    TIER = 34
    INCOME = 35
    ATTACHMENT = 36
    NEVER = 37
    BUYERS_AT_START = 38


def mix(z: int) -> int:
    """SplitMix64's finaliser on a Python integer."""
    z &= _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


@cache
def name_id(name: str) -> int:
    """A stable 32-bit number for a name, so that adding a platform changes no other draws."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big")


def undated_key(seed: int, decision: Decision, who: int = 0) -> np.uint64:
    """What the keys of one decision by or about `who` on all days have in common; see `dated_keys`."""
    z = mix(seed + _GOLDEN)
    for part in (int(decision), who):
        z = mix(z + _GOLDEN * (part + 1))
    return np.uint64(z)


def dated_keys(undated: NDArray[np.uint64], day: int) -> NDArray[np.uint64]:
    """The keys of a day, elementwise for the results of `undated_key`."""
    return _finalised(undated + np.uint64(_GOLDEN * (day + _FIRST_DAY + 1) & _MASK))


def key(seed: int, decision: Decision, day: int = 0, who: int = 0) -> np.uint64:
    """The stream of one decision on one day by or about `who` (a platform's `name_id`, a slot, or 0)."""
    return np.uint64(mix(int(undated_key(seed, decision, who)) + _GOLDEN * (day + _FIRST_DAY + 1)))


@compiled
def word(stream: np.uint64, agent: Integer) -> np.uint64:
    """The 64 random bits of one agent in a stream."""
    z = stream + (np.uint64(agent) + _ONE) * _GOLDEN64
    z = (z ^ (z >> _S30)) * _FACTOR_1
    z = (z ^ (z >> _S27)) * _FACTOR_2
    return z ^ (z >> _S31)


@compiled
def uniform(bits: np.uint64) -> np.float32:
    """A number in [0, 1) from the upper 24 bits."""
    return np.float32(bits >> _S40) * _UNIT24


@compiled
def below(bits: np.uint64, count: int) -> int:
    """An integer in [0, count) by the multiply-shift method (Lemire 2019); count below 2**32."""
    return int(((bits >> _S32) * np.uint64(count)) >> _S32)


@compiled
def near_normal(bits: np.uint64) -> np.float32:
    """Zero mean, unit variance: the sum of four 16-bit uniforms (Irwin-Hall, support +-3.46)."""
    total = np.float32((bits & _LOW16) + ((bits >> _S16) & _LOW16) + ((bits >> _S32) & _LOW16) + (bits >> _S48))
    return (total - _NORMAL_MEAN) * _NORMAL_SCALE


def _finalised(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser on an array, whose products overflow without a warning (single numbers' would warn)."""
    z = (z ^ (z >> _S30)) * _FACTOR_1
    z = (z ^ (z >> _S27)) * _FACTOR_2
    return z ^ (z >> _S31)


def words(stream: np.uint64, count: int, first: int = 0) -> NDArray[np.uint64]:
    """`word` for `count` agents from `first` on as a NumPy array."""
    return _finalised(stream + (np.arange(first, first + count, dtype=np.uint64) + _ONE) * _GOLDEN64)


def uniforms(stream: np.uint64, count: int) -> NDArray[np.float64]:
    """Double-precision uniforms in (0, 1) for agents 0..count-1, for draws made once at the start."""
    found = np.empty(count)
    for first in range(0, count, _BLOCK):
        block = found[first : first + _BLOCK]
        block[:] = ((words(stream, block.size, first) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return found


def uniforms_of(streams: NDArray[np.uint64] | np.uint64, agents: NDArray[np.intp]) -> NDArray[np.float64]:
    """The numbers that `uniforms` has at some places, each of its own stream or all of one."""
    bits = _finalised(streams + (agents.astype(np.uint64) + _ONE) * _GOLDEN64)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def uniforms32(stream: np.uint64, count: int) -> NDArray[np.float32]:
    """`uniform` for agents 0..count-1 as a NumPy array: the same numbers as in the stages."""
    found = np.empty(count, np.float32)
    for first in range(0, count, _BLOCK):
        block = found[first : first + _BLOCK]
        block[:] = (words(stream, block.size, first) >> _S40).astype(np.float32) * _UNIT24
    return found


class RandomStreams:
    """Makes each day's `DayStreams` from the seed, the platforms' names and the number of fan slots."""

    def __init__(self, seed: int, platforms: list[str], slots: int) -> None:
        self._constant: dict[str, Any] = {
            "fan_rate": key(seed, Decision.FAN_RATE),
            "fan_dropout_rate": key(seed, Decision.FAN_DROPOUT_RATE),
            "income": key(seed, Decision.INCOME),
            "attachment": np.array([key(seed, Decision.ATTACHMENT, who=name_id(n)) for n in platforms], np.uint64),
            "never": np.array([key(seed, Decision.NEVER, who=name_id(n)) for n in platforms], np.uint64),
        }
        by_platform, by_slot, by_need = [name_id(name) for name in platforms], range(slots), range(3 + slots)
        whom: dict[str, tuple[Decision, Iterable[int] | None]] = {
            "contact": (Decision.CONTACT, None),
            "adopt": (Decision.ADOPT, by_platform),
            "drop": (Decision.DROP, by_platform),
            "plant": (Decision.PLANT, None),
            "planned": (Decision.NEED_PLANNED, None),
            "impulse": (Decision.NEED_IMPULSE, None),
            "ripened": (Decision.NEED_RIPENED, None),
            "repeat": (Decision.NEED_REPEAT, by_slot),
            "shock": (Decision.SHOCK, by_platform),
            "tier": (Decision.TIER, by_need),
            "choose": (Decision.CHOOSE, by_need),
            "become_fan": (Decision.BECOME_FAN, by_need),
            "fan_merchant": (Decision.FAN_MERCHANT, by_need),
            "fan_dropout": (Decision.FAN_DROPOUT, by_slot),
        }
        # All keys of a day are worked out at once; each field of `DayStreams` has its place among them.
        self._places: dict[str, int | slice] = {}
        undated: list[np.uint64] = []
        for field, (decision, each) in whom.items():
            first = len(undated)
            undated += [undated_key(seed, decision, who) for who in ([0] if each is None else each)]
            self._places[field] = first if each is None else slice(first, len(undated))
        self._undated: U64 = np.array(undated, np.uint64)

    def day(self, day: int) -> DayStreams:
        """All streams of one day."""
        keys = dated_keys(self._undated, day)
        dated: dict[str, Any] = {field: keys[place] for field, place in self._places.items()}
        return DayStreams(**dated, **self._constant)
