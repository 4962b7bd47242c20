"""Friend graph, from settings or from a file, as sorted neighbour lists (CSR).

Every kind is made by one method at all sizes, from keyed draws: the graph is a function of (settings, users, seed)
alone, and its mean degree is `network.mean_degree` at any size. Without a graph (`random_mixing`) users meet anybody.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.import_path import import_object, is_import_path
from secondhalf.conf.schema.population import NetworkSettings
from secondhalf.model.network.edge_list import read_ties
from secondhalf.model.network.hyperbolic import hyperbolic_ties
from secondhalf.model.numba_kernels import compiled
from secondhalf.model.random_streams import Decision, below, key, uniforms, word, words
from secondhalf.model.shapes import F64, I32, I64

_REWIRING_ROUNDS = 32
"""Draws after which a tie that found no free place stays; only nearly complete graphs get there."""


class Friends(NamedTuple):
    """Friends of user i are ``indices[indptr[i]:indptr[i + 1]]``, sorted; each tie stands in both lists."""

    indptr: I64  # [N + 1]
    indices: I32  # [2 * ties]; empty: anybody may meet anybody


def build_friends(network: NetworkSettings, users: int, seed: int) -> Friends:
    """Make or read the friend graph: undirected, no ties to oneself, no tie twice.

    A mean degree that `users` cannot hold gives the complete graph. There is at least one tie, however small the mean
    degree, because no tie at all means random mixing.

    Parameters
    ----------
    network
        the kind of graph and its parameters; only those of the kind are read. A kind ``module:function`` is called
        with what this function is called with, and gives pairs of user numbers in any order
    users
        number of nodes, at least 2
    seed
        of the run

    Raises
    ------
    SettingsError
        when the file of ``network=file`` is missing, unreadable or malformed, a function of one's own gives something
        else than ties, or communities are too small to hold
        their ties

    References
    ----------
    Watts and Strogatz (1998), Nature 393, 440-442: `small_world`.
    Barabasi and Albert (1999), Science 286, 509-512: `scale_free`.
    Krioukov et al. (2010), Physical Review E 82, 036106: `clustered_scale_free`.
    Fortunato (2010), Physics Reports 486, 75-174: `communities`, the planted partition with unequal communities.
    """
    if network.kind == "random_mixing":
        return Friends(np.zeros(users + 1, np.int64), np.empty(0, np.int32))
    if network.kind == "file":
        return _friends(users, read_ties(str(network.file), users))
    if is_import_path(network.kind):
        return _friends(users, _own_ties(network, users, seed))
    degree = network.mean_degree
    if degree >= users - 1:
        return _friends(users, np.column_stack(np.triu_indices(users, 1)).astype(np.int64))
    if network.kind == "small_world":
        ties: I32 | I64 = _small_world(users, degree, network.rewiring, seed)
    elif network.kind == "scale_free":
        ties = _scale_free(users, degree, key(seed, Decision.NETWORK))
    elif network.kind == "clustered_scale_free":
        ties = hyperbolic_ties(users, degree, network.exponent, network.temperature, seed)
    else:
        ties = _communities(network, users, seed)
    return _friends(users, ties if len(ties) else np.array([[0, 1]], np.int64))


def _own_ties(network: NetworkSettings, users: int, seed: int) -> I64:
    """Ties [E, 2] returned by a user's own function, checked."""
    given = import_object(network.kind)(network, users, seed)
    try:
        ties = np.asarray(given if isinstance(given, np.ndarray) else list(given))
    except (TypeError, ValueError) as error:
        raise SettingsError(f"network.kind={network.kind}: pairs of user numbers are needed") from error
    if ties.ndim != 2 or ties.shape[1] != 2 or not len(ties) or ties.dtype.kind not in "iu":
        raise SettingsError(f"network.kind={network.kind}: at least one pair of user numbers is needed, and only pairs")
    wrong = (ties < 0).any(axis=1) | (ties >= users).any(axis=1) | (ties[:, 0] == ties[:, 1])
    if wrong.any():
        a, b = ties[wrong][0]
        raise SettingsError(f"network.kind={network.kind}: {a}-{b} is no tie between two users in 0..{users - 1}")
    return ties.astype(np.int64)


