"""Imports run one way, files and folders stay small, and a name means one class."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ("agents", "model", "conf", "experiments")
FOLDERS = (*PROGRAM, "docs", "tests")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
LONGEST = 400
"""Lines of a file."""
MOST = 16
"""Files of a folder, `__init__.py` apart."""
FORBIDDEN = {
    "agents": ("secondhalf.model", "secondhalf.experiments", "tests"),
    "model": ("secondhalf.experiments", "tests"),
    "conf": ("secondhalf.agents", "secondhalf.model", "secondhalf.experiments", "tests"),
    "experiments": ("tests",),
}
MODEL_ORDER = (
    ("shapes",),
    ("numba_kernels",),
    ("random_streams",),
    ("calendar", "data_files"),
    ("network",),
    ("users",),
    ("supply",),
    ("scenario", "accounts"),
    ("ranges",),
    ("state",),
    ("initial_state",),
    ("day",),
    ("observers", "snapshots"),
    ("market",),
    ("meanfield",),
)
"""Rooms of model/: each imports itself and those before it, and none that stands beside it."""

# Experiments: to be filled and emptied when their folders are put in order.
EXPERIMENTS_ORDER: tuple[tuple[str, ...], ...] = ()
"""Rooms of experiments/ in the same way; nothing is checked while it is empty."""
EXPERIMENTS_CIRCLES = {
    *(f"secondhalf.experiments.browser.{name}" for name in ("commands", "session")),
    *(f"secondhalf.experiments.command.{name}" for name in ("compose", "request", "studies")),
}
"""Modules that still import each other in a circle."""
EXPERIMENTS_NAMES = (
    *("Asked", "Checkpoint", "Column", "Drawn", "Fit", "Found", "Job", "Kept", "Quantity", "Question", "Record"),
    *("Report", "Row", "Rule", "Seen", "Series", "Step", "Strategy", "Study", "Verdicts", "Watch", "Words"),
)
"""Names that two classes still share, one of them at least in experiments/."""
EXPERIMENTS_CROWDED = ("experiments/browser",)
"""Folders that still hold more than `MOST` files."""


@cache
def imported(path: Path) -> frozenset[str]:
    """Modules and names that a file imports, wherever in the file, for types only too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def of(*folders: str) -> list[Path]:
    return [path for path in FILES if path.relative_to(ROOT).parts[0] in folders]


def module(path: Path) -> str:
    """Import name of a file of the program."""
    return f"secondhalf.{name_of(path)[:-3].replace('/', '.')}".removesuffix(".__init__")


def imports() -> nx.DiGraph[str]:
    """Modules of the program, each with those that it imports."""
    modules = {module(path): path for path in of(*PROGRAM)}
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name, path in modules.items():
        for whole in imported(path):
            target = whole if whole in modules else whole.rpartition(".")[0]
            if target in modules and target != name:
                graph.add_edge(name, target)
    return graph


@pytest.mark.parametrize("path", of(*FORBIDDEN), ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    forbidden = FORBIDDEN[path.relative_to(ROOT).parts[0]]
    wrong = [name for name in imported(path) if any(name == f or name.startswith(f"{f}.") for f in forbidden)]
    assert not wrong, f"{name_of(path)} imports {', '.join(wrong)}"


@pytest.mark.parametrize(("folder", "order"), [("model", MODEL_ORDER), ("experiments", EXPERIMENTS_ORDER)])
def test_rooms_stand_in_their_order(folder: str, order: tuple[tuple[str, ...], ...]) -> None:
    """Room for room: what steers a market cannot know of measurements, as `observers` stand above `day`."""
    floor = {room: number for number, rooms in enumerate(order) for room in rooms}
    rooms = {path.stem if path.parent.name == folder else name_of(path).split("/")[1] for path in of(folder)}
    assert not order or rooms - {"__init__"} == set(floor)
    wrong = []
    for source, target in imports().edges:
        ends = [name.split(".") for name in (source, target)]
        if order and all(len(parts) > 2 and parts[1] == folder for parts in ends):
            upper, lower = (parts[2] for parts in ends)
            if upper != lower and floor[upper] <= floor[lower]:
                wrong.append(f"{source} imports {target}")
    assert not wrong


def test_measurements_never_steer() -> None:
    """Of the model only the market, which gives the record its place, and what stands above it know observers."""
    knowing = {
        source.split(".")[2]
        for source, target in imports().edges
        if source.startswith("secondhalf.model.") and target.startswith("secondhalf.model.observers")
    }
    assert knowing == {"observers", "market", "meanfield"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    circles = [circle for circle in nx.strongly_connected_components(imports()) if len(circle) > 1]
    assert [sorted(circle) for circle in circles if not circle <= EXPERIMENTS_CIRCLES] == []


def test_a_name_means_one_class() -> None:
    where: dict[str, list[str]] = {}
    for path in of(*PROGRAM):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where.setdefault(node.name, []).append(name_of(path))
    shared = {name: files for name, files in where.items() if len(files) > 1}
    inside = {name for name, files in shared.items() if sum(not file.startswith("experiments") for file in files) > 1}
    assert not inside
    assert not {name: files for name, files in shared.items() if name not in EXPERIMENTS_NAMES}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_folders_are_small() -> None:
    counts = Counter(name_of(path.parent) for path in of(*PROGRAM) if path.name != "__init__.py")
    assert {name for name, count in counts.items() if count > MOST} <= set(EXPERIMENTS_CROWDED)


@pytest.mark.parametrize(("folder", "absent"), [("agents", "model"), ("model", "experiments")])
def test_nothing_comes_in_through_the_back_door(folder: str, absent: str) -> None:
    """All modules of a folder, loaded in a fresh process, bring in none of the folder that they must not know."""
    names = [module(path) for path in of(folder)]
    program = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
        f"print([name for name in sys.modules if name.startswith('secondhalf.{absent}')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
