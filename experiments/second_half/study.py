"""Second half over seeds: when it begins, and how long after it both sides have crossed over (the study `phases`)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.fitted_members import FittedMembers
from secondhalf.experiments.command.request import Request
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.experiments.execution.journal import Journal
from secondhalf.experiments.execution.process_pool import NothingDoneError, run_jobs
from secondhalf.experiments.execution.progress import ProgressBars
from secondhalf.experiments.execution.provenance import commit
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.pictures import draw_pages
from secondhalf.experiments.results.last_fact import note_of, plain
from secondhalf.experiments.results.second_half import mutual_entry
from secondhalf.experiments.results.second_half import phases as phases_of
from secondhalf.experiments.results.tables import moves, replacing, write_tables
from secondhalf.experiments.second_half import statistics as report
from secondhalf.experiments.second_half.arms import find_arms, find_fitted, seeds
from secondhalf.experiments.second_half.settings import Phases
from secondhalf.experiments.second_half.text import paragraph
from secondhalf.model.initial_state import strategies
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for
from secondhalf.model.observers.second_half import NAMES, Level
from secondhalf.version import __version__

PAYS = 2e7
"""User-days from which a second process is worth its start of some seconds."""
MARKET = "market"
JOURNAL = "phases.jsonl"
"""Finished seeds."""
LEVELS = tuple(f"{name}_{when}" for name in NAMES for when in Level._fields)
COLUMNS = (
    *("member", "seed", "arm", "scope", "second_half_day", "led_before", "dried_up", "took_over", "later"),
    *LEVELS,
    *("mutual_entry", "error"),
)
"""Columns of phases.csv."""


class ArmSeed(NamedTuple):
    """One seed of one arm, with a member's parameters."""

    arm: str
    settings: MarketSettings
    member: int = 0

    @property
    def key(self) -> str:
        """Tells a study's runs apart."""
        return f"{self.arm} {self.member} {self.settings.seed}"


def prepare(request: Request[Phases]) -> dict[str, MarketSettings]:
    """Settings by arm, checked before any work; see `find_arms`."""
    arms = find_arms(request.config, request.options)
    for settings in arms.values():
        strategies(settings)
    find_fitted(arms, request.options)
    return arms


def start(request: Request[Phases]) -> float:
    """Measure; returns the share of seeds in which the market has a second half."""
    arms = find_arms(request.config, request.options)
    return phases(arms, request.options, request.folder, request.output)


def phases(arms: Mapping[str, MarketSettings], options: Phases, folder: Path, output: Output | None = None) -> float:
    """Run the study; a second call in the same folder goes on where the first one stopped.

    Parameters
    ----------
    arms
        settings by arm, from `find_arms`

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
    members = find_fitted(arms, options)
    journal = Journal(folder / JOURNAL, _identity(arms, members))
    first = next(iter(arms.values()))
    own = {
        (arm, number): settings if members is None else members.put(settings, number)
        for arm, settings in arms.items()
        for number in range(1 if members is None else len(members))
    }
    wanted = [
        ArmSeed(arm, own[arm, number].model_copy(update={"seed": seed}), number)
        for number in range(1 if members is None else len(members))
        for seed in seeds(first, options)  # seed by seed, so that what is stopped early has pairs
        for arm in arms
    ]
    left = [run for run in wanted if run.key not in journal.results]
    rows = [row for found in journal.results.values() for row in found]
    _note(arms, folder)
    with threads_for(first.population.users), ProgressBars(output.progress, console) as bars:
        bar = bars.add("seeds", len(wanted), len(wanted) - len(left))
        for run, found, error in run_jobs(one_seed, left, _workers(left, options)):
            if found is None:  # not in the journal, so that it is tried again
                console.print(
                    f"member {run.member}, seed {run.settings.seed} ({run.arm}): {error}", style="yellow", markup=False
                )
                rows.append(_row(run, MARKET, error=error))
            else:
                journal.write(run.key, found)
                rows += found
            _write(rows, arms, folder)
            bar.advance()
    return _report(_write(rows, arms, folder), arms, options, folder, output, console)


def one_seed(run: ArmSeed) -> list[dict[str, Any]]:
    """Rows of phases.csv: the market, then its platforms."""
    market = Market(run.settings)
    while market.running:
        market.step()
    found = phases_of(market)
    kinds = {platform.name: str(platform.settings.kind) for platform in market.platforms}
    entered = mutual_entry(moves(market), kinds)
    market.close()
    rows = [_row(run, MARKET, found["market"], mutual_entry=entered)]
    return rows + [_row(run, name, entry) for name, entry in found["platforms"].items()]


def _row(run: ArmSeed, scope: str, entry: Mapping[str, Any] | None = None, **more: str) -> dict[str, Any]:
    """No word and no level where there is nothing: words are empty, levels 0."""
    entry = entry or {"levels": {name: {} for name in NAMES}}
    words = {key: entry.get(key) or "" for key in COLUMNS[4:9]}
    levels = {
        f"{name}_{when}": level.get(when) or 0.0 for name, level in entry["levels"].items() for when in Level._fields
    }
    rest = {"mutual_entry": "", "error": ""} | more
    return {"member": run.member, "seed": run.settings.seed, "arm": run.arm, "scope": scope} | words | levels | rest


def _identity(arms: Mapping[str, MarketSettings], members: FittedMembers | None) -> str:
    """A hash of what finished seeds belong to: the settings of all arms, the ensemble, and the program."""
    of = "" if members is None else members.text + repr(members.scores[0].tolist())
    return identity(of, json.dumps({name: own.model_dump(mode="json", exclude={"seed"}) for name, own in arms.items()}))


def _note(arms: Mapping[str, MarketSettings], folder: Path) -> None:
    """Write settings.json."""
    of_arms = {name: settings.model_dump(mode="json", exclude={"seed"}) for name, settings in arms.items()}
    noted = {"arms": of_arms, "secondhalf": __version__, "commit": commit()}
    with replacing(folder / "settings.json") as temporary:
        temporary.write_text(json.dumps(noted, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write(rows: Sequence[Mapping[str, Any]], arms: Mapping[str, MarketSettings], folder: Path) -> pd.DataFrame:
    """Write what is finished, whole or not at all, in an order that does not depend on which seed was done first."""
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    scopes = [MARKET, *(name for settings in arms.values() for name in settings.platforms)]
    places = {"arm": list(arms), "scope": list(dict.fromkeys(scopes))}
    keys = [
        table["scope"].map(places["scope"].index),
        table["seed"],
        table["member"],
        table["arm"].map(places["arm"].index),
    ]
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
    first = next(iter(arms.values()))
    text, note = paragraph(table, frames, arms, options.against), note_of(plain(first))
    text += f" All are {note}." if note else ""
    with replacing(folder / "phases.md") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    if output.pictures != "never":
        from secondhalf.experiments.pictures.phases import draw

        pages = {"phases": lambda: draw(whole, frames["phases_summary"], first, options.against)}
        draw_pages(pages, folder, output.formats, output.font, lambda words: console.print(words, style="yellow"), note)
    console.print(text, soft_wrap=True, markup=False, highlight=False)
    return float((market["second_half_day"] != "").mean())


def _workers(runs: list[ArmSeed], options: Phases) -> int:
    days = [(run.settings.calendar.end - run.settings.calendar.start).days + 1 for run in runs]
    size = sum(run.settings.population.users * length for run, length in zip(runs, days, strict=True))
    return min(options.workers, os.cpu_count() or 1) if size >= PAYS else 1
