"""Machine code is kept beside the source, in a folder of the user's, or nowhere; it is never older than the sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from secondhalf.numba_cache import choose_cache_folder
from tests.install.conftest import Installed

PROGRAM = """
from secondhalf import numba_cache
from secondhalf.model.numba_kernels import chunk_count
assert chunk_count(1) == 1
import numba
print(numba_cache.KEPT, numba_cache.PLACE, repr(numba.config.CACHE_DIR))
"""


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """Two folders with a source file each."""
    folders = [tmp_path / "site" / name for name in ("agents", "model")]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "code.py").write_text("a = 1\n")
    return folders


def read_only(folders: list[Path]) -> None:
    """Make it impossible to keep anything beside the sources, for whatever user."""
    for folder in folders:
        (folder / "__pycache__").write_text("in the way")


def test_beside_the_source_where_it_can_be(sources: list[Path], tmp_path: Path) -> None:
    assert choose_cache_folder(sources, "", tmp_path / "own") == (True, None)
    assert not (tmp_path / "own").exists()


def test_a_folder_of_the_users_for_each_copy(sources: list[Path], tmp_path: Path) -> None:
    read_only(sources)
    kept, place = choose_cache_folder(sources, "", tmp_path / "own")
    assert kept
    assert place is not None
    assert place.parent == tmp_path / "own"
    assert choose_cache_folder(list(reversed(sources)), "", tmp_path / "own")[1] != place


def test_the_folder_that_numba_is_told(sources: list[Path], tmp_path: Path) -> None:
    kept, place = choose_cache_folder(sources, str(tmp_path / "told"), tmp_path / "own")
    assert kept
    assert place is not None
    assert place.parent == tmp_path / "told"


@pytest.mark.parametrize("own", ["in the way/own", "~/.cache/secondhalf"])
def test_nowhere(sources: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str) -> None:
    """No folder can be made, or the user has no home and `~` stands for nothing."""
    read_only(sources)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in the way").write_text("")
    folder = Path(own) if own.startswith("~") else tmp_path / own
    assert choose_cache_folder(sources, "", folder) == (False, None)
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("beside", [True, False])
def test_emptied_when_a_source_has_changed(sources: list[Path], tmp_path: Path, beside: bool) -> None:
    if not beside:
        read_only(sources)
    _, place = choose_cache_folder(sources, "", tmp_path / "own")
    kept = (place / "model_1" if place else sources[0] / "__pycache__") / "code.nbi"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("")
    choose_cache_folder(sources, "", tmp_path / "own")
    assert kept.is_file()
    (sources[0] / "code.py").write_text("a = 2\n")
    choose_cache_folder(sources, "", tmp_path / "own")
    assert not kept.exists()


def test_a_copy_that_cannot_be_written_still_works(installed: Installed, tmp_path: Path) -> None:
    """As in a read-only site-packages: with a home, without one, and with NUMBA_CACHE_DIR."""
    read_only([installed.site / "secondhalf" / name for name in ("agents", "model")])
    kept = installed.python("-c", PROGRAM, folder=tmp_path, XDG_CACHE_HOME=str(tmp_path / "own"))
    place = tmp_path / "own" / "secondhalf"
    assert kept.stdout.startswith(f"True {place}"), kept.stderr
    assert kept.stdout.endswith(" ''\n")
    assert kept.stderr == ""
    assert list(place.rglob("*.nbc"))

    none = installed.python("-c", PROGRAM, folder=tmp_path, XDG_CACHE_HOME="/dev/null")
    assert none.stdout == "False None ''\n", none.stderr
    assert none.stderr.count("NUMBA_CACHE_DIR=FOLDER names one") == 1

    told = installed.python("-c", PROGRAM, folder=tmp_path, XDG_CACHE_HOME="/dev/null", NUMBA_CACHE_DIR="told")
    assert told.stdout.startswith("True told"), told.stderr
    assert told.stderr == ""
