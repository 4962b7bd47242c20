"""Forked processes for work on what is in memory: nothing is sent to them, and what is imported is there.

Only on Linux, where forking is safe with the threads of compiled code that wait: a fork must not run stages.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from secondhalf.experiments.execution.process_pool import cores

Item = TypeVar("Item")
Result = TypeVar("Result")

_function: Callable[[Any], Any] | None = None
"""What a fork does, which it finds where it was when it began."""


def in_forks(function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Yield `function` of every item, in their order, done by as many forks as there are cores.

    Without forks (other systems, one core, a process that must not have any), and for what a fork that died leaves
    undone, it is done here. What an item gives must be picklable; `function` and the items need not be.
    """
    workers, done = min(cores(), len(items)), 0
    if workers > 1 and _may_fork():
        with suppress(BrokenProcessPool), _forks(lambda number: function(items[number]), workers) as forks:
            for future in [forks.submit(_do, number) for number in range(len(items))]:
                result: Result = future.result()
                done += 1
                yield result
    yield from map(function, items[done:])


@contextmanager
def meanwhile(function: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Begin `function` in a fork, which is at work while the context lasts; what is yielded waits for its result.

    Where there are no forks, and when this one dies, it is done here, when its result is asked for.
    """
    if cores() < 2 or not _may_fork():
        yield function
        return
    with _forks(lambda _: function(), 1) as forks:
        future = forks.submit(_do, 0)

        def result() -> Result:
            try:
                given: Result = future.result()
            except BrokenProcessPool:
                given = function()
            return given

        yield result


def _may_fork() -> bool:
    return sys.platform == "linux" and not multiprocessing.current_process().daemon


@contextmanager
def _forks(function: Callable[[int], Any], workers: int) -> Iterator[ProcessPoolExecutor]:
    """Forks that do `function` of a number; at the end of the context all have ended."""
    global _function
    before, _function = _function, function
    try:
        with ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), initializer=_begin) as forks:
            yield forks
    finally:
        _function = before


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the keyboard stops all at once; only the first process says so


def _do(number: int) -> Any:
    assert _function is not None
    return _function(number)
