"""Finished seeds on disk, one small file each, so that a study that was stopped goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from secondhalf.experiments.counterfactual.arms import Arms
from secondhalf.experiments.identity import identity
from secondhalf.experiments.tables import replacing
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
    """A hash of both arms' settings, of the files they name, and of the program that answers."""
    parts: list[str | bytes] = []
    for settings in arms.with_seed(0):
        parts += [settings.model_dump_json(), repr([strategy.launches for strategy in strategies(settings)])]
        if settings.network.kind == "file":
            parts.append(Path(str(settings.network.file)).read_bytes())
    return identity(*parts)
