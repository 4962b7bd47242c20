"""The package on a system without what only POSIX has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import secondhalf

ONLY_POSIX = ("fcntl", "resource", "grp", "pwd", "termios", "pty", "tty")
PROGRAM = """
import os, pkgutil, sys, importlib
import psutil, hydra, matplotlib.pyplot, multiprocessing.util, numba, pandas, solara, uvicorn  # have their own guards
for name in {hidden!r}:
    sys.modules[name] = None
del os.pread, os.pwrite, os.O_NOFOLLOW, os.O_NONBLOCK, os.sched_getaffinity
import secondhalf
for module in pkgutil.walk_packages(secondhalf.__path__, "secondhalf."):
    importlib.import_module(module.name)
from pathlib import Path
from rich.console import Console
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.execution.folder_lock import lock_folder
words = ["population.users=60", "population.merchants=8", "calendar.warm_up=56", "calendar.end=2019-01-03"]
quiet = Output(progress="never", pictures="never")
summary = secondhalf.run(secondhalf.load_settings(words), Path("out"), quiet, console=Console(quiet=True))
assert summary["peak_memory_mb"] > 50
with lock_folder(Path("swept")):
    pass
print("ran")
"""


def test_every_module_without_posix(tmp_path: Path) -> None:
    """All import, and a market runs and is written, where `fcntl`, `resource` and the like are missing."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(hidden=ONLY_POSIX)],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "ran"
    assert Path(secondhalf.__file__).is_file()
