"""One tiny run over the whole calendar, shared by the tests of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command import main
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.results.tables import TABLES
from secondhalf.experiments.run.study import run
from secondhalf.experiments.sweep.jobs import Composer

TINY = ("population.users=200", "population.merchants=30")

SILENT = Output(progress="never", pictures="never")


@dataclass(frozen=True)
class Finished:
    """A run's folder, its tables as read back and its summary."""

    folder: Path
    settings: MarketSettings
    summary: dict[str, Any]
    tables: dict[str, pd.DataFrame]


def finish(folder: Path, *overrides: str) -> Finished:
    """Run a market quietly and read its tables back."""
    settings = load_settings(overrides)
    summary = run(settings, folder, SILENT, console=Console(quiet=True))
    # keep_default_na: an empty cell is an empty word, never "not a number".
    tables = {name: pd.read_csv(folder / f"{name}.csv", keep_default_na=False) for name in TABLES}
    return Finished(folder, settings, summary, tables)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """2019 to 2026 with 200 users and 30 merchants."""
    return finish(tmp_path_factory.mktemp("full"), *TINY)


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line on stderr of a command that is refused before it starts."""
    with pytest.raises(SystemExit) as stopped:
        main.main(words)
    assert stopped.value.code == 1
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("secondhalf: ")
    return lines[0].removeprefix("secondhalf: ")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in; nothing may be left behind in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def composer() -> Composer:
    """Composes runs of sweeps."""
    return Composer("run")
