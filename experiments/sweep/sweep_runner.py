"""Runner of a sweep: status, progress, what stops it, and what it says at the end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

from secondhalf.experiments.execution.process_pool import StudyError, one_line
from secondhalf.experiments.execution.progress import ProgressBars
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.results.sweep_series import publish
from secondhalf.experiments.sweep.collect import finish
from secondhalf.experiments.sweep.engines import Engine
from secondhalf.experiments.sweep.jobs import Job
from secondhalf.experiments.sweep.run_job import Task
from secondhalf.experiments.sweep.run_record import RunRecord
from secondhalf.experiments.sweep.sweep_folder import Status

SHOWN = 10
"""Most failed runs that are listed on the terminal; runs.csv has all."""


class Work:
    """A sweep's runs, batch by batch, on one engine.

    Parameters
    ----------
    status
        of the sweep's folder
    engine
        where the runs are done
    output
        whether there is a bar
    goes_on
        the setting that names the folder, for what is said when work is stopped
    """

    def __init__(self, status: Status, engine: Engine, output: Output, console: Console, goes_on: str) -> None:
        self.status, self.engine, self.console, self.goes_on = status, engine, console, goes_on
        self._bars = ProgressBars(output.progress, console)
        self._bar = self._bars.add("runs")
        self._told = 0

    def do(self, jobs: Sequence[Job]) -> None:
        """Do those of the jobs that are not done yet; an error of one ends no other.

        Raises
        ------
        StudyError
            when the disk is full or cannot be written; what was finished stays
        """
        left = self.status.take(jobs)
        if len(left) < len(jobs):
            self.console.print(f"{len(jobs) - len(left)} of {len(jobs)} runs were finished before")
        tasks = [Task(job, self.status.folder) for job in left]
        try:
            records = self.engine.each(tasks, lambda task: self._begun(task.job))
            with self._bars:
                self._show()
                for record in records:
                    if record.stops:
                        raise StudyError(self._cannot(record.error))
                    self._over(record)
            self.status.write()
        except OSError as error:  # of this process: runs.csv, or an engine's own files
            raise StudyError(self._cannot(one_line(error))) from error
        except BaseException:
            self._let_be()
            raise

    def finish(self) -> int:
        """Write the tables and say how many runs failed; returns that number."""
        try:
            shown = finish(self.status.folder, list(self.status.jobs.values()), self.status.records)
            if self.status.study == "run":  # only at the end: the series of a thousand runs take a minute
                publish(self.status.folder)
        except OSError as error:
            raise StudyError(self._cannot(one_line(error))) from error
        if shown is not None:
            self.console.print(shown)
        failed = self.status.count("failed")
        said = f"{self.status.count('succeeded')} runs finished"
        if failed:
            said += f", {failed} failed: runs.csv says why, {self.goes_on} resume=true runs them again"
        self.console.print(f"{said}; files in {self.status.folder}", soft_wrap=True, markup=False, highlight=False)
        return failed

    def _begun(self, job: Job) -> None:
        self.status.begun(job)
        self._show()

    def _over(self, record: RunRecord) -> None:
        self.status.over(record)
        if record.status == "failed":
            self._told += 1
            if self._told <= SHOWN:
                job = self.status.jobs[record.run]
                self.console.print(f"run {job.number} failed: {record.error}", style="yellow", markup=False)
        self._show()

    def _show(self) -> None:
        failed, running = self.status.count("failed"), self.status.count("running")
        completed = self.status.count("succeeded") + failed
        self._bar.resize(len(self.status.jobs))
        self._bar.move(completed)
        self._bar.detail(f"{running} running, {failed} failed")

    def _let_be(self) -> None:
        """Nothing is running any more; a full disk may keep even that from being written."""
        try:
            self.status.stopped()
            finish(self.status.folder, list(self.status.jobs.values()), self.status.records)
        except OSError:
            return

    def _cannot(self, reason: str) -> str:
        return (
            f"{self.goes_on}: {reason}; {self.status.count('succeeded')} of {len(self.status.jobs)} runs are finished "
            "and stay, resume=true goes on"
        )


@contextmanager
def interruptible(work: Work) -> Iterator[None]:
    """The keyboard, or a scheduler's SIGTERM, stops cleanly: exit code 130 and how to go on."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        done, all_ = work.status.count("succeeded"), len(work.status.jobs)
        print(
            f"stopped; {done} of {all_} runs are finished; the same command with {work.goes_on} resume=true goes on",
            file=sys.stderr,
        )
        sys.stderr.flush()
        raise SystemExit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)
