"""Running seeds in several processes; what finishes is kept, what fails is told, and the others go on."""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

import numba

from secondhalf.experiments.counterfactual.arms import Arms
from secondhalf.experiments.counterfactual.kept import Kept
from secondhalf.experiments.counterfactual.pairs import run_pair
from secondhalf.model.compiled import threads_for

Task = Callable[[Arms, int, Kept], str]


def run_and_keep(arms: Arms, seed: int, kept: Kept) -> str:
    """Run a seed and keep what it gives; returns what went wrong, nothing when all went well."""
    try:
        kept.write(seed, run_pair(arms, seed))
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return ""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_seeds(
    arms: Arms, seeds: Sequence[int], kept: Kept, workers: int, task: Task = run_and_keep
) -> Iterator[tuple[int, str]]:
    """Run seeds and keep them; yields each with what went wrong, in the order in which they end.

    One worker is this process. With several, each is a fresh process with one thread; the numbers are the same.
    """
    workers = min(workers, len(seeds))
    if workers <= 1:
        with threads_for(arms.baseline.population.users):
            for seed in seeds:
                yield seed, task(arms, seed, kept)
        return
    lost: list[int] = []
    for seed, wrong in _in_pool(arms, seeds, kept, workers, task):
        if wrong is None:
            lost.append(seed)
        else:
            yield seed, wrong
    for seed in lost:  # one of them ended its process, for want of memory for instance: each alone shows which
        for _, wrong in _in_pool(arms, [seed], kept, 1, task):
            yield seed, "its process ended without a word" if wrong is None else wrong


def _in_pool(
    arms: Arms, seeds: Sequence[int], kept: Kept, workers: int, task: Task
) -> Iterator[tuple[int, str | None]]:
    """Seeds with what went wrong; None for those that a dead process took with it."""
    before = set(mp.active_children())
    pool = ProcessPoolExecutor(workers, mp.get_context("spawn"), initializer=_begin)
    try:
        waiting: dict[Future[str], int] = {pool.submit(task, arms, seed, kept): seed for seed in seeds}
        for done in as_completed(waiting):
            try:
                yield waiting[done], done.result()
            except BrokenProcessPool:
                yield waiting[done], None
    except BaseException:  # an interrupted study does not wait for what is still running
        for process in set(mp.active_children()) - before:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends a worker without a word; the study itself speaks
    numba.set_num_threads(1)
