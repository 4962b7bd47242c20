"""Simultaneous confidence intervals for the gains of all deviations of a game with noisy payoffs.

Payoffs are logarithms, [profile, seed, player], under shared rng: the gain of a deviation is the mean over seeds of
the difference of two profiles. Seeds that one of the two lacks (nan) are left out of that gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Places = NDArray[np.intp]
CERTIFIED, REFUTED, UNDECIDED = "certified", "refuted", "undecided"
LEAST_DRAWS, MOST_DRAWS, BLOCK = 4000, 40_000, 2000
"""Multiplier draws; so many that some tens lie beyond the quantile, in blocks that fit into memory."""


class Edges(NamedTuple):
    """Pairs of profiles that differ in what one player does, each once, [edges]."""

    player: Places
    below: Places
    """place of one of the two"""
    above: Places
    """and of the other"""
    alike: Places
    """a number of each group whose errors may go together: one player between two strategies, whatever others do"""


def edges(shape: Sequence[int]) -> Edges:
    """All pairs of a game with so many strategies a player; a profile's place is that in the flattened table."""
    places = np.arange(int(np.prod(shape))).reshape(shape)
    found: list[tuple[Places, ...]] = []
    for player, count in enumerate(shape):
        for low in range(count):
            for high in range(low + 1, count):
                pair = (np.take(places, low, axis=player).ravel(), np.take(places, high, axis=player).ravel())
                found.append((np.full(pair[0].size, player), *pair, np.full(pair[0].size, len(found))))
    return Edges(*(np.concatenate(column) for column in zip(*found, strict=True)))


def deviations_from_first(players: Sequence[int]) -> Edges:
    """Profile 0 and, from place 1 on, a deviation of one player each."""
    own = np.asarray(players, np.intp)
    return Edges(own, np.zeros(own.size, np.intp), np.arange(1, own.size + 1), own)


class Gains(NamedTuple):
    """Gain of the player that goes from `below` to `above`, [edges]; infinite intervals where seeds are too few."""

    mean: Array
    error: Array
    """standard error"""
    seeds: Places
    low: Array
    high: Array


def gains(values: Array, pairs: Edges, level: float) -> Gains:
    """Means of all gains, and intervals that hold them all at once with probability `level` (sup-t).

    The largest studentised error over all gains is drawn by a multiplier bootstrap over seeds, which keeps how they go
    together. With few seeds they seem to go together in ways that are rng, so correlations are shrunk (`shrinkage`)
    towards one that all gains of a group have among themselves, and none between groups; and the quantile is carried
    from the normal to the t distribution of each gain's own number of seeds.

    Parameters
    ----------
    values
        [profile, seed, player]
    """
    differences = values[pairs.above, :, pairs.player] - values[pairs.below, :, pairs.player]  # [E, S]
    there = np.isfinite(differences)
    seeds = there.sum(axis=1)
    filled = np.where(there, differences, 0.0)
    mean = np.where(seeds > 0, filled.sum(axis=1) / np.maximum(seeds, 1), np.nan)
    residuals = np.where(there, differences - mean[:, None], 0.0)
    size = np.sqrt(np.square(residuals).sum(axis=1))
    size = np.where(size > 1e-12 * np.maximum(np.abs(mean), 1e-12), size, 0.0)  # rounding is no scatter
    error = np.where(seeds > 1, size / np.sqrt(np.maximum(seeds * (seeds - 1), 1)), np.inf)
    judged = (seeds > 1) & (size > 0)
    unit, fewest = residuals[judged] / size[judged, None], int(seeds[judged].min(initial=2))
    chance = _one_chance(unit, pairs.alike[judged], fewest, level)
    width = np.where(seeds > 1, 0.0, np.inf)
    width[judged] = stats.t.isf(chance / 2, seeds[judged] - 1) * error[judged]
    known = np.nan_to_num(mean)
    return Gains(mean, error, seeds, known - width, known + width)


def intersect_intervals(found: Gains, before: Gains | None) -> Gains:
    """Intersection of the intervals of a look with those before it."""
    if before is None:
        return found
    return found._replace(low=np.maximum(found.low, before.low), high=np.minimum(found.high, before.high))


