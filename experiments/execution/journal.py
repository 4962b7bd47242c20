"""Finished runs on disk, a line each, so that an analysis that was stopped goes on where it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from secondhalf.conf.schema import SettingsError

NAME = "journal.jsonl"


class Kept(NamedTuple):
    """What a run gave."""

    result: dict[str, Any] | None
    """None when it failed"""
    error: str
    seconds: float


class Journal:
    """Reads and appends lines; each is on the disk before the next run is counted.

    Parameters
    ----------
    folder
        of the study
    question
        a hash of what all runs share; lines of another question are refused

    Raises
    ------
    SettingsError
        when the folder holds runs of other settings
    """

    def __init__(self, folder: Path, question: str) -> None:
        self.path = folder / NAME
        self.known: dict[str, Kept] = {}
        if self.path.is_file():
            self._read(question, folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self._append([question])

    def keep(self, key: str, kept: Kept) -> None:
        """Take down a run."""
        self.known[key] = kept
        self._append([key, *kept])

    def _read(self, question: str, folder: Path) -> None:
        text = self.path.read_text(encoding="utf-8")
        if not text.endswith("\n"):  # a sudden end left half a line
            text = text[: text.rfind("\n") + 1]
            with self.path.open("r+", encoding="utf-8") as handle:
                handle.truncate(len(text.encode()))
        lines = [json.loads(line) for line in text.splitlines()]
        if not lines:
            self._append([question])
        elif lines[0] != [question]:
            raise SettingsError(
                f"hydra.run.dir={folder}: {NAME} there is of other settings, or of another version; "
                "name another folder or remove it"
            )
        for key, *kept in lines[1:]:
            self.known[key] = Kept(*kept)

    def _append(self, line: list[Any]) -> None:
        with self.path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(line) + "\n")
            handle.flush()
            os.fsync(handle.fileno())
