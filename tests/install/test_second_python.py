"""The wheel on every other Python at hand.

An interpreter is at hand when it has the locked packages: `make setup PYTHON=python3.12 VENV=.venv-3.12` makes one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.install.conftest import ROOT, Installed, bring_machine_code
from tests.install.test_wheel import COMMAND, TINY

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [re.split("[<>=]", needed)[0] for needed in PROJECT["dependencies"]]
VERSION = "import sys; print(*sys.version_info[:2], sep='.')"


def others() -> dict[str, str]:
    """Interpreters of other versions, by version: in the tree's environments, then on PATH."""
    found: dict[str, str] = {}
    on_path = [shutil.which(f"python3.{minor}") for minor in range(11, 20)]
    for python in [*map(str, sorted(ROOT.glob(".venv-*/bin/python"))), *filter(None, on_path)]:
        asked = subprocess.run([python, "-c", VERSION], capture_output=True, text=True, check=False)
        if asked.returncode == 0:  # a version manager leaves names on PATH that stand for nothing
            found.setdefault(asked.stdout.strip(), python)
    found.pop(f"{sys.version_info[0]}.{sys.version_info[1]}", None)
    return found


OTHERS = others() or {"none": ""}


@pytest.mark.parametrize("python", OTHERS.values(), ids=OTHERS.keys())
def test_the_same_numbers_on_another_python(installed: Installed, tmp_path: Path, python: str) -> None:
    if not python:
        pytest.skip("no other Python from 3.11 on is installed here")
    has = f"import importlib.metadata as m; [m.version(name) for name in {NEEDED!r}]"
    asked = subprocess.run([python, "-c", has], capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        pytest.skip(f"{python} does not have the locked packages: {asked.stderr.splitlines()[-1]}")
    bring_machine_code(installed.site)
    for name, interpreter in {"here": sys.executable, "there": python}.items():
        done = installed.python(
            "-c", COMMAND, "run", *TINY, f"hydra.run.dir={name}", folder=tmp_path, python=interpreter
        )
        assert done.returncode == 0, done.stderr
    for path in sorted((tmp_path / "here").glob("*.csv")):
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes(), path.name
