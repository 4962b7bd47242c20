"""Runner of simulations within a budget, several at once, with a journal of what they give."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from secondhalf.experiments.equilibrium.game import simulations
from secondhalf.experiments.equilibrium.game.simulations import Simulation
from secondhalf.experiments.execution.journal import Journal
from secondhalf.experiments.execution.process_pool import ProcessPool, cores
from secondhalf.experiments.execution.ray_pool import RayPool
from secondhalf.experiments.execution.settings import Launcher

GAME_PART, CERTIFY_PART, REST_PART = 0.65, 0.85, 1.0
"""Parts of the budget by whose use the game's table, candidates and the dynamic view end."""


def timed(job: Simulation) -> tuple[dict[str, Any], float]:
    """What a job gives, and the seconds it took."""
    began = time.perf_counter()
    return simulations.work(job), time.perf_counter() - began


WorkerPool = ProcessPool[Simulation, tuple[dict[str, Any], float]] | RayPool[Simulation, tuple[dict[str, Any], float]]


def make_pool(workers: int | None, launcher: Launcher | None = None) -> WorkerPool:
    """Processes of this machine, or a Ray cluster where the launcher says so.

    Parameters
    ----------
    workers
        jobs at a time; None for what the launcher says, and that for one a core
    """
    at_once = workers or (launcher.workers if launcher else None)
    if launcher is not None and launcher.engine == "ray":
        return RayPool(timed, launcher.model_copy(update={"workers": at_once}))
    return ProcessPool(timed, at_once or cores())


class Budget:
    """Work that may be done: seconds of all processes, or runs. What was done in an earlier call counts as well.

    Parameters
    ----------
    seconds
        of all processes together
    runs
        of the game; when given, seconds are not looked at
    """

    def __init__(self, seconds: float, runs: int | None) -> None:
        self.seconds, self.runs = seconds, runs
        self.spent, self.made = 0.0, 0

    def left(self, part: float) -> bool:
        """Whether less than a part of the budget has been used."""
        return self.spent < part * self.seconds if self.runs is None else self.made < int(part * self.runs)


class Runner:
    """Gives jobs to a pool of processes.

    Parameters
    ----------
    journal
        of finished runs
    pool
        who does them
    budget
        what may be done
    shown
        called with a job that is done and why it failed, if it did
    """

    def __init__(
        self,
        journal: Journal,
        pool: WorkerPool,
        budget: Budget,
        shown: Callable[[Simulation, str], None] = lambda *_: None,
    ) -> None:
        self.journal, self.budget, self._pool = journal, budget, pool
        self._shown = shown
        self._counted: set[str] = set()
        # A failure may have been the machine's: a later call tries again.
        self._again = {key for key, (result, _, _) in journal.results.items() if result is None}

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.__exit__(kind, error, trace)
        simulations.forget()

    def __call__(self, wanted: Sequence[Simulation], part: float = 1.0, free: bool = False) -> bool:
        """Do jobs in their order until a part of the budget is used; returns whether all are done.

        What an earlier call did counts as if it were done now, so that one that goes on ends where one that was never
        stopped does.

        Parameters
        ----------
        free
            work that a budget of runs does not count
        """
        new = []
        for job in wanted:
            if job.key in self._counted:
                continue
            if not (free and self.budget.runs is not None) and not self.budget.left(part):
                break
            self._counted.add(job.key)
            self.budget.made += not free
            if job.key in self.journal.results and job.key not in self._again:
                self.budget.spent += self.seconds(job)
            else:
                new.append(job)
        for done in self._pool.each(new):
            result, seconds = done.result if done.result is not None else (None, 0.0)
            self.journal.write(done.job.key, [result, done.error, seconds])
            self._again.discard(done.job.key)
            self.budget.spent += seconds
            self._shown(done.job, done.error)
            if self.budget.runs is None and not self.budget.left(part):
                break
        left = {job.key for job in new if job.key not in self.journal.results}
        self._counted -= left
        return all(job.key in self._counted for job in wanted)

    def result(self, job: Simulation) -> dict[str, Any] | None:
        """What a job gave; None when it failed or was not done."""
        found: dict[str, Any] | None = self.journal.results.get(job.key, (None,))[0]
        return found

    def error(self, job: Simulation) -> str:
        """Why a job failed; empty when it did not, or was not done."""
        return str(self.journal.results[job.key][1]) if job.key in self.journal.results else ""

    def seconds(self, job: Simulation) -> float:
        """Seconds that a finished job took."""
        return float(self.journal.results[job.key][2])
