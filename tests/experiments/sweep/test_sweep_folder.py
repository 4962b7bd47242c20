"""A sweep's folder: who may go on in it, what is done, what stops it."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.experiments.sweep import run_job
from secondhalf.experiments.sweep.jobs import Composer, Job
from secondhalf.experiments.sweep.run_job import Task
from secondhalf.experiments.sweep.run_record import RunRecord, read
from secondhalf.experiments.sweep.sweep_folder import COLUMNS, check_folder
from secondhalf.experiments.sweep.sweep_runner import interruptible
from tests.experiments.sweep.conftest import TINY, pretend, work_in


def table(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "runs.csv", keep_default_na=False)


def test_only_what_is_missing_or_failed_is_run(tmp_path: Path, jobs: list[Job]) -> None:
    done: list[int] = []

    def second_fails(task: Task) -> RunRecord:
        done.append(task.job.number)
        if done == [0, 1]:
            return RunRecord(task.job.run, "failed", "ValueError: no")
        return pretend(task)

    first = work_in(tmp_path, second_fails)
    first.do(jobs)
    assert first.finish() == 1
    assert tuple(table(tmp_path).columns) == COLUMNS
    assert table(tmp_path)["status"].tolist() == ["succeeded", "failed", "succeeded"]
    assert table(tmp_path)["error"].tolist() == ["", "ValueError: no", ""]
    again = work_in(tmp_path, second_fails)
    again.do(jobs)
    assert again.finish() == 0
    assert done == [0, 1, 2, 1]
    assert table(tmp_path)["number"].tolist() == [0, 1, 2]
    results = pd.read_csv(tmp_path / "results.csv")
    assert results["seed"].tolist() == results["value"].tolist() == [0, 1, 2]


def test_a_folder_under_a_former_name_is_gone_on_with(tmp_path: Path, composer: Composer, jobs: list[Job]) -> None:
    """Named by identity alone, as before names could be read, or by the same overrides in another order."""
    former = [replace(job, run=job.identity) for job in jobs]
    work_in(tmp_path).do(former)
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {job.identity for job in jobs}
    check_folder(tmp_path, jobs, "run", resume=True)
    again = work_in(tmp_path)
    again.do(jobs)
    assert again.finish() == 0
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {job.run for job in jobs}
    assert table(tmp_path)["run"].tolist() == pd.read_csv(tmp_path / "results.csv")["run"].tolist()
    assert read(tmp_path / "runs" / jobs[1].run) == RunRecord(jobs[1].run, "succeeded", value=1.0)
    turned = [composer.job(job.number, [f"seed={job.number}", *TINY]) for job in jobs]
    assert work_in(tmp_path).status.take(turned) == []
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {job.run for job in turned}


def test_a_run_with_a_file_cut_short_is_run_again(tmp_path: Path, jobs: list[Job]) -> None:
    def with_a_file(task: Task) -> RunRecord:
        task.aside.mkdir(parents=True)
        (task.aside / "daily.csv").write_text("date\n2019-01-01\n")
        record = RunRecord(task.job.run, "succeeded")
        run_job.settle(record, task)
        return record

    work_in(tmp_path, with_a_file).do(jobs)
    place = tmp_path / "runs" / jobs[1].run
    assert read(place) == RunRecord(jobs[1].run, "succeeded")
    (place / "daily.csv").write_text("")
    (tmp_path / "runs" / jobs[2].run / "run.json").write_text('{"form')
    assert [job.number for job in work_in(tmp_path).status.take(jobs)] == [1, 2]


def test_a_run_whose_files_are_not_those_it_left_is_run_again(tmp_path: Path, jobs: list[Job]) -> None:
    """Zeros of the right size, a digit of the summary, what it returned; and the sweep then ends as any other."""
    work = work_in(tmp_path, run_job.run_job)
    work.do(jobs)
    assert work.finish() == 0
    whole = {name: (tmp_path / name).read_bytes() for name in ("results.csv", "series.parquet")}
    places = [tmp_path / "runs" / job.run for job in jobs]
    (places[0] / "daily.csv").write_bytes(b"\0" * (places[0] / "daily.csv").stat().st_size)
    changed = (places[1] / "summary.json").read_text()
    at = changed.index('"gmv": ') + 7
    (places[1] / "summary.json").write_text(changed[:at] + str((int(changed[at]) + 1) % 10) + changed[at + 1 :])
    kept = json.loads((places[2] / "run.json").read_text())
    (places[2] / "run.json").write_text(json.dumps(kept | {"value": kept["value"] + 1}))
    done: list[int] = []

    def again(task: Task) -> RunRecord:
        done.append(task.job.number)
        return run_job.run_job(task)

    work = work_in(tmp_path, again)
    work.do(jobs)
    assert work.finish() == 0
    assert done == [0, 1, 2]
    assert {name: (tmp_path / name).read_bytes() for name in whole} == whole


def test_a_folder_with_a_sweep_is_not_taken_for_another(tmp_path: Path, jobs: list[Job], composer: Composer) -> None:
    work_in(tmp_path).do(jobs)
    check_folder(tmp_path, jobs, "run", resume=True)
    check_folder(tmp_path, [*jobs, composer.job(3, [*TINY, "seed=3"])], "run", resume=True)
    check_folder(tmp_path / "new", jobs, "run", resume=True)
    where = f"^hydra.sweep.dir={tmp_path}: "
    with pytest.raises(SettingsError, match=where + "there is a sweep already; resume=true goes on"):
        check_folder(tmp_path, jobs, "run", resume=False)
    with pytest.raises(SettingsError, match=where + "the sweep there is of the study run and not of phases"):
        check_folder(tmp_path, jobs, "phases", resume=True)
    other = [composer.job(0, [*TINY, "seed=0", "population.merchants=9"])]
    with pytest.raises(SettingsError, match=r"; population.merchants was 8 and is 9; seed was 1, 2 and is 0$"):
        check_folder(tmp_path, other, "run", resume=True)
    about = json.loads((tmp_path / "sweep.json").read_text())
    (tmp_path / "sweep.json").write_text(json.dumps(about | {"state": "other"}))
    with pytest.raises(SettingsError, match="needs the program as it was"):
        check_folder(tmp_path, jobs, "run", resume=True)
    (tmp_path / "sweep.json").write_text(json.dumps(about | {"format": 2, "secondhalf": "9.0"}))
    with pytest.raises(SettingsError, match=where + "written by a newer version, secondhalf 9.0; this is"):
        check_folder(tmp_path, jobs, "run", resume=True)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SettingsError, match=f"^hydra.sweep.dir={file}: that is a file"):
        check_folder(file, jobs, "run", resume=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("[]", "input should be a valid dictionary"),
        ("{}", "format: field required"),
        ({"runs": []}, "runs: input should be a valid dictionary"),
        ({"runs": {"a": 1}}, "runs.a: input should be a valid dictionary"),
        ({"values": None}, "values: input should be a valid dictionary"),
        ({"format": "1"}, "format: input should be a valid integer"),
    ],
)
def test_another_shape_of_sweep_json_is_refused(
    tmp_path: Path, jobs: list[Job], change: str | dict[str, object], said: str
) -> None:
    work_in(tmp_path).do(jobs)
    file = tmp_path / "sweep.json"
    file.write_text(change if isinstance(change, str) else json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(SettingsError) as error:
        check_folder(tmp_path, jobs, "run", resume=True)
    assert (
        str(error.value)
        .lower()
        .startswith(f"hydra.sweep.dir={tmp_path}: sweep.json there is none of a sweep ({said}".lower())
    )
    assert "\n" not in str(error.value)
    file.write_bytes(b"\xff\x00" * 20)
    with pytest.raises(SettingsError, match=r"sweep\.json there cannot be read \(UnicodeDecodeError"):
        check_folder(tmp_path, jobs, "run", resume=True)


def test_the_keyboard_stops_cleanly(tmp_path: Path, jobs: list[Job], capsys: pytest.CaptureFixture[str]) -> None:
    def pressed(task: Task) -> RunRecord:
        if task.job.number == 1:
            raise KeyboardInterrupt
        return pretend(task)

    work = work_in(tmp_path, pressed)
    with pytest.raises(SystemExit) as stopped, interruptible(work):
        work.do(jobs)
    assert stopped.value.code == 130
    said = f"stopped; 1 of 3 runs are finished; the same command with hydra.sweep.dir={tmp_path} resume=true goes on\n"
    assert capsys.readouterr().err == said
    assert table(tmp_path)["status"].tolist() == ["succeeded", "pending", "pending"]
    assert len(pd.read_csv(tmp_path / "results.csv")) == 1
    assert not (tmp_path / "series.parquet").exists()  # who presses the keys does not wait for it


def test_a_full_disk_stops_the_sweep_and_not_each_run(
    tmp_path: Path, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finished runs stay; the folder of the one that did not fit is gone, which makes room for the tables."""
    monkeypatch.setattr(run_job, "_free_models", lambda: None)
    tried: list[int] = []

    def full(job: Job, folder: Path) -> float:
        tried.append(job.number)
        (folder / "daily.csv").write_text("date\n")
        raise OSError(errno.ENOSPC, "No space left on device")

    def second_is_too_much(task: Task) -> RunRecord:
        return pretend(task) if task.job.number == 0 else run_job.run_job(task)

    monkeypatch.setattr(run_job, "_run", full)
    with pytest.raises(StudyError) as error:
        work_in(tmp_path, second_is_too_much).do(jobs)
    said = (
        f"hydra.sweep.dir={tmp_path}: No space left on device; 1 of 3 runs are finished and stay, resume=true goes on"
    )
    assert str(error.value) == said
    assert tried == [1]
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {jobs[0].run}
    assert table(tmp_path)["status"].tolist() == ["succeeded", "pending", "pending"]
