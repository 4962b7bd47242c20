"""Takes down what this process opens, imports and composes while it is watched."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from omegaconf import DictConfig

from secondhalf.experiments.browser import setup
from secondhalf.experiments.command.compose import compose_config

_WATCHED: list[list[str]] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _WATCHED and event in ("open", "import"):
        _WATCHED[-1].append(f"{event} {arguments[0]!s}")


sys.addaudithook(_note)  # one cannot be taken away again


@contextmanager
def watched() -> Iterator[list[str]]:
    """Files opened and modules imported, but for what the kernel says of the free memory."""
    found: list[str] = []
    _WATCHED.append(found)
    try:
        yield found
    finally:
        _WATCHED.remove(found)
        found[:] = [entry for entry in found if not entry.startswith("open /proc/")]


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Words that went to Hydra for a reset."""
    words: list[str] = []

    def noted(overrides: Sequence[str]) -> DictConfig:
        words.extend(overrides)
        return compose_config(overrides)

    monkeypatch.setattr(setup, "compose_config", noted)
    return words
