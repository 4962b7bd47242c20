"""Folder lock: the right to write into a folder, which one command can have at a time.

The operating system holds the lock (`flock`) and lets go of it when the process ends, however that happens; the file
says who has it. On a file system without such locks a second file stands for it, which its owner takes away; one of an
owner that is gone is taken over.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from secondhalf.conf.schema import SettingsError
from secondhalf.temporaries import alive, remove_left_over

try:
    import fcntl
except ImportError:  # Windows: a second file stands for the lock there
    fcntl = None  # type: ignore[assignment]

LOCK, PLAIN = ".lock", ".lock.process"
"""The file that is locked; the one that stands for a lock where there are none."""
UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)
CAREFULLY = sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))
LONGEST = 1000
"""Bytes that are read of a file that says who has the lock."""

_held: set[tuple[Path, int]] = set()


class FolderInUseError(SettingsError):
    """Another process is at work in the folder; nothing of it may be touched."""


@contextmanager
def lock_folder(folder: Path, name: str = "hydra.run.dir") -> Iterator[None]:
    """The right to write into a folder, which is made when it is missing; left over temporary files are taken away.

    Who has it can ask again in the same thread.

    Parameters
    ----------
    name
        the setting that names the folder

    Raises
    ------
    FolderInUseError
        when another process has it; says which, and since when
    SettingsError
        when nothing can be written there
    """
    key = folder.resolve(), threading.get_ident()
    if key in _held:
        yield
        return
    where = f"{name}={folder}"
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        handle, path = _make_and_take(folder, where)
    except OSError as error:
        _take_back(made)
        raise SettingsError(f"{where}: nothing can be written there ({error.strerror})") from error
    _held.add(key)
    try:
        remove_left_over(folder)
        yield
    finally:
        _held.discard(key)
        _let_go(handle, path)
        _take_back(made)


def _make_and_take(folder: Path, where: str, attempts: int = 100) -> tuple[int, Path]:
    """As `_take`, of a folder that another process, which made it too, may take back between the two calls."""
    for _ in range(attempts - 1):
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            return _take(folder, where)
    folder.mkdir(parents=True, exist_ok=True)
    return _take(folder, where)


def _take(folder: Path, where: str) -> tuple[int, Path]:
    """The open file that is locked, and its path."""
    if fcntl is None:
        return _take_plain(folder / PLAIN, where)
    path = folder / LOCK
    while True:
        handle = _open(path, os.O_CREAT)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last owner may have taken the file away between the two calls: what is locked is then nobody's.
            if _is_there(handle, path):
                _write_owner(handle)
                return handle, path
        except BlockingIOError as error:
            owner = _owner(handle)
            os.close(handle)
            raise _in_use(where, owner) from error
        except OSError as error:
            _let_go(handle, path)
            if error.errno not in UNSUPPORTED:
                raise
            return _take_plain(folder / PLAIN, where)
        os.close(handle)


def _take_plain(path: Path, where: str) -> tuple[int, Path]:
    """The file that stands for a lock, made anew; one of a process of this machine that is gone is taken away first."""
    for _ in range(2):
        try:
            handle = _open(path, os.O_CREAT | os.O_EXCL)
        except FileExistsError as error:
            known = _open(path, 0)
            owner = _owner(known)
            os.close(known)
            if owner.get("host") != socket.gethostname() or alive(owner["process"]):
                unknown = f"; when no command is at work there, remove {path}"
                raise _in_use(where, owner, unknown) from error
            path.unlink(missing_ok=True)
            continue
        _write_owner(handle)
        return handle, path
    raise _in_use(where, {})


def _open(path: Path, how: int) -> int:
    """Open a plain file for reading and writing; a link could lead out of the folder, a pipe could wait for ever."""
    handle = os.open(path, os.O_RDWR | CAREFULLY | how, 0o666)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, f"{path.name} is no plain file")
    return handle


def _is_there(handle: int, path: Path) -> bool:
    """Whether an open file is the one that has this name now."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _write_owner(handle: int) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    owner = {"process": os.getpid(), "host": socket.gethostname(), "since": now}
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, json.dumps(owner).encode() + b"\n")


def _owner(handle: int) -> dict[str, Any]:
    """Who has the lock; empty when the file does not say, as in the moment before its owner writes."""
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        found = json.loads(os.read(handle, LONGEST))
        words = {key: re.sub(r"[^\w.:-]", "?", str(found[key])) for key in ("host", "since")}
        return {"process": int(found["process"]) % 2**31, **words}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _in_use(where: str, owner: dict[str, Any], more: str = "") -> FolderInUseError:
    who = f" (process {owner['process']} on {owner['host']}, since {owner['since']})" if owner else ""
    return FolderInUseError(
        f"{where}: another process is at work there{who}; wait for it, or name another folder{more}"
    )


def _let_go(handle: int, path: Path) -> None:
    with suppress(OSError):  # the folder may have been taken away, or can be written no more
        if _is_there(handle, path):
            path.unlink()
    os.close(handle)


def _take_back(made: list[Path]) -> None:
    """Take away folders that were made for nothing."""
    with suppress(OSError):
        for path in made:
            path.rmdir()


def remove_empty(folder: Path) -> None:
    """Remove the folder that Hydra made for a run that never began."""
    left = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if left <= {".hydra", "secondhalf.log", LOCK, PLAIN}:
        shutil.rmtree(folder, ignore_errors=True)
