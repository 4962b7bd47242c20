"""Imports run one way, experiments -> model -> agents, and files stay short."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("agents", "model", "conf", "experiments", "docs", "tests")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
LONGEST = 400
FORBIDDEN = {
    "agents": ("secondhalf.model", "secondhalf.experiments", "tests"),
    "model": ("secondhalf.experiments", "tests"),
    "conf": ("secondhalf.agents", "secondhalf.model", "secondhalf.experiments", "tests"),
    "experiments": ("tests",),
}


def imported(path: Path) -> set[str]:
    """Modules that a file imports when it runs, wherever in the file; `if TYPE_CHECKING:` does not run."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.orelse:
                visit(child)
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [p for p in FILES if p.relative_to(ROOT).parts[0] in FORBIDDEN], ids=name_of)
def test_imports_run_one_way(path: Path) -> None:
    forbidden = FORBIDDEN[path.relative_to(ROOT).parts[0]]
    wrong = [name for name in imported(path) if any(name == f or name.startswith(f"{f}.") for f in forbidden)]
    assert not wrong, f"{name_of(path)} imports {', '.join(wrong)}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize(("folder", "absent"), [("agents", "model"), ("model", "experiments")])
def test_nothing_comes_in_through_the_back_door(folder: str, absent: str) -> None:
    """All modules of a folder, loaded in a fresh process, bring in none of the folder that they must not know."""
    modules = [name_of(p)[:-3].replace("/", ".") for p in FILES if p.relative_to(ROOT).parts[0] == folder]
    names = [f"secondhalf.{module.removesuffix('.__init__')}" for module in modules]
    program = (
        f"import importlib, sys\nfor name in {names!r}: importlib.import_module(name)\n"
        f"print([name for name in sys.modules if name.startswith('secondhalf.{absent}')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