def _friends(users: int, ties: I32 | I64) -> Friends:
    """Sort ties [E, 2] into neighbour lists, each once."""
    return Friends(*_lists(users, ties))


@compiled
def _lists(users: int, ties: I32 | I64) -> tuple[I64, I32]:
    """Neighbour lists (indptr, indices) in time and memory proportional to the ties, which are not sorted.

    Lists filled from ties in any order are turned about: going through their owners in order and writing each into its
    friends' lists leaves sorted ones, in which a tie that came twice stands twice in a row.
    """
    indptr = np.zeros(users + 1, np.int64)
    for tie in range(len(ties)):
        indptr[ties[tie, 0] + 1] += 1
        indptr[ties[tie, 1] + 1] += 1
    for user in range(users):
        indptr[user + 1] += indptr[user]
    end = indptr[:-1].copy()
    unsorted = np.empty(2 * len(ties), np.int32)
    for tie in range(len(ties)):
        for side in range(2):
            owner = ties[tie, side]
            unsorted[end[owner]] = ties[tie, 1 - side]
            end[owner] += 1
    indices = np.empty(2 * len(ties), np.int32)
    end[:] = indptr[:-1]
    for user in range(users):
        for place in range(indptr[user], indptr[user + 1]):
            friend = unsorted[place]
            if end[friend] == indptr[friend] or indices[end[friend] - 1] != user:
                indices[end[friend]] = user
                end[friend] += 1
    kept = 0
    for user in range(users):
        first, indptr[user] = indptr[user], kept
        for place in range(first, end[user]):
            indices[kept] = indices[place]
            kept += 1
    indptr[users] = kept
    return indptr, indices[:kept].copy()


def _integers(stream: np.uint64, limits: I64) -> I64:
    """One integer in [0, limit) for each limit (below 2**32), as `random_streams.below`."""
    shift = np.uint64(32)
    return (((words(stream, limits.size) >> shift) * limits.astype(np.uint64)) >> shift).astype(np.int64)


