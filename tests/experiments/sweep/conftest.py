"""Tiny jobs, and an engine that does them here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.sweep import run_job
from secondhalf.experiments.sweep.jobs import Composer, Job
from secondhalf.experiments.sweep.run_job import Task
from secondhalf.experiments.sweep.run_record import RunRecord, keep
from secondhalf.experiments.sweep.sweep_folder import Status
from secondhalf.experiments.sweep.sweep_runner import Work

TINY = ("population.users=60", "population.merchants=8", "calendar.end=2019-01-03", "calendar.warm_up=56")
SILENT = Output(progress="never")


class Here:
    """Does what it is given in this process."""

    workers = 1

    def __init__(self, do: Callable[[Task], RunRecord] = run_job.run_job) -> None:
        self.do = do

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def each(self, tasks: Sequence[Task], begun: Callable[[Task], None]) -> Iterator[RunRecord]:
        for task in tasks:
            begun(task)
            yield self.do(task)


def pretend(task: Task) -> RunRecord:
    """A run that succeeds at once: what it returns is its seed."""
    record = RunRecord(task.job.run, "succeeded", value=float(task.job.settings["seed"]))
    task.place.mkdir(parents=True)
    keep(record, task.place)
    return record


def work_in(folder: Path, do: Callable[[Task], RunRecord] = pretend) -> Work:
    """A sweep in a folder, silent."""
    folder.mkdir(parents=True, exist_ok=True)
    return Work(Status(folder, "run"), Here(do), SILENT, Console(quiet=True), f"hydra.sweep.dir={folder}")


@pytest.fixture(scope="session")
def jobs(composer: Composer) -> list[Job]:
    """Three seeds."""
    return [composer.job(seed, [*TINY, f"seed={seed}"]) for seed in range(3)]
