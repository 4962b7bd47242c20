"""`bench sweep`: what it measures of runs that take no time, and that it tells two tables apart."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from secondhalf.experiments.bench import sweeps
from secondhalf.experiments.bench.settings import Bench
from secondhalf.experiments.command.compose import compose_config, options
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.experiments.execution.settings import Launcher
from tests.experiments.sweep.conftest import Here, pretend


def test_rows_are_of_one_worker_of_all_and_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = []

    def make(name: str, launcher: Launcher) -> Here:
        workers.append(launcher.workers)
        return Here(pretend)

    monkeypatch.setattr(sweeps, "make_engine", make)
    config = compose_config(["bench.runs=3", "bench.kills=0", "bench.flat=12", "launcher.workers=2"])
    assert sweeps.bench_sweep(options(Bench, config), options(Launcher, config), False, tmp_path) > 0
    table = pd.read_csv(tmp_path / "bench_sweep.csv")
    assert workers == table["workers"].tolist() == [1, 2, 2]
    assert table["runs"].tolist() == [3, 3, 12]
    # The pretended runs took no time of their own, so that all of it was beside them, on every worker.
    assert table["overhead_ms"].tolist() == pytest.approx(
        (table["seconds"] * table["workers"] / table["runs"] * 1e3).tolist()
    )
    assert json.loads((tmp_path / "bench_sweep.json").read_text())["kills_survived"] == 0


def test_other_results_after_a_kill_are_an_error(tmp_path: Path) -> None:
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
        for ending in ("csv", "parquet"):
            (tmp_path / name / f"results.{ending}").write_text("run\n1\n")
    sweeps._compare(tmp_path)
    (tmp_path / "cut" / "results.parquet").write_text("run\n2\n")
    with pytest.raises(StudyError, match=r"^bench: results.parquet of a sweep that was killed"):
        sweeps._compare(tmp_path)
