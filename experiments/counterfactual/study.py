"""The study from its question to its files."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from secondhalf.experiments.command.options import FORMATS, Counterfactual, Output, StudyError
from secondhalf.experiments.counterfactual import text
from secondhalf.experiments.counterfactual.arms import ARMS, Arms, seeds_of
from secondhalf.experiments.counterfactual.outputs import FILES, Answer, answer, write
from secondhalf.experiments.counterfactual.pairs import Kept, Pair, run_and_keep
from secondhalf.experiments.execution.process_pool import cores, each
from secondhalf.experiments.pictures import draw_pictures
from secondhalf.experiments.results.csv_files import write_csv
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.numba_kernels import threads_for

PICTURE = "counterfactual"
Task = Callable[[Pair], None]


def counterfactual(
    arms: Arms,
    asked: Counterfactual,
    folder: Path,
    output: Output | None = None,
    console: Console | None = None,
    task: Task = run_and_keep,
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
        what runs and keeps a seed, of a module's top level when there are several processes

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
    kept, seeds = Kept(folder, arms), seeds_of(arms, asked)
    try:
        failed = _run(arms, seeds, kept, asked.workers or cores(), output.progress, console, task)
    except KeyboardInterrupt:
        done = sum(kept.read(seed) is not None for seed in seeds)
        print(
            f"stopped; {done} of {len(seeds)} seeds are kept, and the same command with hydra.run.dir={folder} goes on",
            file=sys.stderr,
        )
        raise SystemExit(130) from None
    found = {seed: read for seed in seeds if (read := kept.read(seed)) is not None}
    table = _seeds_table(seeds, found, failed)
    with replacing(folder / "seeds.csv") as temporary:
        write_csv(table, temporary)
    if len(found) < 2:
        first = next(iter(failed.items()))
        raise StudyError(
            f"counterfactual: {len(found)} of {len(seeds)} seeds finished, two are needed; seed {first[0]}: {first[1]}"
        )
    given = answer(arms, found, table, time.perf_counter() - began)
    paragraph = text.paragraph(given)
    write(given, paragraph, folder)
    console.print(paragraph, soft_wrap=True, markup=False, highlight=False)
    if output.pictures != "never":
        _draw(given, folder, output, console)
    console.print(f"{given.summary['seconds']['wall']:.1f} s; files in {folder}", soft_wrap=True)
    return int(given.summary["distinguishable"])


def _run(
    arms: Arms, seeds: Sequence[int], kept: Kept, workers: int, progress: str, console: Console, task: Task
) -> dict[int, str]:
    """Run what is not kept yet; returns what went wrong, by seed."""
    left = [seed for seed in seeds if kept.read(seed) is None]
    if len(left) < len(seeds):
        console.print(f"{len(seeds) - len(left)} of {len(seeds)} seeds were kept from before")
    shown = progress == "always" or (progress == "auto" and console.is_terminal)
    columns = (TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    failed = {}
    with Progress(*columns, console=console, disable=not shown) as bar, threads_for(arms.baseline.population.users):
        of_all = bar.add_task("runs", total=len(ARMS) * len(seeds), completed=len(ARMS) * (len(seeds) - len(left)))
        for done in each(task, [Pair(arms, seed, kept) for seed in left], workers):
            bar.advance(of_all, len(ARMS))
            if done.error:
                failed[done.job.seed] = done.error
                console.print(f"seed {done.job.seed} failed: {done.error}", style="yellow", markup=False)
    return failed


def _seeds_table(seeds: Sequence[int], found: dict[int, dict[str, Any]], failed: dict[int, str]) -> pd.DataFrame:
    rows = []
    for seed in seeds:
        kept = found.get(seed, {"shared_days": 0, "seconds": 0.0})
        state = "finished" if seed in found else "failed"
        rows.append((seed, state, kept["shared_days"], round(kept["seconds"], 3), failed.get(seed, "")))
    return pd.DataFrame(rows, columns=["seed", "state", "shared_days", "seconds", "message"])


def _draw(given: Answer, folder: Path, output: Output, console: Console) -> None:
    path = {PICTURE: "secondhalf.experiments.counterfactual.figure:draw"}
    draw_pictures(given, folder, output.formats, output.font, lambda said: console.print(said, style="yellow"), path)
