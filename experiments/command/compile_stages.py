"""Compilation of a market's stages before the first run, side by side in processes.

A day meets its stages one after another, so a first run would compile them one after another. A small market here walks
its days without them: every stage that is called is noted with the types of what it is given, and returns at once.
What was noted is then compiled by as many processes as there are cores, whose machine code all later processes find
(`secondhalf.numba_cache`). What is missed here is compiled when it is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from importlib import import_module
from typing import Any, NamedTuple

import numba
from rich.console import Console

from secondhalf.conf.schema.compose import load_settings
from secondhalf.experiments.execution.process_pool import ProcessPool, cores
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import STAGES
from secondhalf.numba_cache import KEPT, is_kept

MOST_DAYS = 45
"""Days of the small market: the books of a month are closed within them."""
OF_A_MARKET = "secondhalf.model."
"""Where the stages of a market are."""


class Stage(NamedTuple):
    """A stage and the types of its arguments, as it is sent to a process."""

    module: str
    name: str
    types: tuple[Any, ...]


def compile_stages(console: Console | None = None) -> int:
    """Compile the stages of which no machine code is kept; returns how many there were."""
    if not KEPT:
        return 0
    missing = [stage for stage in STAGES if stage.__module__.startswith(OF_A_MARKET) and not is_kept(stage)]
    jobs = noted_stages(missing) if missing else []
    if jobs:
        console = console or Console(stderr=True)
        for outcome in _compiled(jobs, console):
            if outcome:  # it is compiled again when it is called, and what is wrong raised there
                console.print(f"not compiled ahead: {outcome}", markup=False, soft_wrap=True)
    return len(jobs)


def _compiled(jobs: Sequence[Stage], console: Console) -> Iterator[str]:
    """Compile on all cores and say how far it is; yields the error of each, mostly none."""
    begun = 0
    with (
        ProcessPool(compile_stage, min(cores(), len(jobs)), script=False) as pool,
        console.status(_words(begun, len(jobs))) if console.is_terminal else nullcontext() as status,
    ):
        if status is None:
            console.print(_words(len(jobs), len(jobs)))

        def begins(job: Stage) -> None:
            nonlocal begun
            begun += 1
            if status is not None:
                status.update(_words(begun, len(jobs)))

        for outcome in pool.each(jobs, begins):
            yield f"{outcome.job.name}: {outcome.error}" if outcome.error else ""


def _words(begun: int, all_: int) -> str:
    return f"compiling {begun} of {all_} stages, once"


def noted_stages(stages: Sequence[Any]) -> list[Stage]:
    """What the stages are given by a small market, in the order of a day; one that it does not call is left out."""
    with noted(stages) as found, suppress(Exception):  # no result of a stage is there: a day may stumble over that
        market = Market(load_settings(["experiment=ci"]))
        while market.running and market.day < MOST_DAYS and len(found) < len(stages):
            market.step()
        market.close()
    return list(found.values())


@contextmanager
def noted(stages: Sequence[Any]) -> Iterator[dict[str, Stage]]:
    """While the context lasts, note the first call of each stage that is not compiled instead of compiling it."""
    found: dict[str, Stage] = {}

    def note(stage: Any) -> Any:
        def look(*arguments: Any) -> Any:
            types = tuple(map(numba.typeof, arguments))
            found.setdefault(stage.__qualname__, Stage(stage.__module__, stage.__qualname__, types))
            return lambda *_: None

        return look

    for stage in stages:
        stage._compile_for_args = note(stage)  # which a dispatcher calls when it knows no code for its arguments
    try:
        yield found
    finally:
        for stage in stages:
            del stage._compile_for_args


def compile_stage(stage: Stage) -> None:
    """Compile a stage, or find its machine code."""
    getattr(import_module(stage.module), stage.name).compile(stage.types)