def _one_chance(unit: Array, alike: Places, fewest: int, level: float) -> float:
    """Two-sided chance at which each gain may miss so that all hold together; `unit` has rows of length one, [E, S]."""
    count, seeds = unit.shape
    if count == 0:
        return 1 - level
    rng = np.random.default_rng(0)
    group = np.unique(alike, return_inverse=True)[1]
    within = correlation_within_groups(unit, group)
    shrunk = shrinkage(unit, group, within, fewest)
    common, own = np.sqrt(within)[group], np.sqrt(1 - within)[group]
    draws = int(np.clip(30 / (1 - level), LEAST_DRAWS, MOST_DRAWS))
    largest = []
    for start in range(0, draws, BLOCK):
        rows = min(BLOCK, draws - start)
        seen = rng.standard_normal((rows, seeds)) @ unit.T
        shared, alone = rng.standard_normal((rows, within.size)), rng.standard_normal((rows, count))
        target = common * shared[:, group] + own * alone
        largest.append(np.abs(np.sqrt(1 - shrunk) * seen + np.sqrt(shrunk) * target).max(axis=1))
    return float(2 * stats.norm.sf(np.quantile(np.concatenate(largest), level)))


def correlation_within_groups(unit: Array, group: Places) -> Array:
    """Mean correlation of the errors in each group, not below 0; `unit` has rows of length one, [E, S]."""
    sizes = np.bincount(group)
    sums = np.stack([np.bincount(group, column) for column in unit.T], axis=1)
    pairs = np.maximum(sizes * (sizes - 1), 1)
    return np.asarray(np.clip((np.square(sums).sum(axis=1) - sizes) / pairs, 0.0, 1.0))


def shrinkage(unit: Array, group: Places, within: Array, fewest: int) -> float:
    """How far correlations are shrunk towards `within` in a group and none between groups, in [0, 1].

    The noise in correlations over their distance from that, by the rule of Schäfer and Strimmer (2005); what the target
    itself owes to sampling noise is not taken off, which shrinks more.

    Parameters
    ----------
    unit
        errors of gains by seed, each row of length one, [E, S]
    fewest
        seeds of the gain that has fewest
    """
    between = unit.T @ unit
    whole = float(np.square(between).sum())
    noise = float(np.square(np.diagonal(between)).sum()) - whole / unit.shape[1]
    own = float((unit**4).sum()) - len(unit) / unit.shape[1]
    sizes = np.bincount(group)
    distance = whole - len(unit) - float((sizes * (sizes - 1) * within**2).sum())
    if distance <= 1e-12 * len(unit) ** 2:
        return 1.0
    return float(np.clip(fewest / (fewest - 1) * (noise - own) / distance, 0.0, 1.0))


class Verdicts(NamedTuple):
    """What the gains say of each profile, [profile]."""

    word: list[str]
    player: Places
    """whose deviation decides: for a refuted profile the one that pays most surely, else the one that might pay most"""
    to: Places
    """where that deviation leads"""
    gain: Array
    """its gain"""
    low: Array
    high: Array
    regret: Array
    """largest gain of any deviation, at least 0"""
    regret_low: Array
    regret_high: Array
    """hold for all profiles at once, as the intervals do"""


class Deviations(NamedTuple):
    """Every deviation from every profile: each edge in both directions, [2 edges]."""

    player: Places
    start: Places
    to: Places
    gain: Array
    low: Array
    high: Array


def deviations(pairs: Edges, found: Gains) -> Deviations:
    """Both directions of all edges."""
    return Deviations(
        np.concatenate([pairs.player, pairs.player]),
        np.concatenate([pairs.below, pairs.above]),
        np.concatenate([pairs.above, pairs.below]),
        np.concatenate([found.mean, -found.mean]),
        np.concatenate([found.low, -found.high]),
        np.concatenate([found.high, -found.low]),
    )


def verdicts(pairs: Edges, found: Gains, profiles: int, epsilon: float) -> Verdicts:
    """Certified: no deviation gains more than `epsilon`; refuted: some surely does; else undecided.

    Parameters
    ----------
    epsilon
        log gain that moves nobody
    """
    every = deviations(pairs, found)
    low, high = every.low, every.high
    most_sure, might, regret = (np.full(profiles, -np.inf) for _ in range(3))
    np.maximum.at(most_sure, every.start, low)
    np.maximum.at(might, every.start, high)
    np.maximum.at(regret, every.start, np.where(np.isnan(every.gain), -np.inf, every.gain))
    refuted, certified = most_sure > epsilon, might <= epsilon
    word = [REFUTED if bad else CERTIFIED if good else UNDECIDED for bad, good in zip(refuted, certified, strict=True)]
    rank = np.where(refuted[every.start], low, high)
    order = np.lexsort((rank, every.start))  # the last of each profile's deviations decides
    last = order[np.searchsorted(every.start[order], np.arange(profiles), "right") - 1]
    return Verdicts(
        word,
        every.player[last],
        every.to[last],
        every.gain[last],
        every.low[last],
        every.high[last],
        np.maximum(regret, 0.0),
        np.maximum(most_sure, 0.0),
        np.maximum(might, 0.0),
    )
