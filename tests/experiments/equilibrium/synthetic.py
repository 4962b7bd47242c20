"""Noisy games with known payoffs, drawn as the study draws markets: under shared seeds, profile by profile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from secondhalf.experiments.equilibrium.inference.sequential_sampling import Pair, Sampled

Array = NDArray[np.float64]


class NoisyGame:
    """Log payoffs with a seed's luck that all profiles share and luck of each run.

    Parameters
    ----------
    table
        true payoffs, [player, a_1, ..., a_n]
    noise
        standard deviation of a run's own luck
    seed
        of the world's luck
    budget
        runs that may be made
    members
        standard deviation of what each draw's parameters add to the worth of every action, whatever the others do
    """

    def __init__(
        self,
        table: Array,
        noise: float,
        seed: int,
        shared: float = 1.0,
        budget: int = 10**9,
        members: float = 0.0,
    ) -> None:
        self.members, self.profiles = members, np.array(list(np.ndindex(*table.shape[1:])))
        self.table, self.noise, self.seed, self.shared, self.left = table, noise, seed, shared, budget
        self.flat = table.reshape(len(table), -1).T
        self.runs = 0

    def __call__(self, pairs: Sequence[Pair]) -> Sampled:
        values = np.full((len(pairs), len(self.table)), np.nan)
        able = min(len(pairs), self.left)
        for row, (place, seed) in enumerate(pairs[:able]):
            together = np.random.default_rng([self.seed, seed]).normal(size=len(self.table))
            own = np.random.default_rng([self.seed, seed, place]).normal(size=len(self.table))
            worth = np.random.default_rng([self.seed, seed, 10**6]).normal(size=(len(self.table), 9))
            mine = worth[np.arange(len(self.table)), self.profiles[place]]
            values[row] = self.flat[place] + self.shared * together + self.noise * own + self.members * mine
        self.left -= able
        self.runs += able
        return Sampled(values, able == len(pairs))


def true_verdicts(table: Array, epsilon: float) -> list[bool]:
    """Whether each profile is an equilibrium."""
    regret = np.stack([own.max(axis=player, keepdims=True) - own for player, own in enumerate(table)])
    return [bool(one) for one in (regret <= epsilon).all(axis=0).ravel()]


def structured(seed: int, players: int = 5, actions: int = 2, shape: tuple[int, ...] = ()) -> Array:
    """A game like the market's: every action's own worth, less where many rivals take it too; gaps of about 0.1.

    With a `shape` players have unlike numbers of actions.
    """
    rng = np.random.default_rng(seed)
    if shape:
        players, actions = len(shape), max(shape)
    worth, rivalry = rng.normal(0, 0.1, (players, actions)), rng.uniform(0, 0.1, (players, actions))
    shape = shape or (actions,) * players
    table = np.empty((players, *shape))
    for profile in np.ndindex(*shape):
        for player, action in enumerate(profile):
            same = sum(other == action for other in profile) - 1
            table[(player, *profile)] = worth[player, action] - rivalry[player, action] * same
    return table
