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
    global _function
    workers, done = min(cores(), len(items)), 0
    if workers > 1 and sys.platform == "linux" and not multiprocessing.current_process().daemon:
        before, _function = _function, lambda number: function(items[number])
        try:
            context = multiprocessing.get_context("fork")
            with ProcessPoolExecutor(workers, context, initializer=_begin) as forks:
                for future in [forks.submit(_do, number) for number in range(len(items))]:
                    result: Result = future.result()
                    done += 1
                    yield result
        except BrokenProcessPool:
            pass
        finally:
            _function = before
    yield from map(function, items[done:])


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the keyboard stops all at once; only the first process says so


def _do(number: int) -> Any:
    assert _function is not None
    return _function(number)
