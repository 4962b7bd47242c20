"""Run record: what is known of one run of a sweep, stored beside its files so that it survives the process."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any, Literal

from secondhalf.temporaries import temporary_beside

Status = Literal["pending", "running", "succeeded", "failed"]
NAME = "run.json"
"""The file in a run's folder; it is written last, so that a folder without it is of a run that was broken off."""
DRAWN = (".png", ".svg", ".pdf", ".html")
"""Files that can be made again from the others."""
KEPT_BESIDE = ("format", "files", "blake2b")
FORMAT = 1
"""Version of the files of a sweep; raised when an older program could misread them."""


@dataclass(frozen=True)
class RunRecord:
    """One run's row of runs.csv, and what it returned.

    Attributes
    ----------
    error
        one line; empty when all went well
    value
        what the study returned, when that is a number
    wall_seconds, peak_memory_mb
        of the run alone
    started
        UTC, as YYYY-MM-DDTHH:MM:SSZ
    stops
        no other run can do better: the disk is full, say
    """

    run: str
    status: Status
    error: str = ""
    value: float | None = None
    wall_seconds: float = 0.0
    peak_memory_mb: float = 0.0
    host: str = ""
    started: str = ""
    stops: bool = False


def keep(record: RunRecord, folder: Path) -> None:
    """Write a record, with size and hash of the other files, into the folder of its run.

    A loss of power can shorten files that were written shortly before, or leave zeros in them, and so can a hand. Their
    hashes tell, and cost a thousandth of the run; to wait for each file to reach the disk would cost a third of a short
    one.
    """
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    files = {
        name: {"bytes": paths[name].stat().st_size, "blake2b": _hash(paths[name])}
        for name in sorted(paths)
        if not name.endswith(DRAWN)
    }
    kept = {"format": FORMAT, "files": files} | asdict(record)
    with durable(folder / NAME) as file:
        file.write_text(json.dumps(kept | {"blake2b": _hash_of(kept)}, indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> RunRecord | None:
    """The record in a run's folder; None when the run was broken off, or when its files are not those it left."""
    try:
        found: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if any(".." in (path := PurePath(name)).parts or path.is_absolute() for name in found["files"]):
            return None  # what lies elsewhere is nobody's business
        if found["blake2b"] != _hash_of({key: value for key, value in found.items() if key != "blake2b"}):
            return None
        whole = all(_is_the_same(folder / name, **told) for name, told in found["files"].items())
        return RunRecord(**{key: value for key, value in found.items() if key not in KEPT_BESIDE}) if whole else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _is_the_same(path: Path, bytes: int, blake2b: str) -> bool:
    return path.is_file() and path.stat().st_size == bytes and _hash(path) == blake2b


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _hash_of(kept: Mapping[str, Any]) -> str:
    """Hash of the record itself: what a run returned goes into results.csv, too."""
    return hashlib.blake2b(json.dumps(kept, sort_keys=True).encode(), digest_size=16).hexdigest()


def to_disk(path: Path) -> None:
    """Wait until a file, or a folder's list of names, would survive a loss of power."""
    if os.name == "nt" and path.is_dir():  # Windows does not open folders
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def durable(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place, on the disk, when all went well."""
    temporary = temporary_beside(path)
    try:
        yield temporary
        to_disk(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
