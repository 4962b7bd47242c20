"""docs/data_dictionary.md names every column and key that a run writes, no other, and functions that exist."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from rich.console import Console

from secondhalf.experiments.command.compose import compose_config, load_settings, options
from secondhalf.experiments.counterfactual.arms import find_arms
from secondhalf.experiments.counterfactual.settings import Counterfactual
from secondhalf.experiments.counterfactual.study import counterfactual
from secondhalf.experiments.pictures import PICTURES
from secondhalf.experiments.results.tables import TABLES
from secondhalf.experiments.run.study import run
from secondhalf.experiments.validate.patterns.runs import COLUMNS as PATTERN_COLUMNS
from tests.experiments.conftest import SILENT

DICTIONARY = Path(__file__).parents[2] / "docs" / "data_dictionary.md"
OPEN_ENDED = {"settings", "versions", "market", "exposure_at_start", "extrapolated", "phases.platforms"}
"""Keys of the summary whose entries are named elsewhere."""
BY_NAME = {"platforms", "phases.market.levels"}
"""Keys whose entries have one description, under `*`."""


def sections() -> dict[str, list[list[str]]]:
    """Rows of each section's table: name, unit, meaning, computed by."""
    found: dict[str, list[list[str]]] = {}
    for part in DICTIONARY.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = part.partition("\n")
        lines = [line for line in text.splitlines() if line.startswith("|")]
        found[title] = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run over two festivals and a whole year."""
    folder = tmp_path_factory.mktemp("run")
    words = ["population.users=60", "population.merchants=10", "calendar.end=2019-12-31", "platforms=[douyin,jd]"]
    return folder, run(load_settings(words), folder, SILENT, console=Console(quiet=True))


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_described(finished: tuple[Path, dict[str, Any]], name: str) -> None:
    folder, _ = finished
    with (folder / f"{name}.csv").open(encoding="utf-8") as lines:
        written = lines.readline().strip().split(",")
    described: list[str] = []
    for row in sections()[f"{name}.csv"]:
        described += ["douyin", "jd"] if row[0] == "*platform*" else [row[0]]
    assert described == written


def keys(value: Any, path: str = "") -> set[str]:
    """Paths of all keys of the summary; entries of lists and of `BY_NAME` are `*`."""
    if path in OPEN_ENDED:
        return set()
    if isinstance(value, list):
        return set().union(*(keys(entry, f"{path}.*") for entry in value if isinstance(entry, dict)))
    if not isinstance(value, dict):
        return set()
    if path in BY_NAME:
        return set().union(*(keys(entry, f"{path}.*") for entry in value.values()))
    found = set()
    for name, entry in value.items():
        here = f"{path}.{name}" if path else name
        found |= {here} | keys(entry, here)
    return found


def test_every_key_of_the_summary_is_described(finished: tuple[Path, dict[str, Any]]) -> None:
    _, summary = finished
    assert summary["festivals"]
    described = [row[0] for row in sections()["summary.json"]]
    assert len(described) == len(set(described))
    assert set(described) == keys(summary)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A counterfactual of two tiny seeds, in one process."""
    folder = tmp_path_factory.mktemp("compared")
    words = ["strategy=hold", "experiment=ci", "limits.users=60", "limits.merchants=10", "counterfactual.workers=1"]
    config = compose_config(words)
    counterfactual(find_arms(config), options(Counterfactual, config), folder, SILENT, Console(quiet=True))
    return folder


@pytest.mark.parametrize("name", ["differences", "runs", "seeds"])
def test_every_column_of_a_counterfactual_is_described(compared: Path, name: str) -> None:
    with (compared / f"{name}.csv").open(encoding="utf-8") as lines:
        assert [row[0] for row in sections()[f"{name}.csv"]] == lines.readline().strip().split(",")


def test_every_column_of_patterns_is_described() -> None:
    assert [row[0] for row in sections()["patterns.csv"]] == list(PATTERN_COLUMNS)


def test_every_key_of_a_counterfactual_is_described(compared: Path) -> None:
    summary = json.loads((compared / "summary.json").read_text(encoding="utf-8"))
    described = {row[0] for row in sections()["summary.json of counterfactual"]}
    found = set(summary) | {f"seconds.{name}" for name in summary["seconds"]}
    found |= {f"variance_reduction.*.{name}" for name in summary["variance_reduction"]["jd"]}
    assert described == found


def test_every_attribute_of_the_sample_is_described(finished: tuple[Path, dict[str, Any]]) -> None:
    graph = nx.read_graphml(finished[0] / "friends.graphml")
    assert len(graph) > 0
    described = [row[0] for row in sections()["friends.graphml"]]
    for _, attributes in graph.nodes(data=True):
        assert sorted(attributes) == sorted(described)


def test_every_picture_is_described() -> None:
    assert [row[0] for row in sections()["Pictures"]] == list(PICTURES)


def test_every_row_is_whole() -> None:
    for title, rows in sections().items():
        for row in rows:
            assert len(row) == 4, f"{title}: {row}"
            assert all(row), f"{title}: {row}"


def test_functions_that_are_named_exist() -> None:
    named = {
        name
        for rows in sections().values()
        for row in rows
        for name in re.findall(r"`((?:agents|model|experiments)\.[\w.]+)`", row[3])
    }
    assert len(named) > 20
    for name in named:
        parts = name.split(".")
        module = next(
            "secondhalf." + ".".join(parts[:size]) for size in range(len(parts), 0, -1) if is_module(parts[:size])
        )
        thing: Any = importlib.import_module(module)
        for part in parts[module.count(".") :]:
            thing = getattr(thing, part)


def is_module(parts: list[str]) -> bool:
    """Whether a dotted name under secondhalf is a module."""
    try:
        importlib.import_module("secondhalf." + ".".join(parts))
    except ModuleNotFoundError:
        return False
    return True
