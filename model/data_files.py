"""Data files: reads the dated launches and names that ship in data/."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from secondhalf.agents.strategies.base import Launch
from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.vocabulary import CAPABILITY_CHANGES, ENTRANCES, PLATFORM_CHANGES


def data_file(name: str) -> Path:
    """Path of a file of data/, or of a file of the user's own."""
    own = Path(name).expanduser()
    return own if own.is_absolute() or own.exists() else Path(str(files("secondhalf.data") / name))


def read_launches(name: str, platforms: Sequence[str], capabilities: Sequence[str]) -> list[Launch]:
    """Dated launches in order of dates.

    Raises
    ------
    SettingsError
        for a missing file, a date that is none, a platform, change, capability or entrance that is unknown; names file
        and line
    """
    path = data_file(name).absolute()
    try:
        now = path.stat()
        state = (now.st_mtime_ns, now.st_ctime_ns, now.st_size, now.st_ino)
        return list(_launches(path, state, tuple(platforms), tuple(capabilities)))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"strategy.launches={name}: cannot read the file ({error.__class__.__name__})") from error


@lru_cache(maxsize=16)
def _launches(
    path: Path, state: tuple[int, ...], platforms: Sequence[str], capabilities: Sequence[str]
) -> tuple[Launch, ...]:
    """Read a file once a process and `state` that it is in: every platform of every run of a sweep asks for it."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    launches = [_launch(row, f"{path.name} line {n}", platforms, capabilities) for n, row in enumerate(rows, start=2)]
    return tuple(sorted(launches, key=lambda launch: launch.date))


def _launch(row: dict[str, str], where: str, platforms: Sequence[str], capabilities: Sequence[str]) -> Launch:
    missing = {"date", "platform", "capability", "change", "entrance", "description", "grade"} - set(row)
    if missing:
        raise SettingsError(f"{where}: the column {sorted(missing)[0]} is missing")
    try:
        date = dt.date.fromisoformat(row["date"])
    except ValueError as error:
        raise SettingsError(f"{where}: date={row['date']} is no date (YYYY-MM-DD)") from error
    if row["platform"] not in platforms:
        raise SettingsError(f"{where}: platform={row['platform']} is unknown; known are {', '.join(platforms)}")
    capability, entrance = row["capability"] or None, row["entrance"] or None
    if capability and capability not in capabilities:
        raise SettingsError(f"{where}: capability={capability} is unknown; known are {', '.join(capabilities)}")
    allowed = CAPABILITY_CHANGES if capability else PLATFORM_CHANGES
    if row["change"] not in allowed:
        raise SettingsError(f"{where}: change={row['change']} is unknown; allowed are {', '.join(allowed)}")
    if entrance and entrance not in ENTRANCES:
        raise SettingsError(f"{where}: entrance={entrance} is unknown; allowed are {', '.join(ENTRANCES)}")
    return Launch(date, row["platform"], row["change"], capability, entrance, row["description"], row["grade"])


@cache
def choices() -> dict[str, dict[str, dict[str, str]]]:
    """Labels of the files of groups in conf/ (data/choices.yaml): by group and name, `label` and `label_zh`."""
    loaded: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(data_file("choices.yaml").read_text(encoding="utf-8"))
    return loaded


def choice_label(group: str, name: str) -> str:
    """What people call a file of a group: `Kuaishou never opens a mall` for scenario=kuaishou_never_mall.

    Parameters
    ----------
    group
        also a setting that takes such a name, as `strategies.kuaishou` does
    """
    group = "strategy" if group.partition(".")[0] == "strategies" else group
    return choices().get(group, {}).get(name, {}).get("label", name.replace("_", " "))


@cache
def names() -> dict[str, dict[str, Any]]:
    """Labels of the platforms, and their names in the facts (data/names.yaml)."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(data_file("names.yaml").read_text(encoding="utf-8"))
    return loaded
