"""A lock on an open file that ends with the process, on POSIX systems and on Windows."""

from __future__ import annotations

from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def lock_file(file: IO[Any]) -> None:
    """Lock a file that is open for writing, without waiting.

    Raises
    ------
    OSError
        when another process has it
    """
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    try:
        import msvcrt
    except ImportError:  # neither: two processes in one folder are not kept apart
        return
    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
