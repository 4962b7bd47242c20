"""The heterogeneous graph: nodes and ties as the columns have them, in types that GraphML keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from secondhalf.model.network.friend_graph import Friends
from secondhalf.model.network.networkx_export import heterogeneous_graph
from secondhalf.model.shapes import NOBODY, Columns

PLATFORMS = ["taobao", "douyin"]
MERCHANTS = [0, 7]
SHOPS = np.array([[True, False], [True, True]])


def columns(installed: list[int], fan_merchant: list[list[int]]) -> Columns:
    """Columns in which only what the graph reads has a meaning."""
    columns: dict[str, Any] = {name: np.zeros(0) for name in Columns._fields}
    columns |= {"installed": np.array(installed, np.uint32), "fan_merchant": np.array(fan_merchant, np.int32)}
    return Columns(**columns)


@pytest.fixture
def friends() -> Friends:
    """Users 0-1-2 in a row, user 3 alone."""
    return Friends(np.array([0, 1, 3, 4, 4]), np.array([1, 0, 2, 1], np.int32))


@pytest.fixture
def state() -> Columns:
    """User 0 has taobao, 1 both, 2 none, 3 douyin; user 1 follows merchant 7 in both slots, 3 follows 0 and 9."""
    return columns([1, 3, 0, 2], [[NOBODY, 7, NOBODY, 0], [NOBODY, 7, NOBODY, 9]])


def ties(graph: nx.Graph[str], kind: str) -> set[frozenset[str]]:
    return {frozenset((a, b)) for a, b, tie in graph.edges(data="tie") if tie == kind}


def pairs(*names: tuple[str, str]) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in names}


def test_every_tie_of_the_market_is_an_edge(friends: Friends, state: Columns) -> None:
    graph = heterogeneous_graph(friends, state, PLATFORMS, MERCHANTS, SHOPS)
    kinds = dict(graph.nodes(data="kind"))
    assert kinds == {
        **{f"user:{i}": "user" for i in range(4)},
        "merchant:0": "merchant",
        "merchant:7": "merchant",
        "platform:taobao": "platform",
        "platform:douyin": "platform",
    }
    assert ties(graph, "friend") == pairs(("user:0", "user:1"), ("user:1", "user:2"))
    assert ties(graph, "fan") == pairs(("user:1", "merchant:7"), ("user:3", "merchant:0"))
    assert ties(graph, "install") == pairs(
        ("user:0", "platform:taobao"),
        ("user:1", "platform:taobao"),
        ("user:1", "platform:douyin"),
        ("user:3", "platform:douyin"),
    )
    assert ties(graph, "shop") == pairs(
        ("merchant:0", "platform:taobao"), ("merchant:7", "platform:taobao"), ("merchant:7", "platform:douyin")
    )
    assert graph.number_of_edges() == 11


def test_fewer_users_keep_the_ties_among_them(friends: Friends, state: Columns) -> None:
    graph = heterogeneous_graph(friends, state, PLATFORMS, MERCHANTS, SHOPS, max_users=2)
    assert [node for node, kind in graph.nodes(data="kind") if kind == "user"] == ["user:0", "user:1"]
    assert ties(graph, "friend") == pairs(("user:0", "user:1"))
    assert ties(graph, "fan") == pairs(("user:1", "merchant:7"))
    assert len(ties(graph, "install")) == 3
    assert len(ties(graph, "shop")) == 3


def test_more_users_than_there_are_means_all(friends: Friends, state: Columns) -> None:
    capped, full = (
        heterogeneous_graph(friends, state, PLATFORMS, MERCHANTS, SHOPS, max_users=limit) for limit in (100, None)
    )
    assert nx.utils.graphs_equal(capped, full)


def test_random_mixing_has_no_friend_ties(state: Columns) -> None:
    nobody = Friends(np.zeros(5, np.int64), np.empty(0, np.int32))
    graph = heterogeneous_graph(nobody, state, PLATFORMS, MERCHANTS, SHOPS)
    assert ties(graph, "friend") == set()
    assert len(ties(graph, "install")) == 4


def test_graphml_gives_the_same_graph_back(friends: Friends, state: Columns, tmp_path: Path) -> None:
    numbers: Any = np.array(MERCHANTS, np.int32)  # as they come from a column
    graph = heterogeneous_graph(friends, state, PLATFORMS, numbers, SHOPS)
    nx.write_graphml(graph, tmp_path / "market.graphml")
    back = nx.read_graphml(tmp_path / "market.graphml")
    assert type(back) is type(graph)
    assert dict(back.nodes(data=True)) == dict(graph.nodes(data=True))
    assert back.adj == graph.adj
