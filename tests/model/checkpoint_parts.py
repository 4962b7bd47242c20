"""Checkpoints taken apart and put together again with other parts, their checksum right."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market
from secondhalf.model.snapshots.archive import MEMBERS, checksum

SMALL = ("population.users=60", "population.merchants=10", "calendar.warm_up=56", "calendar.end=2019-02-20")


def saved(to: Path, *words: str, days: int = 3) -> Path:
    """A small market after a few days."""
    market = Market(load_settings([*SMALL, "strategy=hold", *words]))
    for _ in range(days):
        market.step()
    path = market.save(to)
    market.close()
    return path


def header_of(path: Path) -> dict[str, Any]:
    """The header, without its checksum."""
    with zipfile.ZipFile(path) as archive:
        header: dict[str, Any] = json.loads(archive.read("header.json"))
    header.pop("checksum", None)
    return header


def rest_of(path: Path) -> tuple[bytes, bytes]:
    """State and arrays."""
    with zipfile.ZipFile(path) as archive:
        return archive.read("state.json"), archive.read("arrays.bin")


def state_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(rest_of(path)[0])
    return found


def written(
    to: Path, header: Any, state: Any, arrays: bytes, kind: int = zipfile.ZIP_STORED, checksum: str | None = None
) -> Path:
    """A file of these parts."""
    text = state if isinstance(state, bytes) else json.dumps(state).encode()
    if isinstance(header, dict):
        header = header | {"checksum": checksum or sum_of(header, text, arrays)}
    with zipfile.ZipFile(to, "w", kind) as archive:
        for name, content in zip(MEMBERS, (json.dumps(header).encode(), text, arrays), strict=True):
            archive.writestr(name, content)
    return to


def sum_of(header: dict[str, Any], state: bytes, arrays: bytes) -> str:
    """The checksum that a file of these parts has."""
    return checksum(json.dumps(header).encode(), state, arrays)
