"""Journal of finished work on disk, a JSON line each, from which a study that was stopped goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from secondhalf.conf.schema import SettingsError

FORMAT = 1
"""Version of the lines; raised when an older program could misread them."""


class Journal:
    """Results by key in a file that only grows; a result is on the disk before `write` returns.

    The first line says what all others belong to. A last line that a crash cut short is taken off, and its work is
    done again.

    Parameters
    ----------
    path
        of the file; None holds the results in memory only
    of
        what the results belong to, such as a hash of the settings and of the program
    discard
        begin anew where the file holds results of something else; without it that is an error

    Attributes
    ----------
    results
        what was written, by key; the last one where a key was written twice

    Raises
    ------
    SettingsError
        when the file holds results of something else
    """

    def __init__(self, path: Path | None, of: str, discard: bool = False) -> None:
        self.path = path
        self.results: dict[str, Any] = {}
        if path is None:
            return
        head = {"journal": FORMAT, "of": of}
        written, results = _read(path)
        if written is not None and written != head and not discard:
            raise SettingsError(
                f"hydra.run.dir={path.parent}: {path.name} there is of other settings, or of another version; "
                "name another folder or remove it"
            )
        if written == head:
            self.results = results
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")
            self._append(head)

    def write(self, key: str, result: Any) -> None:
        """Add a result, which JSON can hold."""
        self.results[key] = result
        self._append([key, result])

    def _append(self, line: Any) -> None:
        if self.path is None:
            return
        with self.path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(line) + "\n")
            handle.flush()
            os.fsync(handle.fileno())


def _read(path: Path) -> tuple[Any, dict[str, Any]]:
    """Head and results of a journal; a line that was cut short is taken off the file. The head is None when none is."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None, {}
    whole = data[: data.rfind(b"\n") + 1]
    head, *lines = [_decoded(line) for line in whole.splitlines()] or [None]
    if isinstance(head, dict) and len(whole) < len(data):
        with path.open("r+b") as handle:
            handle.truncate(len(whole))
    return head, {line[0]: line[1] for line in lines if isinstance(line, list) and len(line) == 2}


def _decoded(line: bytes) -> Any:
    """What a line holds; its text when that is no JSON."""
    try:
        return json.loads(line)
    except ValueError:
        return repr(line)
