"""The wheel, built once a session with the locked build backend, and an installed copy of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def build(tree: Path, target: str, folder: Path) -> Path:
    """Build the wheel or the sdist of a tree without network."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=tree,
        capture_output=True,
        check=True,
    )
    (built,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@dataclass(frozen=True)
class Installed:
    """A copy of the wheel's files, which comes before the tree on `sys.path`."""

    site: Path

    def python(
        self, *words: str, folder: Path, python: str = sys.executable, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Python in a process of its own, in `folder`, with the installed copy."""
        return subprocess.run(
            [python, *words],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(self.site)} | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Installed:
    """The wheel as an installer lays it down, with nothing compiled."""
    site = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as files:
        files.extractall(site)
    return Installed(site)


def bring_machine_code(site: Path) -> None:
    """Give the copy what this tree has compiled, so that a run need not compile it again (the sources are the same)."""
    for folder in ("agents", "conf", "model"):
        for path in (ROOT / folder).rglob("__pycache__/*"):
            if path.suffix in (".nbi", ".nbc"):
                target = site / "secondhalf" / path.relative_to(ROOT)
                target.parent.mkdir(exist_ok=True)
                shutil.copy(path, target)
