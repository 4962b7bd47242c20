"""Engines of a sweep: processes of this machine, or a Ray cluster."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.execution.process_pool import ProcessPool, cores, one_line
from secondhalf.experiments.execution.ray_pool import RayPool
from secondhalf.experiments.execution.settings import Launcher
from secondhalf.experiments.sweep.jobs import Job
from secondhalf.experiments.sweep.run_job import Task, attempt, run_job, settle
from secondhalf.experiments.sweep.run_record import RunRecord


class Engine(AbstractContextManager["Engine"], Protocol):
    """Runs jobs; one that is lost with its process or machine gives a record all the same."""

    workers: int
    """jobs at a time"""

    def each(self, tasks: Sequence[Task], begun: Callable[[Task], None]) -> Iterator[RunRecord]:
        """Yield the record of every task as soon as it is over, in no fixed order; its folder is then in place."""


class Local:
    """Processes of this machine, each for many jobs.

    Parameters
    ----------
    workers
        jobs at a time
    threads
        of each job
    """

    def __init__(self, workers: int, threads: int) -> None:
        self.workers = workers
        self._pool: ProcessPool[Task, RunRecord] = ProcessPool(run_job, workers, threads, apart=True)

    def __enter__(self) -> Local:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.__exit__()

    def each(self, tasks: Sequence[Task], begun: Callable[[Task], None]) -> Iterator[RunRecord]:
        """See `Engine.each`; processes are forked at the call, before a progress bar has a thread."""
        self._pool.fork(len(tasks))
        return self._records(tasks, begun)

    def _records(self, tasks: Sequence[Task], begun: Callable[[Task], None]) -> Iterator[RunRecord]:
        for task, record, error in self._pool.each(tasks, begun):
            if record is None:
                record = RunRecord(task.job.run, "failed", error)
                settle(record, task)
            yield record


def make_engine(name: str, options: Launcher) -> Engine:
    """The requested engine.

    Raises
    ------
    SettingsError
        for a cluster that cannot be reached, or when Ray is not installed
    """
    if name == "local":
        if options.address is not None:
            raise SettingsError(
                f"launcher.address={options.address}: needs launcher.engine=ray (or hydra/launcher=ray)"
            )
        return Local(options.workers or cores(), options.threads)

    return Cluster(options)


class Cluster:
    """The Ray cluster that this process is connected to.

    Parameters
    ----------
    options
        of the launcher
    """

    def __init__(self, options: Launcher) -> None:
        self._pool: RayPool[Job, tuple[RunRecord, bytes]] = RayPool(run_remotely, options)
        self.workers = self._pool.workers

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.__exit__()

    def each(self, tasks: Sequence[Task], begun: Callable[[Task], None]) -> Iterator[RunRecord]:
        """See `Engine.each`."""
        of = {task.job.run: task for task in tasks}
        for job, sent, error in self._pool.each([task.job for task in tasks], lambda job: begun(of[job.run])):
            record, packed = sent or (RunRecord(job.run, "failed", error), b"")
            yield _settled(of[job.run], record, packed)


def _settled(task: Task, record: RunRecord, packed: bytes) -> RunRecord:
    shutil.rmtree(task.aside, ignore_errors=True)
    if record.stops:
        return record
    try:
        task.aside.mkdir(parents=True)
        if packed:
            with tarfile.open(fileobj=io.BytesIO(packed)) as files:
                files.extractall(task.aside, filter="data")
        settle(record, task)
    except OSError as error:
        return RunRecord(task.job.run, "failed", one_line(error), stops=True)
    return record


def run_remotely(job: Job) -> tuple[RunRecord, bytes]:
    """Run a job on a machine of the cluster; returns its record and its files, packed."""
    with tempfile.TemporaryDirectory(prefix="secondhalf-") as place:
        record = attempt(job, Path(place))
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as files:
            files.add(place, arcname=".")
        return record, packed.getvalue()
