"""Launches: what each launch did, by the fitted ensemble with it and without it (the study `launches`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from secondhalf.experiments.command.request import Request
from secondhalf.experiments.execution.journal import Journal
from secondhalf.experiments.execution.process_pool import StudyError, cores, run_jobs
from secondhalf.experiments.execution.progress import ProgressBars
from secondhalf.experiments.execution.provenance import commit, versions
from secondhalf.experiments.execution.settings import FORMATS, Output
from secondhalf.experiments.launches.catalogue import LEAST_DAYS, Item, name_of
from secondhalf.experiments.launches.document_tables import MARKS, in_documents
from secondhalf.experiments.launches.plan import FITTED, LaunchPlan, make_plan, mean_nests
from secondhalf.experiments.launches.runs import Job, run_job
from secondhalf.experiments.launches.settings import Launches
from secondhalf.experiments.launches.tables import NEST_COLUMNS, nest_rows, tables
from secondhalf.experiments.launches.text import LIMITS, paragraph
from secondhalf.experiments.pictures import draw_pages
from secondhalf.experiments.results.document_tables import check, put_into
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.statistics.two_way import LEVEL
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.data_files import data_file

FILES = ("launches.csv", "split.csv", "nests.csv", "summary.json", "launches.md")
PICTURE = "launches"
JOURNAL = "launches.jsonl"
"""Finished runs, each with a key that says what it is a result of."""
STORED = "launch_effects"
"""Folder of data/ that holds the committed tables."""
OF_ANY = "launches"
"""Head of the journal."""
Task = Callable[[Job], dict[str, Any]]


@dataclass(frozen=True)
class LaunchEffects:
    """Results: tables as in the files, and the summary."""

    launches: pd.DataFrame
    split: pd.DataFrame
    nests: pd.DataFrame
    summary: dict[str, Any]


def prepare(request: Request[Launches]) -> LaunchPlan:
    """The plan, checked before any work; see `make_plan`."""
    check(request.options.documents, MARKS, "launches.documents")
    return make_plan(request.settings, request.options)


def start(request: Request[Launches]) -> int:
    """Measure; returns on how many owners' GMV of the first year the effect's interval leaves out zero."""
    return launches(prepare(request), request.options, request.folder, request.output)


def launches(
    plan: LaunchPlan,
    options: Launches,
    folder: Path,
    output: Output | None = None,
    console: Console | None = None,
    task: Task = run_job,
) -> int:
    """Run the plan and write all files; runs that are finished in the folder's journal are not made again.

    Parameters
    ----------
    task
        what makes a run, of a module's top level when there are several processes

    Raises
    ------
    StudyError
        when fewer than two members finish under all seeds
    """
    output, console = output or Output(), console or Console(stderr=True)
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*FILES, *(f"{PICTURE}.{ending}" for ending in FORMATS)):
        (folder / name).unlink(missing_ok=True)
    results, failed = _run(plan, folder, options.workers or cores(), output, console, task)
    given = _answer(plan, options, results, failed)
    given.summary["seconds"]["wall"] = time.perf_counter() - began
    words = paragraph(given.launches, given.split, given.nests, given.summary)
    _write(given, words, folder)
    put_into(options.documents, in_documents(given.launches, given.split, given.nests, given.summary))
    if options.write:
        _write(given, words, data_file("targets.yaml").parent / STORED)
    console.print(words, soft_wrap=True, markup=False, highlight=False)
    if output.pictures != "never":
        from secondhalf.experiments.launches.figure import draw  # only those who draw wait for Matplotlib

        pages = {PICTURE: lambda: draw(given.launches, given.summary)}
        draw_pages(pages, folder, output.formats, output.font, lambda said: console.print(said, style="yellow"))
    console.print(f"{given.summary['seconds']['wall']:.1f} s; files in {folder}", soft_wrap=True)
    own = given.launches
    first = own[(own["quantity"] == "gmv") & (own["unit"] == "RMB") & (own["platform"] == own["owner"])]
    first = first[first["horizon"] == 1]
    return int(((first["low"] > 0) | (first["high"] < 0)).sum())


def _run(
    plan: LaunchPlan, folder: Path, workers: int, output: Output, console: Console, task: Task
) -> tuple[dict[tuple[str, int, int], dict[str, Any]], list[dict[str, Any]]]:
    """Results by nest, member and seed, and what failed."""
    journal = Journal(folder / JOURNAL, OF_ANY)
    jobs = list(plan.jobs())
    places = {job.key: (nest, member, seed) for nest, member, seed, job in jobs}
    left = [job for *_, job in jobs if job.key not in journal.results]
    if len(left) < len(jobs):
        console.print(f"{len(jobs) - len(left)} of {len(jobs)} runs were finished before")
    failed = []

    def arms(some: Sequence[Job]) -> int:
        return sum(1 + len(job.items) for job in some)

    with ProgressBars(output.progress, console) as bars:
        every = [job for *_, job in jobs]
        bar = bars.add("markets", arms(every), arms(every) - arms(left))
        for job, result, error in run_jobs(task, left, workers):
            bar.advance(arms([job]))
            if result is not None:
                journal.write(job.key, result)
                continue
            nest, member, seed = places[job.key]
            failed.append({"nest": nest, "member": member, "seed": seed, "error": error})
            console.print(f"{nest}, member {member}, seed {seed} failed: {error}", style="yellow", markup=False)
    return {place: journal.results[key] for key, place in places.items() if key in journal.results}, failed


def _whole(
    results: Mapping[tuple[str, int, int], dict[str, Any]], nest: str, members: int, seeds: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """Results by member and seed of those members that finished under all seeds."""
    return {
        member: [results[nest, member, seed] for seed in seeds]
        for member in range(members)
        if all((nest, member, seed) in results for seed in seeds)
    }


def _answer(
    plan: LaunchPlan,
    options: Launches,
    results: Mapping[tuple[str, int, int], dict[str, Any]],
    failed: list[dict[str, Any]],
) -> LaunchEffects:
    platforms, until = plan.settings.competing, plan.settings.calendar.end
    fitted = _whole(results, FITTED, len(plan.members), plan.seeds)
    if len(fitted) < 2:
        why = f"; {failed[0]['error']}" if failed else ""
        raise StudyError(
            f"launches: {len(fitted)} of {len(plan.members)} members finished under all seeds, two are needed{why}"
        )
    table, parts = tables(list(fitted.values()), plan.items, platforms, until)
    nests = []
    for nest, members in {FITTED: plan.members, **plan.nests}.items() if plan.nests else ():
        # All nests are compared for the same members, so those of the fit are measured again for these alone.
        whole = _whole(results, nest, len(next(iter(plan.nests.values()))), plan.seeds)
        if len(whole) < 2:
            continue
        found = tables(list(whole.values()), plan.malls, platforms, until)
        nests.append(nest_rows(nest, mean_nests([members[number] for number in whole]), found))
    empty = pd.DataFrame(columns=list(NEST_COLUMNS))
    summary = _summary(plan, options, results, failed, sorted(fitted))
    return LaunchEffects(table, parts, pd.concat(nests, ignore_index=True) if nests else empty, summary)


def _summary(
    plan: LaunchPlan,
    options: Launches,
    results: Mapping[tuple[str, int, int], dict[str, Any]],
    failed: list[dict[str, Any]],
    members: list[int],
) -> dict[str, Any]:
    record = plan.calibration.record
    runs = list(results.values())
    return {
        "calibration": options.calibration,
        "fitted_until": record.get("until"),
        "data_hash": record.get("data_hash"),
        "members": members,
        "seeds": list(plan.seeds),
        "users": plan.settings.population.users,
        "merchants": plan.settings.population.merchants,
        "first_day": plan.settings.calendar.start.isoformat(),
        "last_day": plan.settings.calendar.end.isoformat(),
        "level": LEVEL,
        "least_days": LEAST_DAYS,
        "launches": [_described(item, plan) for item in plan.items],
        "left_out": list(plan.late),
        "nests": {
            nest: dict(zip(("channel_nest", "platform_nest", "members"), (*mean_nests(own), len(own)), strict=True))
            for nest, own in plan.nests.items()
        },
        "failed": failed,
        "runs": {
            "histories": len(runs),
            "forks": sum(len(run["items"]) for run in runs),
            "days": sum(run["days"] for run in runs),
        },
        "seconds": {"wall": 0.0, "runs": sum(run["seconds"] for run in runs)},
        "limits": LIMITS,
        "settings": plan.settings.model_dump(mode="json"),
        "versions": versions(),
        "commit": commit(),
    }


def _described(item: Item, plan: LaunchPlan) -> dict[str, Any]:
    return {
        "launch": item.name,
        "label": item.label,
        "owner": item.owner,
        "date": item.date.isoformat(),
        "channels": list(item.channels),
        "without": [name_of(launch) for launch in item.launches],
        "packages": {name: list(years) for name, years in item.packages.items()},
        "days": {str(horizon): days for horizon, days in item.windows(plan.settings.calendar.end)},
    }


def _write(given: LaunchEffects, words: str, folder: Path) -> None:
    """Write every file, each whole or not at all."""
    folder.mkdir(exist_ok=True)
    for name, table in (("launches", given.launches), ("split", given.split), ("nests", given.nests)):
        with replacing(folder / f"{name}.csv") as temporary:
            write_csv(table, temporary)
    with replacing(folder / "summary.json") as temporary:
        temporary.write_text(json.dumps(given.summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    with replacing(folder / "launches.md") as temporary:
        temporary.write_text(words, encoding="utf-8")
