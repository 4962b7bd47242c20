"""Questions of the article: one history and one other market a question, by the fitted ensemble (study `questions`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
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
from secondhalf.experiments.pictures import draw_pages
from secondhalf.experiments.questions.arms import Job, QuestionsPlan, make_plan
from secondhalf.experiments.questions.runs import run_job
from secondhalf.experiments.questions.settings import Questions
from secondhalf.experiments.questions.tables import questions_table
from secondhalf.experiments.questions.text import LIMITS, document
from secondhalf.experiments.results.document_tables import check, put_into
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.schema.data_package import describe_shipped
from secondhalf.experiments.results.statistics.paired_statistics import LEVEL
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.data_files import data_file

MARK = "questions"
"""Of the answers in documents."""
FILES = ("questions.csv", "questions.md", "summary.json")
PICTURE = "questions"
JOURNAL = "questions.jsonl"
"""Finished runs, each with a key that says what it is a result of."""
OF_ANY = "questions"
"""Head of the journal."""
Task = Callable[[Job], dict[str, Any]]
Places = dict[tuple[int, int], dict[str, Any]]


def prepare(request: Request[Questions]) -> QuestionsPlan:
    """The plan, checked before any work; see `make_plan`."""
    check(request.options.documents, (MARK,), "questions.documents")
    return make_plan(request)


def start(request: Request[Questions]) -> int:
    """Answer; returns how many of the numbers that answer can be told from zero."""
    return questions(prepare(request), request.options, request.folder, request.output)


def shipped() -> Path:
    """The folder of the shipped result."""
    return data_file("targets.yaml").parent / "questions"


def questions(
    plan: QuestionsPlan,
    options: Questions,
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
    whole = [
        number for number in range(len(plan.members)) if all((number, seed) in results for seed in plan.seeds)
    ]  # a member without one of its seeds is left out
    if len(whole) < 2:
        why = f"; {failed[0]['error']}" if failed else ""
        raise StudyError(
            f"questions: {len(whole)} of {len(plan.members)} members finished under all seeds, two are needed{why}"
        )
    kinds = {name: plan.settings.platform[name].kind for name in plan.settings.competing}
    cells = [[results[number, seed] for seed in plan.seeds] for number in whole]
    table = questions_table(cells, plan.arms, kinds, plan.year)
    summary = _summary(plan, options, results, failed, whole, table)
    summary["seconds"]["wall"] = time.perf_counter() - began
    words = document(table, summary)
    _write(table, words, summary, folder)
    put_into(options.documents, {MARK: words})
    if options.write:
        place = shipped()
        _write(table, words, summary, place)
        others = {"questions.md": "text/markdown", "summary.json": "application/json"}
        describe_shipped(place, "questions", "The article's questions: result of the default study", others, commit())
    console.print(words, soft_wrap=True, markup=False, highlight=False)
    if output.pictures != "never":
        from secondhalf.experiments.questions.figure import draw  # only those who draw wait for Matplotlib

        pages = {PICTURE: lambda: draw(table, summary)}
        draw_pages(pages, folder, output.formats, output.font, lambda said: console.print(said, style="yellow"))
    console.print(f"{summary['seconds']['wall']:.1f} s; files in {folder}", soft_wrap=True)
    return int(summary["distinguishable"])


def _run(
    plan: QuestionsPlan, folder: Path, workers: int, output: Output, console: Console, task: Task
) -> tuple[Places, list[dict[str, Any]]]:
    """Results by member and seed, and what failed."""
    journal, jobs = Journal(folder / JOURNAL, OF_ANY), list(plan.jobs())
    places = {job.key: (member, seed) for member, seed, job in jobs}
    left = [job for *_, job in jobs if job.key not in journal.results]
    if len(left) < len(jobs):
        console.print(f"{len(jobs) - len(left)} of {len(jobs)} runs were finished before")
    failed, each = [], 1 + len(plan.arms)
    with ProgressBars(output.progress, console) as bars:
        bar = bars.add("markets", each * len(jobs), each * (len(jobs) - len(left)))
        for job, result, error in run_jobs(task, left, workers):
            bar.advance(each)
            if result is not None:
                journal.write(job.key, result)
                continue
            member, seed = places[job.key]
            failed.append({"member": member, "seed": seed, "error": error})
            console.print(f"member {member}, seed {seed} failed: {error}", style="yellow", markup=False)
    return {place: journal.results[key] for key, place in places.items() if key in journal.results}, failed


def _summary(
    plan: QuestionsPlan,
    options: Questions,
    results: Mapping[tuple[int, int], dict[str, Any]],
    failed: list[dict[str, Any]],
    members: list[int],
    table: pd.DataFrame,
) -> dict[str, Any]:
    return {
        "calibration": options.calibration,
        "kept": sorted(plan.members.kept),
        "members": members,
        "seeds": list(plan.seeds),
        "users": plan.settings.population.users,
        "merchants": plan.settings.population.merchants,
        "first_day": plan.settings.calendar.start.isoformat(),
        "last_day": plan.settings.calendar.end.isoformat(),
        "year": plan.year,
        "level": LEVEL,
        "arms": [arm.name for arm in plan.arms],
        "absent": list(plan.absent),
        "branch_dates": plan.branch_dates,
        "answering": int((table["answers"] == "yes").sum()),
        "distinguishable": int((table["distinguishable"] == "yes").sum()),
        "failed": failed,
        "days": sum(run["days"] for run in results.values()),
        "seconds": {"wall": 0.0, "runs": sum(run["seconds"] for run in results.values())},
        "limits": LIMITS,
        "settings": plan.settings.model_dump(mode="json"),
        "versions": versions(),
        "commit": commit(),
    }


def _write(table: pd.DataFrame, words: str, summary: Mapping[str, Any], folder: Path) -> None:
    """Write every file, each whole or not at all."""
    folder.mkdir(exist_ok=True)
    with replacing(folder / "questions.csv") as temporary:
        write_csv(table, temporary)
    with replacing(folder / "questions.md") as temporary:
        temporary.write_text(words, encoding="utf-8")
    with replacing(folder / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
