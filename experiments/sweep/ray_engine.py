"""Jobs of a sweep as Ray tasks: each runs in a folder of its machine and sends what it left, so no disk is shared."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from secondhalf.experiments.options import Launcher
from secondhalf.experiments.ray_team import RayTeam
from secondhalf.experiments.sweep.jobs import Job
from secondhalf.experiments.sweep.one import Task, attempt, settle
from secondhalf.experiments.sweep.record import Record
from secondhalf.experiments.workers import one_line


class Cluster:
    """The Ray cluster that this process is connected to.

    Parameters
    ----------
    options
        of the launcher
    """

    def __init__(self, options: Launcher) -> None:
        self._team: RayTeam[Job, tuple[Record, bytes]] = RayTeam(far_away, options)
        self.workers = self._team.workers

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._team.__exit__()

    def each(self, tasks: Sequence[Task], begun: Callable[[Task], None]) -> Iterator[Record]:
        """See `Engine.each`."""
        of = {task.job.run: task for task in tasks}
        for job, sent, error in self._team.each([task.job for task in tasks], lambda job: begun(of[job.run])):
            record, packed = sent or (Record(job.run, "failed", error), b"")
            yield _settled(of[job.run], record, packed)


def _settled(task: Task, record: Record, packed: bytes) -> Record:
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
        return Record(task.job.run, "failed", one_line(error), stops=True)
    return record


def far_away(job: Job) -> tuple[Record, bytes]:
    """Run a job on a machine of the cluster; returns its record and its files, packed."""
    with tempfile.TemporaryDirectory(prefix="secondhalf-") as place:
        record = attempt(job, Path(place))
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as files:
            files.add(place, arcname=".")
        return record, packed.getvalue()
