"""Where the jobs of a sweep run: processes of this machine, or a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from secondhalf.experiments.options import Launcher
from secondhalf.experiments.sweep.one import Task, do, settle
from secondhalf.experiments.sweep.record import Record
from secondhalf.experiments.workers import Team, cores
from secondhalf.model.settings import SettingsError


class Engine(AbstractContextManager["Engine"], Protocol):
    """Runs jobs; one that is lost with its process or machine gives a record all the same."""

    workers: int
    """jobs at a time"""

    def each(self, tasks: Sequence[Task], begun: Callable[[Task], None]) -> Iterator[Record]:
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
        self._team: Team[Task, Record] = Team(do, workers, threads, apart=True)

    def __enter__(self) -> Local:
        return self

    def __exit__(self, *_: object) -> None:
        self._team.__exit__()

    def each(self, tasks: Sequence[Task], begun: Callable[[Task], None]) -> Iterator[Record]:
        """See `Engine.each`."""
        for task, record, error in self._team.each(tasks, begun):
            if record is None:
                record = Record(task.job.run, "failed", error)
                settle(record, task)
            yield record


def make_engine(name: str, options: Launcher) -> Engine:
    """The engine that was asked for.

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
    from secondhalf.experiments.sweep.ray_engine import Cluster

    return Cluster(options)
