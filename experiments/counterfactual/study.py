"""Counterfactual: a scenario or a strategy against the baseline, over seeds (the study `counterfactual`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from secondhalf.experiments.command.request import Request
from secondhalf.experiments.counterfactual import text
from secondhalf.experiments.counterfactual.arms import ARMS, Arms, find_arms, seeds_of
from secondhalf.experiments.counterfactual.outputs import FILES, Answer, answer, write
from secondhalf.experiments.counterfactual.pairs import Pair, question_of, run_pair
from secondhalf.experiments.counterfactual.settings import Counterfactual
from secondhalf.experiments.execution.journal import Journal
from secondhalf.experiments.execution.process_pool import StudyError, cores, run_jobs
from secondhalf.experiments.execution.progress import ProgressBars
from secondhalf.experiments.execution.settings import FORMATS, Output, When
from secondhalf.experiments.pictures import draw_pictures
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.numba_kernels import threads_for

PICTURE = "counterfactual"
JOURNAL = "seeds.jsonl"
"""Finished seeds; those of other settings, or of another version of the program, are discarded."""
Task = Callable[[Pair], dict[str, Any]]


def prepare(request: Request[Counterfactual]) -> Arms:
    """The two arms of the comparison, checked before any work; see `find_arms`."""
    arms = find_arms(request.config)
    seeds_of(arms, request.options)
    return arms


def start(request: Request[Counterfactual]) -> int:
    """Compare; returns how many differences are distinguishable from zero."""
    return counterfactual(find_arms(request.config), request.options, request.folder, request.output)


def counterfactual(
    arms: Arms,
    asked: Counterfactual,
    folder: Path,
    output: Output | None = None,
    console: Console | None = None,
    task: Task = run_pair,
) -> int:
    """Compare two arms; returns how many differences can be told from none, after Holm's correction.

    Parameters
    ----------
    arms
        from `find_arms`
    asked
        how many seeds, and in how many processes
    folder
        where the files go; finished seeds of the same question that lie there are not run again
    task
        what runs a seed, of a module's top level when there are several processes

    Raises
    ------
    StudyError
        when fewer than two seeds finish
    """
    output, console = output or Output(), console or Console(stderr=True)
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*FILES, *(f"{PICTURE}.{ending}" for ending in FORMATS)):
        (folder / name).unlink(missing_ok=True)
    journal, seeds = Journal(folder / JOURNAL, question_of(arms), discard=True), seeds_of(arms, asked)
    failed = _run(arms, seeds, journal, asked.workers or cores(), output.progress, console, task)
    pairs = pairs_of(arms, seeds)
    done = {(pair.member, pair.seed): journal.results[pair.key] for pair in pairs if pair.key in journal.results}
    table = _seeds_table(pairs, done, failed)
    found = _whole(arms, seeds, done)
    with replacing(folder / "seeds.csv") as temporary:
        write_csv(table, temporary)
    units = len({member if arms.members else seed for member, seed in found})
    if units < 2:
        (member, seed), why = next(iter(failed.items()))
        if arms.members is not None:
            raise StudyError(
                f"counterfactual: {units} of {len(arms.members)} members finished under all seeds, two are needed; "
                f"member {member}, seed {seed}: {why}"
            )
        raise StudyError(f"counterfactual: {units} of {len(seeds)} seeds finished, two are needed; seed {seed}: {why}")
    given = answer(arms, found, table, time.perf_counter() - began)
    paragraph = text.paragraph(given)
    write(given, paragraph, folder)
    console.print(paragraph, soft_wrap=True, markup=False, highlight=False)
    if output.pictures != "never":
        _draw(given, folder, output, console)
    console.print(f"{given.summary['seconds']['wall']:.1f} s; files in {folder}", soft_wrap=True)
    return int(given.summary["distinguishable"])


def pairs_of(arms: Arms, seeds: Sequence[int]) -> list[Pair]:
    """All pairs, member by member."""
    members = range(1 if arms.members is None else len(arms.members))
    return [Pair(arms, seed, member) for member in members for seed in seeds]


def _whole(
    arms: Arms, seeds: Sequence[int], done: dict[tuple[int, int], dict[str, Any]]
) -> dict[tuple[int, int], dict[str, Any]]:
    """What can be compared: all that finished, of an ensemble the members that did under all seeds."""
    if arms.members is None:
        return done
    return {key: kept for key, kept in done.items() if all((key[0], seed) in done for seed in seeds)}


def _run(
    arms: Arms, seeds: Sequence[int], journal: Journal, workers: int, progress: When, console: Console, task: Task
) -> dict[tuple[int, int], str]:
    """Run what is not finished yet; returns what went wrong, by member and seed."""
    pairs = pairs_of(arms, seeds)
    left = [pair for pair in pairs if pair.key not in journal.results]
    if len(left) < len(pairs):
        console.print(f"{len(pairs) - len(left)} of {len(pairs)} pairs were finished before")
    failed = {}
    with ProgressBars(progress, console) as bars, threads_for(arms.baseline.population.users):
        bar = bars.add("runs", len(ARMS) * len(pairs), len(ARMS) * (len(pairs) - len(left)))
        for pair, result, error in run_jobs(task, left, workers):
            bar.advance(len(ARMS))
            if result is not None:
                journal.write(pair.key, result)
            else:
                failed[pair.member, pair.seed] = error
                console.print(f"member {pair.member}, seed {pair.seed} failed: {error}", style="yellow", markup=False)
    return failed


def _seeds_table(
    pairs: Sequence[Pair], done: dict[tuple[int, int], dict[str, Any]], failed: dict[tuple[int, int], str]
) -> pd.DataFrame:
    rows = []
    for pair in pairs:
        place = (pair.member, pair.seed)
        kept = done.get(place, {"shared_days": 0, "seconds": 0.0})
        state = "finished" if place in done else "failed"
        rows.append((*place, state, kept["shared_days"], round(kept["seconds"], 3), failed.get(place, "")))
    return pd.DataFrame(rows, columns=["member", "seed", "state", "shared_days", "seconds", "message"])


def _draw(given: Answer, folder: Path, output: Output, console: Console) -> None:
    path = {PICTURE: "secondhalf.experiments.counterfactual.figure:draw"}
    draw_pictures(given, folder, output.formats, output.font, lambda said: console.print(said, style="yellow"), path)
