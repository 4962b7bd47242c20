"""Hydra's own launchers, and Ray where it is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command import main
from secondhalf.experiments.execution.settings import Launcher
from secondhalf.experiments.sweep.engines import make_engine
from secondhalf.experiments.sweep.jobs import Job
from secondhalf.experiments.sweep.run_job import Task, attempt, settle
from secondhalf.experiments.sweep.run_record import RunRecord
from tests.experiments.sweep.conftest import TINY, work_in


def test_hydra_s_launcher_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    main.main(["run", "-m", *TINY, "seed=0,1", "output.progress=never", "hydra/launcher=basic", "hydra.sweep.dir=out"])
    for number in "01":
        assert (tmp_path / "out" / number / "summary.json").is_file()
    assert not (tmp_path / "out" / "runs.csv").exists()


@pytest.mark.parametrize("name", ["joblib", "submitit_local"])
def test_launchers_that_are_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    pytest.importorskip(f"hydra_plugins.hydra_{name.partition('_')[0]}_launcher")
    monkeypatch.chdir(tmp_path)
    main.main(
        ["run", "-m", *TINY, "seed=0,1", "output.progress=never", f"hydra/launcher={name}", "hydra.sweep.dir=out"]
    )
    assert (tmp_path / "out" / "1" / "summary.json").is_file()


def test_an_address_needs_a_cluster() -> None:
    with pytest.raises(SettingsError, match=r"^launcher\.address=10\.0\.0\.1:6379: needs launcher\.engine=ray"):
        make_engine("local", Launcher(engine="local", threads=1, address="10.0.0.1:6379"))


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_without_ray_it_says_how_to_get_it() -> None:
    said = r"^launcher\.engine=ray needs Ray, which is not installed; pip install 'secondhalf\[ray\]'$"
    with pytest.raises(SettingsError, match=said):
        make_engine("ray", Launcher(engine="ray", threads=1))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1:1", r"no Ray cluster answers there \(Connection refused"),
        ("ray://127.0.0.1:1", r"no Ray cluster answers there \(Connection refused"),
        ("http://127.0.0.1:1", r"allowed are auto, host:port and ray://host:port$"),
    ],
)
def test_a_cluster_that_does_not_answer(address: str, reason: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(SettingsError, match=f"^launcher.address={address}: {reason}"):
        make_engine("ray", Launcher(engine="ray", threads=1, address=address))


def test_ray_gives_what_processes_give(tmp_path: Path, jobs: list[Job]) -> None:
    pytest.importorskip("ray")

    def here(task: Task) -> RunRecord:
        task.aside.mkdir(parents=True)
        record = attempt(task.job, task.aside)
        settle(record, task)
        return record

    local, far = work_in(tmp_path / "local", here), work_in(tmp_path / "far")
    local.do(jobs)
    local.finish()
    with make_engine("ray", Launcher(engine="ray", threads=1, workers=1)) as far.engine:
        far.do(jobs)
        far.finish()
    assert (tmp_path / "far" / "results.csv").read_bytes() == (tmp_path / "local" / "results.csv").read_bytes()
    assert pd.read_csv(tmp_path / "far" / "runs.csv")["status"].tolist() == ["succeeded"] * 3
