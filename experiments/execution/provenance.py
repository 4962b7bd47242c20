"""Provenance of results: versions of the program and its libraries, the commit, and the memory that was needed."""

from __future__ import annotations

import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

import psutil

from secondhalf.version import __version__

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

LIBRARIES = ("mesa", "networkx", "numpy", "numba", "scipy", "pandas", "matplotlib", "seaborn", "hydra-core", "pydantic")


def versions() -> dict[str, str]:
    """Versions of the program, of Python and of the libraries that have a part in the numbers."""
    own = {"secondhalf": __version__, "python": platform.python_version()}
    return own | _of_libraries()


@cache
def _of_libraries() -> dict[str, str]:
    return {name: version(name) for name in LIBRARIES}


@cache
def commit() -> str | None:
    """The commit of the source tree this process began with; None for an installed package."""
    try:
        found = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip()


def peak_memory_mb() -> float:
    """Most memory this process has held, in MB."""
    if resource is None:
        held = psutil.Process().memory_info()
        return float(getattr(held, "peak_wset", held.rss)) / 1024.0**2
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024.0**2 if sys.platform == "darwin" else 1024.0)
