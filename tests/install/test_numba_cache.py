"""Machine code is kept beside the source, in a folder of the user's, or nowhere; it is never older than the sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from secondhalf.numba_cache import PACKAGE, choose_cache_folder, sources
from tests.install.conftest import Installed
from tests.test_architecture import ROOT, imported, module, name_of, of

COMPILED = [path for path in of("agents", "model") if "compiled" in path.read_text(encoding="utf-8")]
MODULES = {module(path): path for path in of("agents", "conf", "model")}
PROGRAM = """
from secondhalf import numba_cache
from secondhalf.model.numba_kernels import chunk_count
assert chunk_count(1) == 1
import numba
print(numba_cache.KEPT, numba_cache.PLACE, repr(numba.config.CACHE_DIR))
"""


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """Two folders with a source file each."""
    found = [tmp_path / "site" / name for name in ("agents", "model")]
    for folder in found:
        folder.mkdir(parents=True)
        (folder / "code.py").write_text("a = 1\n")
    return found


def read_only(folders: list[Path]) -> None:
    """Make it impossible to keep anything beside the sources, for whatever user."""
    for folder in folders:
        (folder / "__pycache__").write_text("in the way")


def test_beside_the_source_where_it_can_be(folders: list[Path], tmp_path: Path) -> None:
    assert choose_cache_folder(folders, "", tmp_path / "own") == (True, None)
    assert not (tmp_path / "own").exists()


def test_a_folder_of_the_users_for_each_copy(folders: list[Path], tmp_path: Path) -> None:
    read_only(folders)
    kept, place = choose_cache_folder(folders, "", tmp_path / "own")
    assert kept
    assert place is not None
    assert place.parent == tmp_path / "own"
    assert choose_cache_folder(list(reversed(folders)), "", tmp_path / "own")[1] != place


def test_the_folder_that_numba_is_told(folders: list[Path], tmp_path: Path) -> None:
    kept, place = choose_cache_folder(folders, str(tmp_path / "told"), tmp_path / "own")
    assert kept
    assert place is not None
    assert place.parent == tmp_path / "told"


@pytest.mark.parametrize("own", ["in the way/own", "~/.cache/secondhalf"])
def test_nowhere(folders: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str) -> None:
    """No folder can be made, or the user has no home and `~` stands for nothing."""
    read_only(folders)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in the way").write_text("")
    folder = Path(own) if own.startswith("~") else tmp_path / own
    assert choose_cache_folder(folders, "", folder) == (False, None)
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize("path", COMPILED, ids=name_of)
def test_the_key_covers_every_file_that_is_imported(path: Path) -> None:
    """By the syntax tree here; the cache reads lines, which is faster."""
    found, waiting = set(), {path}
    while waiting:
        found |= waiting
        names = {name for one in waiting for whole in imported(one) for name in (whole, whole.rpartition(".")[0])}
        waiting = {MODULES[name] for name in names if name in MODULES} - found
    assert {file.resolve() for file in sources(PACKAGE / path.relative_to(ROOT))} >= found


def test_never_older_than_what_it_depends_on_and_kept_whatever_else_changes(
    installed: Installed, tmp_path: Path
) -> None:
    model = installed.site / "secondhalf" / "model"
    (model / "number.py").write_text("NUMBER = 1\n")
    (model / "other.py").write_text(
        "from secondhalf.model.number import NUMBER\nfrom secondhalf.model.numba_kernels import compiled\n\n\n"
        "@compiled\ndef number():\n    return NUMBER\n"
    )

    def called() -> str:
        program = "from secondhalf.model.other import number; print(number(), sum(number.stats.cache_hits.values()))"
        done = installed.python("-c", program, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert len(list((model / "__pycache__").glob("other.number-*.nbc"))) == 1  # nothing old stays
        return done.stdout.strip()

    assert [called(), called()] == ["1 0", "1 1"]
    for path in (model / "calendar.py", installed.site / "secondhalf" / "conf" / "schema" / "market.py"):
        path.write_text(path.read_text(encoding="utf-8") + "\n# one more line\n", encoding="utf-8")
    assert called() == "1 1"
    (model / "number.py").write_text("NUMBER = 2\n")
    assert [called(), called()] == ["2 0", "2 1"]


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
