"""Order of the folders of experiments/: each imports only folders below it, no circle of modules, few files each."""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.test_architecture import ROOT, imported

EXPERIMENTS_ORDER = (
    "execution",  # process pools, journal, progress, shared settings
    "game_theory",
    "results",  # tables of a run, and statistics of several
    "facts",
    "pictures",
    "html",
    "command",  # what every study is given: composed settings, a request, the registry
    "run",
    "redraw",
    "report",
    "sweep",
    "search",
    "bench",
    "browser",
    "calibrate",
    "second_half",
    "counterfactual",
    "questions",
    "launches",
    "validate",
    "sensitivity",
    "equilibrium",
)
"""Lower ones first; a folder imports those before it."""
FRONT = ("main", "dispatch", "checks", "completion")
"""Modules of command/ that start studies; no other folder imports them, and they know studies by the registry alone."""
MOST_FILES = 16
FILES = {
    f"secondhalf.{path.relative_to(ROOT).with_suffix('').as_posix().replace('/', '.').removesuffix('.__init__')}": path
    for path in sorted((ROOT / "experiments").rglob("*.py"))
}


def folder_of(module: str) -> str:
    return module.split(".")[2] if module.count(".") > 1 else ""


def edges() -> dict[str, set[str]]:
    """Modules of experiments/ that each imports, wherever in its text."""
    found: dict[str, set[str]] = {}
    for module, path in FILES.items():
        names = imported(path)
        found[module] = {
            known for name in names for known in (name, name.rpartition(".")[0]) if known in FILES and known != module
        }
    return found


EDGES = edges()


def test_all_folders_have_a_place() -> None:
    assert set(EXPERIMENTS_ORDER) == {folder_of(module) for module in FILES} - {""}


@pytest.mark.parametrize("folder", EXPERIMENTS_ORDER)
def test_a_folder_imports_lower_ones_only(folder: str) -> None:
    lower = {"", *EXPERIMENTS_ORDER[: EXPERIMENTS_ORDER.index(folder) + 1]}
    wrong = [
        f"{module} imports {other}"
        for module, others in EDGES.items()
        if folder_of(module) == folder
        for other in others
        if folder_of(other) not in lower
    ]
    assert not wrong


def test_no_circle_of_modules() -> None:
    tuple(TopologicalSorter(EDGES).static_order())


def test_only_the_command_itself_starts_studies() -> None:
    front = {f"secondhalf.experiments.command.{name}" for name in FRONT}
    wrong = [module for module, others in EDGES.items() if others & front and folder_of(module) != "command"]
    assert not wrong


def test_folders_are_small() -> None:
    folders = {path.parent for path in FILES.values()}
    for folder in folders:
        count = len([path for path in folder.glob("*.py") if path.name != "__init__.py"])
        assert count <= MOST_FILES, f"{folder.relative_to(ROOT).as_posix()}: {count} files"


def test_a_study_imports_no_private_name_of_another() -> None:
    wrong = []
    for module, path in FILES.items():
        for name in imported(path):
            owner, _, last = name.rpartition(".")
            private = last.startswith("_") and not last.startswith("__")
            if private and owner in FILES and folder_of(owner) != folder_of(module):
                wrong.append(f"{module} imports {name}")
    assert not wrong


def test_every_study_has_its_files() -> None:
    for path in (ROOT / "experiments").glob("*/study.py"):
        assert (Path(path).with_name("settings.py")).is_file(), path.parent.name
