"""What the environment can have wrong, and a stop before a study has begun."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TINY = (
    "experiment=ci", "limits.users=60", "limits.merchants=8", "limits.days=3", "output.progress=never",
    "output.pictures=never",
)  # fmt: skip
PROGRAM = "from secondhalf.experiments.command.main import main; main()"


def told(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NUMBA_NUM_THREADS", "0"),
        ("NUMBA_NUM_THREADS", "two"),
        ("NUMBA_THREADING_LAYER", "nonsense"),
        pytest.param(
            "NUMBA_THREADING_LAYER",
            "tbb",
            marks=pytest.mark.skipif(importlib.util.find_spec("tbb") is not None, reason="tbb is there"),
        ),
    ],
)
def test_threads_that_cannot_be_are_one_sentence(tmp_path: Path, name: str, value: str) -> None:
    done = told(tmp_path, "run", *TINY, **{name: value})
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"secondhalf: {name}={value}: ")
    assert list(tmp_path.iterdir()) == []


def test_pictures_need_no_window(tmp_path: Path) -> None:
    """Pictures are files: what shows them elsewhere does not matter."""
    words = ["output.pictures=always", "output.formats=[svg]", "hydra.run.dir=out"]
    done = told(tmp_path, "run", *TINY[:-1], *words, MPLBACKEND="nonsense")
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "out").glob("*.svg"))


STOPPED_WHILE_IMPORTING = """
import sys
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "pydantic":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Slow())
"""


def test_the_keyboard_stops_the_start(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_WHILE_IMPORTING + PROGRAM, "run", *TINY],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, "stopped\n")


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.4, 1.0, 2.0])
def test_the_keyboard_stops_it_whenever(tmp_path: Path, seconds: float) -> None:
    """At whatever moment after Python itself has started."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"print(flush=True); {PROGRAM}", "run", "population.users=20000"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("stopped")
