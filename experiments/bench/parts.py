"""Benchmark of commands in fresh processes: the first run, the parts of a later one, a sweep, what shows settings."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from secondhalf.experiments.execution.process_pool import StudyError, cores

PROGRAM = "from secondhalf.experiments.command.main import main; main()"
TINY = ("experiment=ci", "output.pictures=never")
SHORT = ("experiment=ci", "limits.days=20")
"""A run of a sweep: 400 users, 20 days after those of settling in."""
RUNS = (4, 44)
"""Runs of two sweeps, whose difference is the cost of a run."""
DRAWN = re.compile(r"files of pictures in ([\d.]+) s")


class Timing(NamedTuple):
    """Seconds of a command or of a part of it, and what they are compared with."""

    name: str
    seconds: float
    baseline: str = ""
    """name of another part; empty when there is nothing to compare with"""


def measure_parts(tiny: bool) -> list[Timing]:
    """Call the commands one after another; each is a process of its own.

    Parameters
    ----------
    tiny
        the whole run is a tiny one too, and the sweeps have one run and two
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        empty = _seconds(["--version"])
        shown = _seconds(["run", "--cfg", "job"])
        cold = _seconds(["run", *TINY, f"hydra.run.dir={folder}/cold"], NUMBA_CACHE_DIR=str(folder / "code"))
        warm = _seconds(["run", *TINY, f"hydra.run.dir={folder}/warm"], NUMBA_CACHE_DIR=str(folder / "code"))
        run = _run(folder / "run", TINY[:1] if tiny else ())
        few, many = (1, 2) if tiny else RUNS
        sweeps = [
            _seconds(["run", "-m", *SHORT, f"seed=range(0,{runs})", f"hydra.sweep.dir={folder}/sweep{runs}"])
            for runs in (few, many)
        ]
    each = (sweeps[1] - sweeps[0]) / (many - few)
    return [
        Timing("a process that only says its version", empty),
        Timing("settings shown (--cfg job)", shown, "a process that only says its version"),
        Timing("tiny run, nothing compiled before", cold, "tiny run"),
        Timing("tiny run", warm),
        *run,
        Timing("sweep of tiny runs, fixed", max(sweeps[0] - few * each, 0.0), "tiny run"),
        Timing(f"sweep of tiny runs, each, {cores()} at a time", each, "tiny run"),
    ]


def _run(folder: Path, words: Sequence[str]) -> list[Timing]:
    """A whole run by its parts, from what it says and writes."""
    name = "tiny run with pictures" if words else "default run"
    began = time.perf_counter()
    said = _call(["run", *words, f"hydra.run.dir={folder}"])
    whole = time.perf_counter() - began
    spent = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["wall_seconds"]
    drawn = DRAWN.search(said)
    parts = {
        "simulation": spent["simulation"],
        "pictures": float(drawn[1]) if drawn else 0.0,
        "writing": spent["tables"],
    }
    parts = {"start and imports": whole - sum(parts.values())} | parts
    return [Timing(name, whole), *(Timing(f"{name}: {part}", seconds, name) for part, seconds in parts.items())]


def _seconds(words: Sequence[str], **environment: str) -> float:
    began = time.perf_counter()
    _call(words, **environment)
    return time.perf_counter() - began


def _call(words: Sequence[str], **environment: str) -> str:
    """Call the command in a process of its own; returns what it says.

    Raises
    ------
    StudyError
        with its last line when it fails
    """
    progress = ["output.progress=never"] if "--version" not in words and "--cfg" not in words else []
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words, *progress],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StudyError(f"bench: secondhalf {' '.join(words)} failed; {(done.stderr.splitlines() or [''])[-1]}")
    return done.stderr
