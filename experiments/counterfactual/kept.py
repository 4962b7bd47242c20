"""Finished seeds on disk, one small file each, so that a study that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from secondhalf.experiments.counterfactual.arms import Arms
from secondhalf.experiments.tables import replacing
from secondhalf.machine_code import FOLDERS
from secondhalf.model.start import strategies

FOLDER = "seeds"
"""Where the files lie, in the study's folder."""


class Kept:
    """Files of finished seeds; those of another question, or of another state of the program, are not taken.

    Parameters
    ----------
    folder
        the study's folder
    arms
        the question; the seeds and how many there are do not belong to it
    """

    def __init__(self, folder: Path, arms: Arms) -> None:
        self.folder = folder / FOLDER
        self.question = _question(arms)

    def write(self, seed: int, found: dict[str, Any]) -> None:
        """Keep a finished seed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._path(seed)) as temporary:
            temporary.write_text(json.dumps({"question": self.question, "seed": seed} | found), encoding="utf-8")

    def read(self, seed: int) -> dict[str, Any] | None:
        """What was kept of a seed; None when there is nothing, or nothing that can be used."""
        try:
            found: dict[str, Any] = json.loads(self._path(seed).read_text(encoding="utf-8"))
            return found if found["question"] == self.question else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _path(self, seed: int) -> Path:
        return self.folder / f"{seed}.json"


def _question(arms: Arms) -> str:
    """A hash of both arms' settings, of the files they name, and of the model's sources and data."""
    found = hashlib.blake2b(digest_size=16)
    for settings in arms.with_seed(0):
        found.update(settings.model_dump_json().encode())
        found.update(repr([strategy.launches for strategy in strategies(settings)]).encode())
        if settings.network.kind == "file":
            found.update(Path(str(settings.network.file)).read_bytes())
    data = FOLDERS[0].parent / "data"
    for path in sorted(path for folder in (*FOLDERS, data) for path in folder.rglob("*") if path.is_file()):
        if path.suffix in (".py", ".csv", ".yaml"):
            found.update(path.read_bytes())
    return found.hexdigest()
