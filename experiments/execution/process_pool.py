"""Process pool that yields one result at a time; a job that fails, or ends its process, costs no other."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Generic, NamedTuple, NoReturn, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class StudyError(RuntimeError):
    """One sentence: why a study gives no result."""


class NothingDoneError(StudyError):
    """Every job failed, so that there is nothing to say."""


def exit_with_error(error: Exception) -> NoReturn:
    """End the command with one sentence and exit code 1; `HYDRA_FULL_ERROR=1` raises the error instead."""
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        raise error
    print(f"secondhalf: {error}", file=sys.stderr)
    raise SystemExit(1)


class Outcome(NamedTuple, Generic[Job, Result]):
    """Outcome of a job: its result, or its error."""

    job: Job
    result: Result | None
    error: str
    """empty when all went well"""


def run_jobs(function: Callable[[Job], Result], jobs: Sequence[Job], workers: int) -> Iterator[Outcome[Job, Result]]:
    """Give every job to `function` and yield it as soon as it is done, in no fixed order.

    Parameters
    ----------
    function
        of a module's top level, so that a new process finds it
    workers
        processes, each started afresh ('spawn'); 1 does the jobs here
    """
    with ProcessPool(function, min(workers, len(jobs))) as pool:
        yield from pool.each(jobs)


class ProcessPool(Generic[Job, Result]):
    """Processes that stay for several rounds of jobs, so that only the first waits for them to start.

    Parameters
    ----------
    function, workers
        as for `run_jobs`
    threads
        of each process; by default they divide what there is among them
    apart
        a single worker gets a process too, so that a job can take no more than that with it
    script
        processes read the calling script too, where a job may find what it needs; False for jobs of this package alone

    Attributes
    ----------
    workers
        jobs at a time
    """

    def __init__(
        self,
        function: Callable[[Job], Result],
        workers: int,
        threads: int | None = None,
        apart: bool = False,
        script: bool = True,
    ) -> None:
        self._function, self.workers, self._threads, self._apart = function, workers, threads, apart
        self._script = script
        self._idle: list[tuple[BaseProcess, Connection]] = []
        self._running: dict[Connection, tuple[BaseProcess, Job]] = {}

    def __enter__(self) -> ProcessPool[Job, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        self._dismiss()
        for process, pipe in self._idle:
            pipe.close()
            process.join()
        self._idle.clear()

    def each(self, jobs: Sequence[Job], begun: Callable[[Job], None] | None = None) -> Iterator[Outcome[Job, Result]]:
        """Yield every job as soon as it is done, in no fixed order; one round at a time.

        Parameters
        ----------
        begun
            called with every job that is handed out
        """
        begun = begun or (lambda job: None)
        if self.workers < 2 and not self._apart:
            for job in jobs:
                begun(job)
                yield _attempt(self._function, job)
            return
        waiting, running = deque(jobs), self._running
        try:
            while waiting or running:
                while waiting and len(running) < self.workers:
                    begun(waiting[0])
                    _hand_out(waiting, running, *(self._idle.pop() if self._idle else self._hire()))
                for pipe in wait(list(running)):
                    assert isinstance(pipe, Connection)
                    process, job = running.pop(pipe)
                    try:
                        done: Outcome[Job, Result] = pipe.recv()
                    except (EOFError, ConnectionResetError):  # killed, or out of memory
                        process.join()
                        pipe.close()
                        yield Outcome(job, None, f"its process ended with exit code {process.exitcode}")
                        continue
                    self._idle.append((process, pipe))
                    yield done
        finally:
            self._dismiss()

    def fork(self, jobs: int) -> None:
        """Start the processes that so many jobs need as forks of this one, which have what is imported here.

        Each saves the time to import a market's modules. Where forking is not safe none is started: elsewhere than on
        Linux, and when this process has threads in Python or of compiled stages. Processes that are started later, in
        the place of one that died, begin afresh.
        """
        while may_fork() and len(self._idle) < min(self.workers, jobs):
            self._idle.append(_fork(self._function, self.workers, self._threads, [pipe for _, pipe in self._idle]))

    def _hire(self) -> tuple[BaseProcess, Connection]:
        with nullcontext() if self._script else _without_script():
            return _hire(self._function, self.workers, self._threads)

    def _dismiss(self) -> None:
        """End processes that are still at work, whose results are no longer needed."""
        for pipe, (process, _) in self._running.items():
            process.terminate()
            process.join()
            pipe.close()
        self._running.clear()


def _hire(function: Callable[[Job], Result], workers: int, threads: int | None) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(function, there, workers, threads), daemon=True)
    process.start()
    there.close()  # held by the process alone, so that its end is noticed here
    return process, here


def may_fork() -> bool:
    """Whether a fork of this process could run stages: GNU's OpenMP ends one whose parent has started its threads."""
    import numba

    if sys.platform != "linux" or threading.active_count() > 1 or multiprocessing.current_process().daemon:
        return False
    try:
        numba.threading_layer()
    except ValueError:  # no threads yet
        return True
    return False


def _fork(
    function: Callable[[Job], Result], workers: int, threads: int | None, others: list[Connection]
) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    # A fork has this process's ends of all pipes too, and none would ever come to its end.
    process = context.Process(target=_work, args=(function, there, workers, threads, [*others, here]), daemon=True)
    process.start()
    there.close()
    return process, here


@contextmanager
def _without_script() -> Iterator[None]:
    """While the context lasts, a new process does not read the calling script.

    One that calls `main()` outside ``if __name__ == "__main__"`` would start processes within processes.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _hand_out(
    waiting: deque[Job], running: dict[Connection, tuple[BaseProcess, Job]], process: BaseProcess, pipe: Connection
) -> None:
    job = waiting.popleft()
    running[pipe] = process, job
    with suppress(OSError):  # the process is gone: what reads from the pipe finds out
        pipe.send(job)


def one_line(error: BaseException) -> str:
    """An error in one line."""
    if isinstance(error, OSError) and error.strerror:
        return " ".join(f"{error.strerror}{f' ({error.filename})' if error.filename else ''}".split())
    return " ".join(f"{type(error).__name__}: {error}".split())


def _attempt(function: Callable[[Job], Result], job: Job) -> Outcome[Job, Result]:
    try:
        return Outcome(job, function(job), "")
    except Exception as error:
        return Outcome(job, None, one_line(error))


def _work(
    function: Callable[[Job], Result],
    pipe: Connection,
    workers: int,
    threads: int | None,
    inherited: Sequence[Connection] = (),
) -> None:
    """Main loop of a worker process: one job at a time until the other end of the pipe is closed."""
    import numba

    for other in inherited:
        other.close()
    if inherited:
        gc.freeze()  # what a fork found here stays, and stays shared: no collection looks at it
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the keyboard stops all at once; only the first process says so
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    numba.set_num_threads(
        min(threads, numba.get_num_threads()) if threads else max(1, numba.get_num_threads() // workers)
    )
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(_attempt(function, job))


def _end_with_parent() -> None:
    """End this worker with its parent: a parent that is killed cannot stop its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
