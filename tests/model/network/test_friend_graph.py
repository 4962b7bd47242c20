"""The friend graph: simple and sorted whatever the kind and size, with the statistics that its kind promises."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.population import NetworkSettings
from secondhalf.model.network.friend_graph import Friends, build_friends

KINDS = ("small_world", "scale_free", "clustered_scale_free", "communities")
DEFAULTS: dict[str, Any] = {
    "mean_degree": 12,
    "rewiring": 0.1,
    "exponent": 3.0,
    "temperature": 0.4,
    "community_size": 60,
    "inside": 0.8,
    "file": None,
}
SIGMAS = 5
"""Distance from an expectation, in standard deviations, at which a test fails."""


def network(kind: str, **changes: Any) -> NetworkSettings:
    return NetworkSettings(kind=kind, **{**DEFAULTS, **changes})  # type: ignore[arg-type]  # pydantic checks the kind


def ends(friends: Friends) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Owner and friend of every entry of the lists."""
    owner = np.repeat(np.arange(friends.indptr.size - 1), np.diff(friends.indptr))
    return owner, friends.indices.astype(np.int64)


def as_networkx(friends: Friends) -> nx.Graph[int]:
    graph: nx.Graph[int] = nx.empty_graph(friends.indptr.size - 1)
    owner, friend = ends(friends)
    graph.add_edges_from(zip(owner.tolist(), friend.tolist(), strict=True))
    return graph


def same(a: Friends, b: Friends) -> bool:
    return np.array_equal(a.indptr, b.indptr) and np.array_equal(a.indices, b.indices)


def assert_simple_and_sorted(friends: Friends, users: int) -> None:
    owner, friend = ends(friends)
    assert friends.indptr.dtype == np.int64
    assert friends.indices.dtype == np.int32
    assert friends.indptr.size == users + 1
    assert friends.indptr[-1] == friend.size > 0
    assert friend.min() >= 0
    assert friend.max() < users
    assert np.all(owner != friend)
    assert np.all(np.diff(owner * users + friend) > 0), "sorted within a list, and no friend twice"
    assert np.array_equal(np.sort(friend * users + owner), owner * users + friend), "each tie in both lists"


@settings(deadline=None)  # the first call compiles
@given(
    kind=st.sampled_from(KINDS),
    users=st.integers(2, 80),
    mean_degree=st.floats(0.01, 100),
    rewiring=st.floats(0, 1),
    exponent=st.floats(2.001, 10),
    temperature=st.floats(0, 0.999),
    inside=st.floats(0, 1),
    community_size=st.integers(3, 200),
    seed=st.integers(0, 2**63 - 1),
)
def test_any_size_gives_a_simple_sorted_symmetric_graph(
    kind: str, users: int, mean_degree: float, seed: int, **changes: Any
) -> None:
    asked = network(kind, mean_degree=mean_degree, **changes)
    several = mean_degree < users - 1 and round(users / asked.community_size) > 1
    if kind == "communities" and several and asked.community_size < math.ceil(asked.inside * mean_degree) + 1:
        with pytest.raises(SettingsError, match=f"network.community_size={asked.community_size}: at least"):
            build_friends(asked, users, seed)
        return
    friends = build_friends(asked, users, seed)
    assert_simple_and_sorted(friends, users)
    if mean_degree >= users - 1:
        assert friends.indices.size == users * (users - 1)


@pytest.mark.parametrize("mean_degree", [1, 3, 7.5, 12])
@pytest.mark.parametrize("kind", ["small_world", "scale_free"])
def test_mean_degree_is_met_exactly_also_when_odd(kind: str, mean_degree: float) -> None:
    friends = build_friends(network(kind, mean_degree=mean_degree), 3000, 1)
    assert friends.indices.size == 2 * int(3000 * mean_degree / 2)


@pytest.mark.parametrize("users", [300, 20_000])
@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("clustered_scale_free", {}),
        ("clustered_scale_free", {"temperature": 0.0}),
        ("clustered_scale_free", {"temperature": 0.9}),
        ("clustered_scale_free", {"exponent": 2.2}),
        ("communities", {}),
        ("communities", {"inside": 0.0}),
        ("communities", {"inside": 1.0}),
        ("communities", {"exponent": 2.05}),
    ],
)
def test_mean_degree_is_met_up_to_chance(kind: str, changes: dict[str, float], users: int) -> None:
    """Ties are pairwise independent, so the variance of their number is at most its mean, ``users * degree / 2``."""
    friends = build_friends(network(kind, **changes), users, 1)
    assert friends.indices.size / users == pytest.approx(12, abs=SIGMAS * math.sqrt(2 * 12 / users))


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_and_nothing_else_decides(kind: str) -> None:
    asked = network(kind)
    first = build_friends(asked, 2000, 3)
    build_friends(asked, 500, 8)
    assert same(build_friends(asked, 2000, 3), first)
    assert not same(build_friends(asked, 2000, 4), first)


def test_a_small_world_that_is_not_rewired_is_the_ring() -> None:
    friends = build_friends(network("small_world", mean_degree=4, rewiring=0), 20, 1)
    ring = nx.watts_strogatz_graph(20, 4, 0)
    assert nx.utils.graphs_equal(as_networkx(friends), nx.Graph(ring))


