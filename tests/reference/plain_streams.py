"""The draws of `secondhalf.model.random_streams` in Python's own integers, watched for being too close to call."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, sqrt

CLOSE = 1e-5
"""Distance from a threshold below which single and double precision may disagree."""


def word(stream: int, agent: int) -> int:
    """The 64 bits at position `agent` of SplitMix64 started at `stream`."""
    z = (stream + (agent + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return z ^ (z >> 31)


def uniform(bits: int) -> float:
    """The upper 24 bits as a number in [0, 1)."""
    return (bits >> 40) / 2**24


def below(bits: int, count: int) -> int:
    """An integer in [0, count): the upper 32 bits as a share of `count`."""
    return (bits >> 32) * count // 2**32


def near_normal(bits: int) -> float:
    """Four 16-bit uniforms added up, at zero mean and unit variance."""
    total = sum(bits >> shift & 0xFFFF for shift in (0, 16, 32, 48))
    return (total - 2 * 65535) * sqrt(3) / 65536


class WatchedDraws:
    """One agent's draws of a day.

    Attributes
    ----------
    compared
        how often anything was compared with a threshold
    close
        whether any of it was too close to call
    """

    def __init__(self, agent: int) -> None:
        self.agent, self.compared, self.close = agent, 0, False

    def watch(self, distance: float) -> None:
        """Note a comparison with a threshold that is `distance` away."""
        self.compared += 1
        self.close |= abs(distance) < CLOSE

    def uniform(self, stream: int) -> float:
        """The agent's number in [0, 1)."""
        return uniform(word(stream, self.agent))

    def below(self, stream: int, count: int) -> int:
        """The agent's integer in [0, count)."""
        return below(word(stream, self.agent), count)

    def near_normal(self, stream: int) -> float:
        """The agent's number of zero mean and unit variance."""
        return near_normal(word(stream, self.agent))

    def happens(self, stream: int, chance: float) -> bool:
        """Whether the agent's number is below `chance`."""
        draw = self.uniform(stream)
        self.watch(draw - chance)
        return draw < chance

    def strikes(self, stream: int, hazard: float) -> bool:
        """Whether an event of this hazard (per day) happens within the day."""
        return self.happens(stream, 1 - exp(-hazard))

    def first_above(self, mark: float, running_sums: Iterable[float], whole: float) -> int | None:
        """Position of the first running sum that exceeds `mark`; distances are measured in units of the `whole`."""
        for position, running in enumerate(running_sums):
            self.watch((running - mark) / whole)
            if running > mark:
                return position
        return None
