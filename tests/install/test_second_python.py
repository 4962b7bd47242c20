"""The wheel on every other Python at hand, and with whatever Mesa is installed there.

An interpreter is at hand when it has the packages of a run: `make setup PYTHON=python3.12 VENV=.venv-3.12` makes one,
and `.venv-3.12/bin/python -m pip install 'mesa>=3.5,<4'` gives it a later Mesa than the locked one.
"""

from __future__ import annotations

import json
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
MESA_TOOLS = """
import json, mesa
from secondhalf import Market
values = {"population.users": 150, "population.merchants": 20, "calendar.end": "2019-01-05", "calendar.warm_up": 56}
asked = {**values, "seed": [0, 1], "strategy": ["history", "hold"]}
rows = mesa.batch_run(Market, asked, data_collection_period=1, display_progress=False)
print(json.dumps([{name: value for name, value in row.items() if name != "rng"} for row in rows]))
"""


def others() -> dict[str, str]:
    """Interpreters by version: the tree's other environments, then those on PATH that have another version."""
    found = {python.parents[1].name.removeprefix(".venv-"): str(python) for python in ROOT.glob(".venv-*/bin/python")}
    for python in filter(None, (shutil.which(f"python3.{minor}") for minor in range(11, 20))):
        asked = subprocess.run([python, "-c", VERSION], capture_output=True, text=True, check=False)
        if asked.returncode == 0:  # a version manager leaves names on PATH that stand for nothing
            found.setdefault(asked.stdout.strip(), python)
    found.pop(f"{sys.version_info[0]}.{sys.version_info[1]}", None)
    return dict(sorted(found.items()))


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
    printed = []
    for name, interpreter in {"here": sys.executable, "there": python}.items():
        done = installed.python(
            "-c", COMMAND, "run", *TINY, f"hydra.run.dir={name}", folder=tmp_path, python=interpreter
        )
        assert done.returncode == 0, done.stderr
        batch = installed.python("-c", MESA_TOOLS, folder=tmp_path, python=interpreter)
        assert batch.returncode == 0, batch.stderr
        printed.append(batch.stdout)
    for path in sorted((tmp_path / "here").glob("*.csv")):
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes(), path.name
    assert printed[0] == printed[1]
    assert len(json.loads(printed[0])) == 2 * 2 * 5 * 5
