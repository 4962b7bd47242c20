"""Numba cache: where machine code of the compiled stages is stored, so that only the first run compiles.

Beside the source where that can be written; else in a folder of the user's; else nowhere. `NUMBA_CACHE_DIR` comes
before all of these. Numba looks only at the file of a function it has kept, not at the functions and constants that it
uses from other files. So the name under which code is kept holds a hash of that file, of all files of the package that
it imports, directly or not, and of Numba's version: code of other sources is never found, and what no compiled function
uses can change without a new compilation.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import warnings
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.misc.appdirs import AppDirs

_Function = TypeVar("_Function", bound=Callable[..., Any])

PACKAGE = Path(__file__).parent
FOLDERS = tuple(PACKAGE / name for name in ("agents", "conf", "model"))
"""Folders with compiled functions, and with the constants that are compiled into them."""
_IMPORTS = re.compile(r"^[ \t]*(?:from[ \t]+(secondhalf[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|.*)|import[ \t]+(.*))", re.M)

_CONFIG: Any = numba.config


def compile_cached(**options: Any) -> Callable[[_Function], _Function]:
    """`numba.njit` with these options; the machine code is kept in `PLACE`."""

    def decorate(function: _Function) -> _Function:
        result: Any = numba.njit(**options)(function)
        if KEPT and hasattr(result, "enable_caching"):  # a plain function with NUMBA_DISABLE_JIT
            kept: Any = _Kept
            result._cache = kept(function)
        found: _Function = result
        return found

    return decorate


def is_kept(function: Any) -> bool:
    """Whether machine code of a function is kept, for these sources and this version of Numba."""
    kept = getattr(function, "_cache", None)
    return isinstance(kept, _Kept) and any(Path(kept.cache_path).glob(f"{kept.base}.*.nbc"))


def sources(path: Path, package: Path = PACKAGE) -> frozenset[Path]:
    """A file of the package and all those that it imports, directly or not, whether at the top or in a function."""
    found: set[Path] = set()
    waiting = {path}
    while waiting:
        found |= waiting
        waiting = {other for one in waiting for other in _imported(one, package)} - found
    return frozenset(found)


@cache
def _imported(path: Path, package: Path) -> frozenset[Path]:
    names: set[str] = set()
    for module, imported, plain in _IMPORTS.findall(path.read_text(encoding="utf-8")):
        words = re.sub(r"#.*|[()]", "", imported or plain)
        parts = [part.split()[0] for part in words.split(",") if part.split()]
        names.update([module, *(f"{module}.{part}" for part in parts)] if module else parts)
    inside = [package.joinpath(*name.split(".")[1:]) for name in names if name.startswith("secondhalf.")]
    files = [file for path in inside for file in (path.with_name(f"{path.name}.py"), path / "__init__.py")]
    return frozenset(file for file in files if file.is_file())


@cache
def _hash(path: Path) -> str:
    """Hash of what a compiled function of a file can depend on."""
    found = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for source in sorted(sources(path)):
        found.update(str(source.relative_to(PACKAGE) if source.is_relative_to(PACKAGE) else source).encode())
        found.update(source.read_bytes())
    return found.hexdigest()


class _Locator:
    """Where Numba keeps the code of one function, and under which name."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._py_file = file  # named in Numba's own warnings
        path = Path(file)
        self.stamp = _hash(path)
        self.folder = path.parent / "__pycache__" if PLACE is None else PLACE / function.__module__
        self.start = f"{path.stem}.{function.__qualname__}"

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> _Locator:
        """Numba's way to ask for a locator."""
        return cls(function, file)

    def get_cache_path(self) -> str:
        """The folder."""
        return str(self.folder)

    def get_source_stamp(self) -> str:
        """What the index of kept code must carry."""
        return self.stamp

    def get_disambiguator(self) -> str:
        """Part of the files' names."""
        return self.stamp

    def ensure_cache_path(self) -> None:
        """Make the folder, and drop what is kept of this function for other sources; called before code is kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob(f"{self.start}-*.nb[ci]"):
            if not path.name.startswith(f"{self.start}-{self.stamp}."):
                path.unlink(missing_ok=True)


class _Implementation(CompileResultCacheImpl):
    _locator_classes: Any = (_Locator,)


class _Kept(FunctionCache):
    _impl_class = _Implementation

    @property
    def base(self) -> str:
        """Beginning of the names of its files."""
        return str(self._impl.filename_base)


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
    beside = sorted({path.parent / "__pycache__" for folder in folders for path in folder.rglob("*.py")})
    if not given and all(map(_writable, beside)):
        return True, None
    # A folder for each installed copy, so that two versions do not take each other's away.
    copy = hashlib.blake2b(str(folders[0]).encode(), digest_size=8).hexdigest()
    place = (Path(given) if given else own) / f"secondhalf-{copy}"
    # Without a home, "~" stays as it is and would be made in the working folder.
    if (given or own.is_absolute()) and _writable(place):
        return True, place
    return False, None


def _writable(folder: Path) -> bool:
    """Whether files can be written into a folder, which is made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
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
