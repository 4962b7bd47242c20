"""Numba cache: where machine code of the compiled stages is stored, so that only the first run compiles.

Beside the source where that can be written; else in a folder of the user's; else nowhere. `NUMBA_CACHE_DIR` comes
before all of these. Numba looks only at the file of a function it has kept, not at the functions it calls in other
files, so every place carries a hash of all compiled sources and is emptied when they have changed.
"""

from __future__ import annotations

import hashlib
import tempfile
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.misc.appdirs import AppDirs

_Function = TypeVar("_Function", bound=Callable[..., Any])

FOLDERS = tuple(Path(__file__).parent / name for name in ("agents", "conf", "model"))
"""Folders with compiled functions, and with the constants that are compiled into them."""

_CONFIG: Any = numba.config


def compile_cached(**options: Any) -> Callable[[_Function], _Function]:
    """`numba.njit` with these options; the machine code is kept in `PLACE`."""

    def decorate(function: _Function) -> _Function:
        # Only while a function of ours is decorated: a notebook's own functions keep the place they had.
        before = _CONFIG.CACHE_DIR
        _CONFIG.CACHE_DIR = str(PLACE or before)
        try:
            result: _Function = numba.njit(cache=KEPT, **options)(function)
        finally:
            _CONFIG.CACHE_DIR = before
        return result

    return decorate


def choose_cache_folder(folders: Iterable[Path], given: str, own: Path) -> tuple[bool, Path | None]:
    """Whether machine code can be kept, and in which folder; None is beside the source.

    Parameters
    ----------
    folders
        where the sources are
    given
        `NUMBA_CACHE_DIR`; empty when it is not set
    own
        the user's folder for such things
    """
    folders = list(folders)
    if not given and _made_ready(folders, sorted({path.parent / "__pycache__" for path in _sources(folders)})):
        return True, None
    # A folder for each installed copy, so that two versions do not empty each other's.
    copy = hashlib.blake2b(str(folders[0]).encode(), digest_size=8).hexdigest()
    place = (Path(given) if given else own) / f"secondhalf-{copy}"
    # Without a home, "~" stays as it is and would be made in the working folder.
    if (given or own.is_absolute()) and _made_ready(folders, [place]):
        return True, place
    return False, None


def _sources(folders: Iterable[Path]) -> list[Path]:
    """Source files of some folders and of those within them."""
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def _made_ready(sources: Iterable[Path], places: list[Path]) -> bool:
    """Make the folders, and drop what was compiled before any source changed; False when that is not possible."""
    found = hashlib.blake2b(digest_size=16)
    for path in _sources(sources):
        found.update(path.read_bytes())
    stamp = places[-1] / "sources.hash"
    try:
        for place in places:
            place.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=place).close()
        if not (stamp.is_file() and stamp.read_text() == found.hexdigest()):
            for path in (path for place in places for path in place.rglob("*.nb[ci]")):
                path.unlink(missing_ok=True)
            stamp.write_text(found.hexdigest())
    except OSError:
        return False
    return True


KEPT, PLACE = choose_cache_folder(
    FOLDERS, _CONFIG.CACHE_DIR, Path(AppDirs("secondhalf", appauthor=False).user_cache_dir)
)
if not KEPT:
    # No predictable folder under /tmp instead: Numba would run machine code that another user has put there.
    warnings.warn(
        "no folder for compiled code can be written, so every run compiles for about half a minute; "
        "NUMBA_CACHE_DIR=FOLDER names one",
        RuntimeWarning,
        stacklevel=2,
    )
