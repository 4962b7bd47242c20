"""Run of one market from the first day to the last, its tables and its summary (the study `run`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from rich.console import Console
from rich.table import Table

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import options
from secondhalf.experiments.command.request import Request, check_market
from secondhalf.experiments.execution.forks import meanwhile
from secondhalf.experiments.execution.progress import ProgressBars
from secondhalf.experiments.execution.provenance import commit, peak_memory_mb, versions
from secondhalf.experiments.execution.settings import FORMATS, Output, When
from secondhalf.experiments.pictures import by_path, draw_pictures
from secondhalf.experiments.results.friend_sample import friends_sample
from secondhalf.experiments.results.last_fact import basis
from secondhalf.experiments.results.run_results import FRIENDS, REPORT, Results
from secondhalf.experiments.results.schema.data_package import NAME as DESCRIPTOR
from secondhalf.experiments.results.schema.data_package import describe_run
from secondhalf.experiments.results.second_half import in_words, phases
from secondhalf.experiments.results.tables import TABLES, replacing, tables, write_tables
from secondhalf.experiments.run.checkpoints import Begun, CheckpointWriter, find_checkpoint, origin, resume_market
from secondhalf.experiments.run.comparison import compare, comparison_table, extrapolated, is_shipped, notes
from secondhalf.experiments.run.settings import Checkpoint
from secondhalf.model.data_files import names
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for

YEAR = 365
PARTIAL = ".partial"
"""Mark in the names of tables of a run that stopped."""


def prepare(request: Request[None]) -> None:
    """Refuse a checkpoint, or settings to go on with, before any work; see `experiments.run.checkpoints`."""
    begun = find_checkpoint(request.config)
    if begun is not None:
        check_market(begun[1], goes_on=True)


def start(request: Request[None]) -> float:
    """Run the market of a request; returns the concentration of attention in the last year, a Herfindahl index."""
    begun = find_checkpoint(request.config)
    settings = request.settings if begun is None else begun[1]
    every = options(Checkpoint, request.config).every
    with threads_for(settings.population.users):
        shipped = begun is None and is_shipped(request.config)
        summary = run(settings, request.folder, request.output, every=every, begun=begun, shipped=shipped)
    return float(summary["market"]["hhi_attention"])


def run(
    settings: MarketSettings,
    folder: Path,
    output: Output | None = None,
    console: Console | None = None,
    every: int | None = None,
    begun: Begun | None = None,
    shipped: bool = False,
) -> dict[str, Any]:
    """Run a market, write its files, draw its pictures; returns the summary.

    Parameters
    ----------
    folder
        where the files go; made when it is missing
    output
        what is shown and drawn; by default a bar on a terminal, and the pictures
    every
        days between two checkpoints, in the folder's `checkpoints`; None for none
    begun
        the checkpoint to go on from, with the settings for that, which take the place of `settings`
    shipped
        as for `experiments.run.comparison.compare`

    Raises
    ------
    BooksError
        when a stage produces a number that is none; what was recorded until then is written as `*.partial.csv`
    """
    output, console = output or Output(), console or Console(stderr=True)
    started = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    market = Market(settings) if begun is None else resume_market(*begun)
    ready = time.perf_counter()
    _clear(folder, output)
    keeper = CheckpointWriter(folder, every)
    if begun is None:
        keeper.clear()
    try:
        _run_days(market, output.progress, console, keeper)
    except BaseException:
        write_tables(tables(market), folder, mark=PARTIAL)
        raise
    simulated = time.perf_counter()
    frames = tables(market)
    sample = friends_sample(market)
    summary = summarise(market)
    begun_from = begun and origin(*begun)
    summary["from_checkpoint"] = begun_from
    summary["extrapolated"] = extrapolated(market.settings)
    earlier = begun_from["changed"] if begun_from else ()
    summary["comparison"] = compare(market.settings, frames, earlier, shipped=shipped)
    pictures = partial(_draw, Results(frames, summary, sample), folder, output)
    with nullcontext() if output.pictures == "never" else meanwhile(pictures) as drawn:
        write_tables(frames, folder)
        with replacing(folder / FRIENDS) as temporary:
            nx.write_graphml(sample, temporary)
        summary["peak_memory_mb"] = peak_memory_mb()
        summary["wall_seconds"] = {
            "start": ready - started,
            "simulation": simulated - ready,
            "tables": time.perf_counter() - simulated,
            "total": time.perf_counter() - started,
        }
        with replacing(folder / "summary.json") as temporary:
            temporary.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        describe_run(folder)
        print_summary(market, summary, folder, console)
        market.close()
        if drawn is not None:
            _tell(drawn, console)
    return summary


def draw(results: Results, folder: Path, output: Output, console: Console, only: Sequence[str] = ()) -> int:
    """Draw the pictures, or `only` some, and say what cannot be drawn; returns how many files were written."""
    return _tell(partial(_draw, results, folder, output, only), console)


def _draw(results: Results, folder: Path, output: Output, only: Sequence[str] = ()) -> tuple[int, list[str]]:
    """Number of files that were written, and what there is to say."""
    said: list[str] = []
    pictures = by_path(output.own_pictures)
    chosen = {name: pictures[name] for name in only or pictures}
    drawn = draw_pictures(results, folder, output.formats, output.font, said.append, chosen)
    return len(drawn), said


def _tell(drawn: Callable[[], tuple[int, list[str]]], console: Console) -> int:
    """Wait for the pictures, and say for how long; a run draws while it writes its tables, and waits for the rest."""
    began = time.perf_counter()
    count, said = drawn()
    for words in said:
        console.print(words, style="yellow")
    console.print(f"{count} files of pictures in {time.perf_counter() - began:.1f} s")
    return count


def _clear(folder: Path, output: Output) -> None:
    """Take away what an earlier run left, so that its tables never stand beside those of a run that stops."""
    for name in TABLES:
        for mark in ("", PARTIAL):
            (folder / f"{name}{mark}.csv").unlink(missing_ok=True)
    pictures = [f"{name}.{ending}" for name in by_path(output.own_pictures) for ending in FORMATS]
    for name in ("summary.json", FRIENDS, DESCRIPTOR, REPORT, *pictures):
        (folder / name).unlink(missing_ok=True)


def _run_days(market: Market, progress: When, console: Console, keeper: CheckpointWriter) -> None:
    with ProgressBars(progress, console) as bars:
        bar = bars.add("", market.calendar.days, market.day)
        while market.running:
            market.step()
            keeper.look(market)
            if market.day % 7 == 0 or not market.running:
                bar.move(market.day)
                bar.say(market.calendar.labels[market.day - 1])
                bar.detail(f"{bar.speed:.0f} days/s")


def summarise(market: Market) -> dict[str, Any]:
    """What a run says in a few numbers: functions of the settings first, then how they were computed."""
    record = market.record
    second_half, last_fact = phases(market), market.settings.calendar.last_fact.isoformat()
    last_year = record.daily[-YEAR:]
    platforms = {
        name: {
            "attention_share": float(np.mean([row["attention_share"][p] for row in last_year])),
            "platform_share": float(np.mean([row["platform_share"][p] for row in last_year])),
            "gmv": float(sum(row["gmv"][p] for row in last_year)),
            "active_users": float(np.mean([row["active_users"][p] for row in last_year])),
            "monthly_active_users": float(np.mean([row["monthly_active_users"][p] for row in last_year])),
            "annual_buyers": float(last_year[-1]["annual_buyers"][p]),
            "profit": float(sum(row["profit"][p] for row in last_year)),
        }
        for p, name in enumerate(market.platform_names)
    }
    return {
        "seed": market.settings.seed,
        "first_day": market.calendar.labels[0],
        "last_day": market.calendar.labels[-1],
        "second_half_day": second_half["market"]["second_half_day"],
        "phases": second_half,
        "days_in_averages": len(last_year),
        "averages_are": basis(market.calendar.labels[-1], last_fact),
        "platforms": platforms,
        "exposure_at_start": record.exposure_at_start,
        "market": {key: float(np.mean([row[key] for row in record.market[-YEAR:]])) for key in record.market[-1]},
        "festivals": [row | {"basis": basis(row["start"], last_fact)} for row in record.festivals],
        "network": about_friends(market),
        "settings": market.settings.model_dump(mode="json"),
        "versions": versions(),
        "commit": commit(),
        "peak_memory_mb": peak_memory_mb(),
        "column_bytes_per_user": market.population.bytes_per_user(),
    }


def about_friends(market: Market) -> dict[str, Any]:
    """What the friend graph is like, as it was made or read."""
    ties = market.friends.indices.size // 2
    mixing = ties == 0
    return {
        "kind": market.settings.network.kind,
        "nodes": market.population.users,
        "ties": None if mixing else ties,
        "isolated_users": None if mixing else int((np.diff(market.friends.indptr) == 0).sum()),
    }


def print_summary(market: Market, summary: dict[str, Any], folder: Path, console: Console) -> None:
    """The tables at the end of a run: what was reported and the forecast first, then its last year."""
    days = summary["days_in_averages"]
    compared = comparison_table(summary["comparison"])
    if compared is not None:
        console.print(compared)
    for words in notes(summary):
        console.print(words, soft_wrap=True)
    known = summary["comparison"]["facts_end"]
    ahead = "illustrative values" if known is None else summary["averages_are"]
    table = Table(title=f"Last {days} days to {summary['last_day']} ({ahead})", title_justify="left")
    table.add_column("platform", no_wrap=True)
    for heading in (
        "daily users, million",
        "monthly users, million",
        "share of mobile time",
        "GMV, billion RMB",
        "share of GMV",
    ):
        table.add_column(heading, justify="right")
    traded = sum(row["gmv"] for row in summary["platforms"].values())
    for name, row in summary["platforms"].items():
        table.add_row(
            names().get(name, {}).get("label", name),
            f"{row['active_users'] / 1e6:,.0f}",
            f"{row['monthly_active_users'] / 1e6:,.0f}",
            f"{row['attention_share']:.1%}",
            f"{row['gmv'] / 1e9:,.0f}",
            f"{row['gmv'] / traded:.1%}" if traded else "-",
        )
    console.print(table)
    console.print(in_words(summary["phases"]["market"]))
    console.print(
        f"{summary['wall_seconds']['simulation']:.1f} s for {market.calendar.days} days; files in {folder}",
        soft_wrap=True,
    )