def _small_world(users: int, degree: float, rewiring: float, seed: int) -> I64:
    """A ring of near neighbours [E, 2], of which a share of ties is rewired to random users.

    Where `degree` is no even number the farthest neighbours are linked at evenly spaced users only. As in the
    original, the first end of a tie stays and a tie that finds no free place keeps its own.
    """
    total = round(users * degree / 2)
    distance, rest = divmod(total, users)
    span = users // 2 if 2 * (distance + 1) == users else users
    source = np.concatenate([np.tile(np.arange(users), distance), np.arange(rest) * span // max(rest, 1)])
    target = (source + np.arange(total) // users + 1) % users
    pending = np.flatnonzero(uniforms(key(seed, Decision.NETWORK), total) < rewiring)
    for attempt in range(1, _REWIRING_ROUNDS + 1):
        if not pending.size:
            break
        codes = np.sort(np.minimum(source, target) * users + np.maximum(source, target))
        kept, drawn = source[pending], _integers(key(seed, Decision.NETWORK, who=attempt), np.full(pending.size, users))
        wanted, first = np.unique(np.minimum(kept, drawn) * users + np.maximum(kept, drawn), return_index=True)
        place = np.minimum(np.searchsorted(codes, wanted), total - 1)
        free = np.zeros(pending.size, np.bool_)
        free[first] = codes[place] != wanted
        free &= kept != drawn
        target[pending[free]] = drawn[free]
        pending = pending[~free]
    return np.column_stack([source, target])


@compiled
def _scale_free(users: int, degree: float, stream: np.uint64) -> I64:
    """Preferential attachment [E, 2]; users are numbered by age, so the first are the hubs.

    It starts from a complete graph of ``degree + 1`` users, and each further user brings ``degree / 2`` ties (the
    floor or the ceiling of it, so that the total is met). An old user is drawn as either end of a tie drawn evenly
    (Batagelj and Brandes 2005), again when the newcomer has the tie already.
    """
    core = int(degree) + 1
    ties = np.empty((max(int(users * degree / 2), core * (core - 1) // 2), 2), np.int64)
    latest = np.full(users, -1, np.int64)
    count, draw = 0, 0
    for newcomer in range(1, users):
        old = count
        share = newcomer if newcomer < core else min(int((newcomer + 1) * degree / 2) - count, newcomer)
        for number in range(share):
            friend, found = np.int64(number), newcomer < core
            while not found:
                draw += 1
                bits = word(stream, draw)
                end = int(float(bits >> np.uint64(11)) * 2.0**-53 * 2 * old)
                friend = ties[end // 2, end % 2] if old else np.int64(below(bits, newcomer))
                found = latest[friend] != newcomer
            latest[friend] = newcomer
            ties[count, 0], ties[count, 1] = newcomer, friend
            count += 1
    return ties[:count]


def _community_sizes(network: NetworkSettings, users: int, degree: float, seed: int) -> I64:
    """Sizes [C] that add up to `users`: a power law above the smallest that holds its members' ties."""
    mean, exponent = network.community_size, network.exponent
    count = max(1, round(users / mean))
    needed = math.ceil(network.inside * degree) + 1
    if count > 1 and needed > mean:
        raise SettingsError(
            f"network.community_size={mean}: at least {needed} is needed to hold network.inside={network.inside:g} of "
            f"network.mean_degree={network.mean_degree:g} ties"
        )
    least = min(max(needed, 2, int(mean * (exponent - 2) / (exponent - 1))), users // count)
    excess = uniforms(key(seed, Decision.NETWORK, who=0), count) ** (-1 / (exponent - 1)) - 1
    ends = np.rint(np.cumsum(excess) / excess.sum() * (users - count * least)).astype(np.int64)
    sizes: I64 = np.diff(ends, prepend=0) + least
    return sizes


def _points(pairs: F64, wanted: F64) -> I64:
    """How many evenly thrown points hit `wanted` of `pairs` at least once, group by group [C]."""
    chance = np.minimum(wanted / np.maximum(pairs, 1), 1 - 1e-13)
    return np.diff(np.rint(np.cumsum(-pairs * np.log1p(-chance))), prepend=0).astype(np.int64)


def _communities(network: NetworkSettings, users: int, seed: int) -> I64:
    """Communities of neighbouring numbers; ties [E, 2] are thrown evenly within them and between them.

    Pairs hit twice count once, which `_points` allows for. With a single community all ties are inside.
    """
    sizes = _community_sizes(network, users, network.mean_degree, seed)
    starts = np.cumsum(sizes) - sizes
    total = users * network.mean_degree / 2
    pairs = sizes * (sizes - 1.0) / 2
    between = (users * (users - 1.0)) / 2 - pairs.sum()
    outside = min(total * (1 - network.inside), between)

    group = np.repeat(np.arange(sizes.size), _points(pairs, (total - outside) * sizes / users))
    first = _integers(key(seed, Decision.NETWORK, who=1), sizes[group])
    second = _integers(key(seed, Decision.NETWORK, who=2), sizes[group] - 1)
    second += second >= first
    within = np.column_stack([first, second]) + starts[group][:, None]

    count = int(_points(np.array([between]), np.array([outside]))[0])
    cumulative = np.cumsum(sizes * (users - sizes))
    drawn = uniforms(key(seed, Decision.NETWORK, who=3), count) * cumulative[-1]
    group = np.minimum(np.searchsorted(cumulative, drawn, side="right"), sizes.size - 1)
    first = starts[group] + _integers(key(seed, Decision.NETWORK, who=4), sizes[group])
    step = sizes[group] + _integers(key(seed, Decision.NETWORK, who=5), users - sizes[group])
    second = (starts[group] + step) % users
    return np.concatenate([within, np.column_stack([first, second])])
