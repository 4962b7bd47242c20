"""`make setup`: uv from PATH or fetched into the environment, pip where that fails or where it is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.install.conftest import ROOT

FETCH = "python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock"
BY_UV = "uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.lock"
BY_PIP = "python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock"
STUB = """#!/bin/sh
echo "$(basename "$0") $*" >> "$LOG"
case "$*" in
*"venv"*) mkdir -p .venv/bin && cp "$STUBS/python" .venv/bin/python ;;
*requirements-uv.lock) [ -z "$NO_UV" ] && cp "$STUBS/uv" .venv/bin/uv ;;
esac
"""
UV_FAILS = '#!/bin/sh\necho "uv $*" >> "$LOG"\nexit 1\n'

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def setup(folder: Path, *words: str, uv: str = STUB, on_path: bool = False, no_uv: str = "") -> list[str]:
    """What `make setup` calls, with Python and uv that only note it."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "requirements-uv.lock"):
        shutil.copy(ROOT / name, folder)
    stubs, found, log = folder / "stubs", folder / "found", folder / "log"
    for place, name, text in [(stubs, "python", STUB), (stubs, "uv", uv), *([(found, "uv", uv)] if on_path else [])]:
        place.mkdir(exist_ok=True)
        (place / name).write_text(text)
        (place / name).chmod(0o755)
    done = subprocess.run(
        ["make", "setup", f"PYTHON={stubs / 'python'}", *words],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in ("UV", "MAKEFLAGS", "MAKELEVEL")}
        | {"PATH": f"{found}:/usr/bin:/bin", "LOG": str(log), "STUBS": str(stubs), "NO_UV": no_uv},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list((folder / ".venv").glob(".ready-*"))
    return [line for line in log.read_text().splitlines() if " install " in line and "-e ." not in line]


def test_uv_is_fetched_into_the_environment(tmp_path: Path) -> None:
    assert setup(tmp_path) == [FETCH, BY_UV]


def test_pip_where_uv_cannot_be_had(tmp_path: Path) -> None:
    assert setup(tmp_path, no_uv="yes") == [FETCH, BY_PIP]


def test_pip_where_uv_installs_nothing(tmp_path: Path) -> None:
    assert setup(tmp_path, uv=UV_FAILS) == [FETCH, BY_UV, BY_PIP]


def test_uv_on_the_path_needs_no_other(tmp_path: Path) -> None:
    assert setup(tmp_path, on_path=True) == [BY_UV]


@pytest.mark.parametrize("on_path", [True, False])
def test_pip_when_it_is_asked_for(tmp_path: Path, on_path: bool) -> None:
    assert setup(tmp_path, "UV=", on_path=on_path) == [BY_PIP]
