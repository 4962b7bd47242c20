"""Edge lists of the user's own: read back as written, refused with the line that is wrong."""

from __future__ import annotations

import warnings
from pathlib import Path

import networkx as nx
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.run.study import about_friends
from secondhalf.model.market import Market
from secondhalf.model.network.edge_list import read_ties
from secondhalf.model.network.friend_graph import build_friends
from tests.model.network.test_friend_graph import KINDS, as_networkx, ends, network, same


@pytest.mark.parametrize("separator", [" ", ",", "\t", " , "])
@pytest.mark.parametrize("kind", KINDS)
def test_a_written_graph_is_read_back(kind: str, separator: str, tmp_path: Path) -> None:
    friends = build_friends(network(kind), 100, 1)
    owner, friend = ends(friends)
    file = tmp_path / "ties.txt"
    file.write_text("# written\n\n" + "".join(f"{a}{separator}{b}\n" for a, b in zip(owner, friend, strict=True)))
    assert same(build_friends(network("file", file=str(file)), 100, 9), friends)


def test_networkx_edge_lists_with_attributes_are_read(tmp_path: Path) -> None:
    graph = nx.path_graph(4)
    graph.edges[0, 1]["weight"] = 0.5
    nx.write_edgelist(graph, tmp_path / "ties.txt")
    friends = build_friends(network("file", file=str(tmp_path / "ties.txt")), 6, 1)
    assert nx.utils.edges_equal(as_networkx(friends).edges, nx.path_graph(4).edges)
    assert friends.indptr.tolist() == [0, 1, 3, 5, 6, 6, 6]


def test_ties_that_stand_twice_count_once(tmp_path: Path) -> None:
    file = tmp_path / "ties.csv"
    file.write_text("\ufeff0,1\r\n1,0\r\n0,1 # again\r\n2,1,0.5")
    assert build_friends(network("file", file=str(file)), 3, 1).indices.tolist() == [1, 0, 2, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 1\n1 two\n", r":2: 'two' is no node number; integers in 0\.\.9 are allowed"),
        ("0 1\n1 2.5\n", r":2: '2\.5' is no node number"),
        ("source,target\n0,1\n", r":1: 'source' is no node number"),
        ("0 1\n\n# note\n3 10\n", r":4: node 10 is outside 0\.\.9, the numbers of population\.users=10"),
        ("-1 3\n", r":1: node -1 is outside 0\.\.9"),
        ("0 " + "9" * 30, r":1: node 9{30} is outside 0\.\.9"),
        ("0 1\n4 4\n", r":2: node 4 is tied to itself; a tie needs two different nodes"),
        ("0 1\n7\n", r":2: '7' has fewer than two fields; two node numbers are needed"),
        ("0,,1\n", r":1: '0,,1' is no pair of node numbers"),
        ("", r": holds no tie; at least one line"),
        ("# only a comment\n", r": holds no tie; at least one line"),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "ties.txt"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"^network\.file=.*ties\.txt" + message) as caught:
        build_friends(network("file", file=str(file)), 10, 1)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^network\.file=.*nowhere\.txt: cannot be read \(no such file"):
        build_friends(network("file", file=str(tmp_path / "nowhere.txt")), 10, 1)


def test_a_directory_is_no_edge_list(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^network\.file=.*: cannot be read \(is a directory\)"):
        build_friends(network("file", file=str(tmp_path)), 10, 1)


def test_a_binary_file_is_no_edge_list(tmp_path: Path) -> None:
    (tmp_path / "ties.npz").write_bytes(bytes(range(256)))
    with pytest.raises(SettingsError, match=r"^network\.file=.*ties\.npz: not a text file"):
        build_friends(network("file", file=str(tmp_path / "ties.npz")), 10, 1)


INDEXED = "0,3,5\n1,5,7\n2,7,3\n"


def test_an_index_beside_the_ties_is_spoken_of(tmp_path: Path) -> None:
    """What pandas writes with its index reads as other ties; the file is read as it stands, and said how."""
    path = tmp_path / "friends.csv"
    path.write_text(INDEXED)
    with pytest.warns(UserWarning, match=r"counts 0, 1, 2 .* read as ties 0-3, 1-5, 2-7; if 3-5, 5-7, 7-3 are meant"):
        assert read_ties(str(path), 10).tolist() == [[0, 3], [1, 5], [2, 7]]


@pytest.mark.parametrize(
    "text", ["0,3\n1,5\n2,7\n", "0,3,0.5\n1,5,1\n2,7,1\n", "0,3,5\n1,5,7\n9,7,3\n", "0 3 3\n1 5 7\n"]
)
def test_no_index(tmp_path: Path, text: str) -> None:
    """Two columns, weights, numbers that do not count, a second pair that would be no tie."""
    (tmp_path / "friends.csv").write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_ties(str(tmp_path / "friends.csv"), 10)


def test_the_summary_says_what_was_read(tmp_path: Path) -> None:
    (tmp_path / "friends.csv").write_text(INDEXED)
    words = ["population.users=10", "population.merchants=5", "calendar.warm_up=56", "calendar.end=2019-01-02"]
    file = ["network=file", f"network.file={tmp_path / 'friends.csv'}"]
    for chosen, expected in (
        (file, {"kind": "file", "ties": 3, "isolated_users": 4}),
        (["network=random_mixing"], {"kind": "random_mixing", "ties": None, "isolated_users": None}),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            market = Market(load_settings([*words, *chosen]))
        market.close()
        assert about_friends(market) == expected | {"nodes": 10}
