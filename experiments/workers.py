"""Jobs on several processes, one result at a time; a job that fails, or takes its process with it, costs no other."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, NamedTuple, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class NothingDoneError(RuntimeError):
    """Every job failed, so that there is nothing to say."""


class Done(NamedTuple, Generic[Job, Result]):
    """A job with what it gave, or with what went wrong."""

    job: Job
    result: Result | None
    error: str
    """empty when all went well"""


def each(function: Callable[[Job], Result], jobs: Sequence[Job], workers: int) -> Iterator[Done[Job, Result]]:
    """Give every job to `function` and yield it as soon as it is done, in no fixed order.

    Parameters
    ----------
    function
        of a module's top level, so that a new process finds it
    workers
        processes, each started afresh ('spawn'); 1 does the jobs here
    """
    if workers < 2 or len(jobs) < 2:
        for job in jobs:
            yield _attempt(function, job)
        return
    waiting = deque(jobs)
    running: dict[Connection, tuple[BaseProcess, Job]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < min(workers, len(jobs)):
                _hand_out(waiting, running, *_hire(function, workers))
            for pipe in wait(list(running)):
                assert isinstance(pipe, Connection)
                process, job = running.pop(pipe)
                try:
                    done: Done[Job, Result] = pipe.recv()
                except EOFError:  # killed, or out of memory
                    process.join()
                    pipe.close()
                    yield Done(job, None, f"its process ended with exit code {process.exitcode}")
                    continue
                if waiting:
                    _hand_out(waiting, running, process, pipe)
                else:
                    pipe.close()
                    process.join()
                yield done
    finally:
        for pipe, (process, _) in running.items():
            process.terminate()
            process.join()
            pipe.close()


def _hire(function: Callable[[Job], Result], workers: int) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(function, there, workers), daemon=True)
    process.start()
    there.close()  # held by the process alone, so that its end is noticed here
    return process, here


def _hand_out(
    waiting: deque[Job], running: dict[Connection, tuple[BaseProcess, Job]], process: BaseProcess, pipe: Connection
) -> None:
    job = waiting.popleft()
    running[pipe] = process, job
    with suppress(OSError):  # the process is gone: what reads from the pipe finds out
        pipe.send(job)


def _attempt(function: Callable[[Job], Result], job: Job) -> Done[Job, Result]:
    try:
        return Done(job, function(job), "")
    except Exception as error:
        return Done(job, None, " ".join(f"{type(error).__name__}: {error}".split()))


def _work(function: Callable[[Job], Result], pipe: Connection, workers: int) -> None:
    """The life of a process: a job at a time until the other end of the pipe is closed."""
    import numba

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the keyboard stops all at once; only the first process says so
    numba.set_num_threads(max(1, numba.get_num_threads() // workers))
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(_attempt(function, job))