@pytest.mark.parametrize("rewiring", [0.1, 0.5])
def test_small_world_agrees_with_networkx(rewiring: float) -> None:
    """Mean clustering and variance of the degrees over twelve graphs each, by Welch's statistic."""
    users, degree = 400, 8
    ours = [
        as_networkx(build_friends(network("small_world", mean_degree=degree, rewiring=rewiring), users, seed))
        for seed in range(12)
    ]
    theirs = [nx.watts_strogatz_graph(users, degree, rewiring, seed=seed) for seed in range(12)]
    for statistic in (nx.average_clustering, lambda graph: np.var([d for _, d in graph.degree()])):
        a, b = np.array([statistic(g) for g in ours]), np.array([statistic(g) for g in theirs])
        error = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 12)
        assert abs(a.mean() - b.mean()) < SIGMAS * error


def test_clustered_scale_free_is_far_more_clustered_than_scale_free() -> None:
    clustered, plain = (
        nx.average_clustering(as_networkx(build_friends(network(kind), 3000, 1)))
        for kind in ("clustered_scale_free", "scale_free")
    )
    assert clustered > 0.4
    assert clustered > 8 * plain


@pytest.mark.parametrize("kind", ["scale_free", "clustered_scale_free"])
def test_degrees_follow_the_power_law(kind: str) -> None:
    """Hill's estimator over the top two per cent; its standard error is the estimate over the root of their number."""
    users, top = 50_000, 1000
    degrees = np.sort(np.diff(build_friends(network(kind), users, 1).indptr))[::-1].astype(float)
    tail = 1 / np.mean(np.log(degrees[:top] / degrees[top]))
    assert tail == pytest.approx(3 - 1, abs=SIGMAS * 2 / math.sqrt(top))
    assert degrees[0] > 20 * 12


@pytest.mark.parametrize("kind", ["small_world", "communities"])
def test_the_others_have_no_hubs(kind: str) -> None:
    assert np.diff(build_friends(network(kind), 20_000, 1).indptr).max() < 4 * 12


@pytest.mark.parametrize("inside", [0.5, 0.8])
def test_share_of_ties_within_communities(inside: float) -> None:
    """The same communities without ties outside are connected parts, which tell who belongs where."""
    users, changes = 6000, {"community_size": 40, "exponent": 10}
    parts = list(
        nx.connected_components(as_networkx(build_friends(network("communities", inside=1.0, **changes), users, 1)))
    )
    assert len(parts) == users / 40
    community = np.empty(users, np.int64)
    for number, part in enumerate(parts):
        community[list(part)] = number
    owner, friend = ends(build_friends(network("communities", inside=inside, **changes), users, 1))
    error = math.sqrt(inside * (1 - inside) / (owner.size / 2))
    assert np.mean(community[owner] == community[friend]) == pytest.approx(inside, abs=SIGMAS * error)


def test_communities_hold_together_and_are_unequal() -> None:
    """Without ties outside, the connected parts are the communities; their mean is the setting, their tail heavy."""
    friends = build_friends(network("communities", inside=1.0), 12_000, 1)
    sizes = np.array([len(part) for part in nx.connected_components(as_networkx(friends))])
    assert sizes.mean() == pytest.approx(60)
    assert sizes.min() >= 13
    assert sizes.max() > 4 * 60


def test_random_mixing_has_no_lists() -> None:
    friends = build_friends(network("random_mixing"), 5, 1)
    assert np.array_equal(friends.indptr, np.zeros(6))
    assert friends.indices.size == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_is_never_empty_because_empty_means_random_mixing(kind: str) -> None:
    friends = build_friends(network(kind, mean_degree=0.001), 50, 1)
    assert friends.indices.tolist() == [1, 0]


def test_communities_too_small_for_their_ties_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"network\.community_size=5: at least 11 .* network\.mean_degree=12"):
        build_friends(network("communities", community_size=5), 1000, 1)


def ties_of_mine(asked: NetworkSettings, users: int, seed: int) -> Any:
    """A star, its ties in any order and twice; what else it gives is for the refusals."""
    star = [(0, i) for i in range(1, users)]
    wrong: dict[float, Any] = {1: [(2, 2)], 2: [(0, users)], 3: [], 4: [(0, 1, 2)], 5: [(0, "x")], 6: 3, 7: [(0, 0.5)]}
    return wrong.get(asked.mean_degree, [*star, *[(b, a) for a, b in star]])


def test_a_graph_of_ones_own() -> None:
    kind = f"{__name__}:ties_of_mine"
    assert nx.utils.graphs_equal(as_networkx(build_friends(network(kind), 6, 1)), nx.star_graph(5))
    for case in range(1, 8):
        with pytest.raises(SettingsError, match=rf"^network\.kind={kind}: .*(needed|no tie between two users)"):
            build_friends(network(kind, mean_degree=case), 6, 1)
    with pytest.raises(ValueError, match=r"allowed are small_world, .* and module:function for your own"):
        network("ring")
