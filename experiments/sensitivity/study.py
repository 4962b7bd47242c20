"""Sensitivity analysis from its plan to its files (the study `sensitivity`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console

from secondhalf.experiments.command.request import Request
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.experiments.execution.journal import Journal
from secondhalf.experiments.execution.process_pool import NothingDoneError, StudyError, cores
from secondhalf.experiments.execution.progress import ProgressBars
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.facts.evaluations import Evaluations
from secondhalf.experiments.pictures import draw_pages
from secondhalf.experiments.results.document_tables import check, put_into
from secondhalf.experiments.results.tables import replacing, write_tables
from secondhalf.experiments.sensitivity import morris, one_at_a_time, replicates, robustness, sobol
from secondhalf.experiments.sensitivity.budget import USER_DAY, Plan, costs, divide, lines, smallest
from secondhalf.experiments.sensitivity.factors import SEED
from secondhalf.experiments.sensitivity.problem import SensitivityProblem, find_problem
from secondhalf.experiments.sensitivity.quantities import Quantities
from secondhalf.experiments.sensitivity.runs import Runs
from secondhalf.experiments.sensitivity.settings import Sensitivity
from secondhalf.experiments.sensitivity.text import MARK, SensitivityResults, in_documents, summary
from secondhalf.model.data_files import data_file

Array = NDArray[np.float64]
JOURNAL, PLAN = "runs.jsonl", "plan.json"
PICTURE = "sensitivity"
STORED = "sensitivity"
"""Folder of data/ that holds the committed tables."""


def prepare(request: Request[Sensitivity]) -> SensitivityProblem:
    """The question, checked before any work; see `find_problem`."""
    check(request.options.documents, [MARK], "sensitivity.documents")
    return find_problem(request.settings, request.options)


def start(request: Request[Sensitivity]) -> int:
    """Run the study; returns how many runs it stands on."""
    return sensitivity(prepare(request), request.options, request.folder, request.output)


def sensitivity(
    problem: SensitivityProblem,
    options: Sensitivity,
    folder: Path,
    output: Output | None = None,
    console: Console | None = None,
) -> int:
    """Run the study; returns how many runs it stands on. A second call in the same folder goes on where it stopped.

    Parameters
    ----------
    problem
        from `find_problem`

    Raises
    ------
    SettingsError
        when the folder holds another study
    StudyError
        when the minutes are not enough for any part
    NothingDoneError
        when the settings as they are cannot be run
    """
    output, console = output or Output(), console or Console(stderr=True)
    folder.mkdir(parents=True, exist_ok=True)
    quantities = Quantities.of(problem.space.settings)
    workers = 1 if problem.tiny else options.workers or cores()
    journal = Journal(folder / JOURNAL, identity(problem.text))
    with ProgressBars(output.progress, console) as bars:
        bar = bars.add("runs")
        with Evaluations(quantities, workers, journal, lambda _: bar.advance()) as evaluations:
            runs = Runs(problem.space, evaluations, bar.move)
            plan = _plan(problem, runs, workers, journal)
            with replacing(folder / PLAN) as temporary:
                temporary.write_text(json.dumps(plan.plain(), indent=2) + "\n", encoding="utf-8")
            for line in _announced(problem, plan, workers):
                console.print(line, soft_wrap=True, markup=False, highlight=False)
            bar.resize(_total(problem, plan))
            found = _parts(problem, plan, runs, quantities, lambda tables: write_tables(tables, folder))
    write_tables({"failed": runs.failed}, folder)
    text = summary(problem, plan, found, runs.failed, quantities)
    _say(text, folder)
    put_into(options.documents, in_documents(problem, found, quantities))
    if options.write:
        stored = data_file("targets.yaml").parent / STORED
        stored.mkdir(exist_ok=True)
        write_tables(found.tables, stored)
        _say(text, stored)
    if output.pictures != "never" and ("morris" in found.tables or "sobol" in found.tables):
        from secondhalf.experiments.sensitivity.figure import draw

        pages = {PICTURE: lambda: draw(found)}
        draw_pages(pages, folder, output.formats, output.font, lambda words: console.print(words, style="yellow"))
    console.print(f"{runs.done} runs, {len(runs.failed)} failed; files in {folder}", soft_wrap=True, highlight=False)
    return runs.done


def _say(text: str, folder: Path) -> None:
    with replacing(folder / "sensitivity.md") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _plan(problem: SensitivityProblem, runs: Runs, workers: int, journal: Journal) -> Plan:
    """The plan that the journal holds, or a new one after a run was timed."""
    if PLAN in journal.results:
        return Plan(**journal.results[PLAN])
    seconds = _timed(runs, workers)
    budget = problem.runs if problem.runs is not None else problem.minutes * 60 * workers / seconds
    cost = _costs(problem)
    fewest = smallest(cost)
    if budget < fewest:
        raise StudyError(
            f"sensitivity.minutes={problem.minutes:g}: a run takes {seconds:.1f} s; at least "
            f"{fewest * seconds / 60 / workers:.2g} minutes are needed"
        )
    users = _users(problem, seconds)
    plan = divide(seconds, budget, cost, {count: each for count, each in users.items() if each is not None})
    over = [f"robustness for {int(count):,} users: more than limits.users" for count in users if users[count] is None]
    plan.left.extend(over)
    journal.write(PLAN, plan.plain())
    return plan


def _timed(runs: Runs, workers: int) -> float:
    """Seconds of a run while all processes work; the first ones, which have to load the program, are not counted."""
    seeds, warm = 0, False
    while True:
        before, began = runs.evaluations.made, time.perf_counter()
        values = runs.base(range(seeds, seeds + workers))
        seeds += workers
        if not np.isfinite(values).any():
            raise NothingDoneError(f"no seed could be run; the first: {runs.failed['error'].iloc[0]}")
        if runs.evaluations.made - before == workers:
            if warm:
                return time.perf_counter() - began
            warm = True


def _costs(problem: SensitivityProblem) -> dict[str, int]:
    small = [variant for variant in problem.variants if variant.changed != "users"]
    return costs(problem.parts, len(problem.space), problem.top, len(small))


def _users(problem: SensitivityProblem, seconds: float) -> dict[str, float | None]:
    """By number of users, what a run costs in runs of the settings; None for what `limits` does not let be."""
    settings = problem.space.settings
    days = (settings.calendar.end - settings.calendar.start).days + 1
    found: dict[str, float | None] = {}
    for variant in problem.variants:
        if variant.changed == "users":
            users = variant.settings.population.users
            more = max(users - settings.population.users, 0) * days * USER_DAY
            allowed = settings.limits.users is None or users <= settings.limits.users
            found[variant.name] = 1 + more / seconds if allowed else None
    return found


def _announced(problem: SensitivityProblem, plan: Plan, workers: int) -> list[str]:
    users = {name: each or 0.0 for name, each in _users(problem, plan.seconds).items()}
    head = (
        f"{len(problem.space)} parameters; a run takes {plan.seconds:.2g} s; {plan.budget:,.0f} runs on {workers} "
        f"process{'es' if workers > 1 else ''} are about {plan.budget * plan.seconds / 60 / workers:.2g} minutes"
    )
    return [head, *(f"  {line}" for line in lines(plan, _costs(problem), users))]


def _total(problem: SensitivityProblem, plan: Plan) -> int:
    cost = _costs(problem)
    sized = sum(size * cost[part] for part, size in plan.sizes.items() if part != "replicates")
    return sized + plan.base_seeds + sum(plan.users.values())


def _parts(
    problem: SensitivityProblem,
    plan: Plan,
    runs: Runs,
    quantities: Quantities,
    write: Callable[[dict[str, pd.DataFrame]], object],
) -> SensitivityResults:
    """Every part of the plan, its table written as soon as it is finished."""
    runs.done = 0
    found, space, sizes, asked = SensitivityResults(), problem.space, plan.sizes, quantities.all
    base = runs.base(range(plan.base_seeds))

    def keep(name: str, table: pd.DataFrame) -> None:
        found.tables[name] = table
        write({name: table})

    if "replicates" in sizes:
        keep("replicates", replicates.table(base, asked))
    if "morris" in sizes:
        box = space.box
        points = morris.design(box, sizes["morris"])
        values = runs.design("morris", box, points)
        keep("morris", morris.table(box, points, values, asked))
        found.effects, found.box = morris.effects(box, points, values), box
        found.chosen = morris.chosen(box, found.effects, problem.top)
    if "sobol" in sizes and found.chosen:
        box = space.box.only([*found.chosen, SEED])
        keep("sobol", sobol.table(box, runs.design("sobol", box, sobol.design(box, sizes["sobol"])), asked))
    if "oat" in sizes:
        steps = one_at_a_time.steps(space)
        keep(
            "oat",
            one_at_a_time.table(steps, base, runs.under_seeds("oat", one_at_a_time.design(steps), sizes["oat"]), asked),
        )
    if "robustness" in sizes:
        kept = [variant for variant in problem.variants if variant.changed != "users" or variant.name in plan.users]
        values_of = []
        for variant in kept:
            seeds = plan.users.get(variant.name, sizes["robustness"])
            first = space.settings.seed
            markets = [variant.settings.model_copy(update={"seed": first + seed}) for seed in range(seeds)]
            values_of.append(runs.markets(f"robustness, {variant.name}", markets))
        keep("robustness", robustness.table(base, kept, values_of, asked))
    return found
