"""Temporary files beside those whose place they take, so that a file that is there is whole.

Each has a name of its own: two commands that write the same file do not write into each other's, and nobody can put
something there beforehand.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

import psutil

_NAME = re.compile(r"\..+\.(\d{1,9})-[0-9a-f]{12}\.tmp")


def temporary_beside(path: Path) -> Path:
    """A name beside `path` that nobody else has: it holds the number of this process and luck."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(6)}.tmp")


def remove_left_over(folder: Path) -> None:
    """Take away temporary files of processes that are gone, in a folder and those directly in it.

    Only for who has the folder alone (`experiments.execution.folder_lock`): the number in a name is that of a process
    of this machine.
    """
    with suppress(OSError):
        inside = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
        for path in (path for place in (folder, *inside) for path in place.glob(".*.tmp")):
            found = _NAME.fullmatch(path.name)
            if found and not alive(int(found[1])):
                path.unlink(missing_ok=True)


def alive(process: int) -> bool:
    """Whether a process of this machine has that number."""
    return bool(psutil.pid_exists(process))
