"""The folder of a run, before there is one and when there was none."""

from __future__ import annotations

import shutil
from pathlib import Path

from secondhalf.model.settings import SettingsError


def check_folder(name: str, folder: Path) -> None:
    """Raise `SettingsError`, which begins with `name`, when the folder cannot be made; leave nothing behind."""
    try:
        if not folder.is_dir():  # Hydra makes it in a moment, under its own time, unless a sweep is refused before
            missing = [path for path in (folder, *folder.parents) if not path.exists()]
            folder.mkdir(parents=True)
            for path in missing:
                path.rmdir()
    except OSError as error:
        raise SettingsError(f"{name}={folder}: the folder cannot be made ({error.strerror})") from error


def remove_empty(folder: Path) -> None:
    """Take back the folder that Hydra made for a run that never began."""
    left = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if left <= {".hydra", "secondhalf.log"}:
        shutil.rmtree(folder, ignore_errors=True)
