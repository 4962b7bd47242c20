"""The study `phases`: when the second half begins, over seeds, and how long after it both sides have crossed over."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.options import Output, Phases
from secondhalf.experiments.execution.process_pool import NothingDoneError, each
from secondhalf.experiments.pictures import draw_pages
from secondhalf.experiments.results.csv_files import read_csv
from secondhalf.experiments.results.second_half import mutual_entry
from secondhalf.experiments.results.second_half import phases as phases_of
from secondhalf.experiments.results.tables import moves, replacing, write_tables
from secondhalf.experiments.run.study import commit
from secondhalf.experiments.second_half import statistics as report
from secondhalf.experiments.second_half.arms import seeds
from secondhalf.experiments.second_half.text import paragraph
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for
from secondhalf.model.observers.second_half import NAMES, Level
from secondhalf.version import __version__

PAYS = 2e7
"""User-days from which a second process is worth its start of some seconds."""
MARKET = "market"
LEVELS = tuple(f"{name}_{when}" for name in NAMES for when in Level._fields)
COLUMNS = (
    *("seed", "arm", "scope", "second_half_day", "led_before", "dried_up", "took_over", "later"),
    *LEVELS,
    *("mutual_entry", "error"),
)
"""Columns of phases.csv."""


class Job(NamedTuple):
    """One seed of one arm."""

    arm: str
    settings: MarketSettings


def phases(arms: Mapping[str, MarketSettings], options: Phases, folder: Path, output: Output | None = None) -> float:
    """Run the study; a second call in the same folder goes on where the first one stopped.

    Parameters
    ----------
    arms
        settings by arm, from `experiments.second_half.arms.arms`

    Returns
    -------
    float
        share of seeds of the first arm in which the market has a second half

    Raises
    ------
    SettingsError
        when the folder holds seeds of other settings
    NothingDoneError
        when no seed of the first arm could be run; phases.csv says why
    """
    output, console = output or Output(), Console(stderr=True)
    table = _begin(arms, folder)
    first = next(iter(arms.values()))
    done = set(zip(table["arm"], table["seed"], strict=True))
    jobs = [
        Job(arm, settings.model_copy(update={"seed": seed}))
        for seed in seeds(first, options)  # seed by seed, so that what is stopped early has pairs
        for arm, settings in arms.items()
        if (arm, seed) not in done
    ]
    with threads_for(first.population.users), _bar(output, console) as bar:
        task = bar.add_task("seeds", total=len(done) + len(jobs), completed=len(done))
        for job, rows, error in each(one_seed, jobs, _workers(jobs, options)):
            if error:
                console.print(f"seed {job.settings.seed} ({job.arm}): {error}", style="yellow", markup=False)
            table = pd.concat([table, pd.DataFrame(rows or [_row(job, MARKET, error=error)], columns=list(COLUMNS))])
            table = _write(table, arms, folder)
            bar.advance(task)
    return _report(table, arms, options, folder, output, console)


def one_seed(job: Job) -> list[dict[str, Any]]:
    """Rows of phases.csv: the market, then its platforms."""
    market = Market(job.settings)
    while market.running:
        market.step()
    found = phases_of(market)
    kinds = {platform.name: str(platform.settings.kind) for platform in market.platforms}
    entered = mutual_entry(moves(market), kinds)
    market.close()
    rows = [_row(job, MARKET, found["market"], mutual_entry=entered)]
    return rows + [_row(job, name, entry) for name, entry in found["platforms"].items()]


def _row(job: Job, scope: str, entry: Mapping[str, Any] | None = None, **more: str) -> dict[str, Any]:
    """No word and no level where there is nothing: words are empty, levels 0."""
    entry = entry or {"levels": {name: {} for name in NAMES}}
    words = {key: entry.get(key) or "" for key in COLUMNS[3:8]}
    levels = {
        f"{name}_{when}": level.get(when) or 0.0 for name, level in entry["levels"].items() for when in Level._fields
    }
    rest = {"mutual_entry": "", "error": ""} | more
    return {"seed": job.settings.seed, "arm": job.arm, "scope": scope} | words | levels | rest


def _begin(arms: Mapping[str, MarketSettings], folder: Path) -> pd.DataFrame:
    """The rows of finished seeds; seeds that failed are tried again."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        "arms": {name: settings.model_dump(mode="json", exclude={"seed"}) for name, settings in arms.items()},
        "secondhalf": __version__,
        "commit": commit(),
    }
    table, of = folder / "phases.csv", folder / "settings.json"
    if table.is_file():
        known = json.loads(of.read_text(encoding="utf-8")) if of.is_file() else None
        if known != wanted:
            raise SettingsError(
                f"hydra.run.dir={folder}: phases.csv there is of other settings, or of another version; "
                "name another folder or remove it"
            )
        # Words first: a level must not change in its last digit because the study went on.
        found = read_csv(table, keep_default_na=False, dtype=str)
        return found[found["error"] == ""].astype({"seed": int} | dict.fromkeys(LEVELS, float))
    with replacing(of) as temporary:
        temporary.write_text(json.dumps(wanted, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return pd.DataFrame(columns=list(COLUMNS))


def _write(table: pd.DataFrame, arms: Mapping[str, MarketSettings], folder: Path) -> pd.DataFrame:
    """Write what is finished, whole or not at all, in an order that does not depend on which seed was done first."""
    scopes = [MARKET, *(name for settings in arms.values() for name in settings.platforms)]
    places = {"arm": list(arms), "scope": list(dict.fromkeys(scopes))}
    keys = [table["scope"].map(places["scope"].index), table["seed"].astype(int), table["arm"].map(places["arm"].index)]
    table = table.iloc[np.lexsort([key.to_numpy(int) for key in keys])].reset_index(drop=True)
    write_tables({"phases": table}, folder)
    return table


def _report(
    table: pd.DataFrame,
    arms: Mapping[str, MarketSettings],
    options: Phases,
    folder: Path,
    output: Output,
    console: Console,
) -> float:
    whole = table[table["error"] == ""]
    market = whole[(whole["scope"] == MARKET) & (whole["arm"] == next(iter(arms)))]
    if market.empty:
        raise NothingDoneError(f"no seed could be run; {folder / 'phases.csv'} says why")
    lags = report.lags(whole)
    frames = {
        "phases_summary": report.summary(whole),
        "phases_lags": lags,
        "phases_lags_summary": report.lags_summary(lags),
    }
    write_tables(frames, folder)
    text = paragraph(table, frames, arms, options.against)
    with replacing(folder / "phases.md") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    if output.pictures != "never":
        from secondhalf.experiments.pictures.phases import draw

        pages = {"phases": lambda: draw(whole, frames["phases_summary"], next(iter(arms.values())), options.against)}
        draw_pages(pages, folder, output.formats, output.font, lambda words: console.print(words, style="yellow"))
    console.print(text, soft_wrap=True, markup=False, highlight=False)
    return float((market["second_half_day"] != "").mean())


def _workers(jobs: list[Job], options: Phases) -> int:
    days = [(job.settings.calendar.end - job.settings.calendar.start).days + 1 for job in jobs]
    size = sum(job.settings.population.users * length for job, length in zip(jobs, days, strict=True))
    return min(options.workers, os.cpu_count() or 1) if size >= PAYS else 1


def _bar(output: Output, console: Console) -> Progress:
    shown = output.progress == "always" or (output.progress == "auto" and console.is_terminal)
    columns = ("seeds", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*(TextColumn(c) if isinstance(c, str) else c for c in columns), console=console, disable=not shown)
