"""Equilibrium: the game of crossing over, sampled, solved and written to files (the study `equilibrium`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from secondhalf.experiments.command.request import Request
from secondhalf.experiments.equilibrium.at_rest import at_rest
from secondhalf.experiments.equilibrium.conditions import conditions, statements
from secondhalf.experiments.equilibrium.findings import Findings
from secondhalf.experiments.equilibrium.game.budgeted_runner import REST_PART, Budget, Runner, make_pool
from secondhalf.experiments.equilibrium.game.market_game import MarketGame, past
from secondhalf.experiments.equilibrium.game.simulations import PAST, Simulation
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import CERTIFIED, REFUTED, UNDECIDED
from secondhalf.experiments.equilibrium.long_run import adaptive, judge_stationarity, mean_field, second_half_days
from secondhalf.experiments.equilibrium.output import csv_tables
from secondhalf.experiments.equilibrium.output import text as output_text
from secondhalf.experiments.equilibrium.output.report import report
from secondhalf.experiments.equilibrium.output.shipped import DOCUMENT_TABLES, in_documents, shipped, store
from secondhalf.experiments.equilibrium.plan import keep_plan
from secondhalf.experiments.equilibrium.problem import EquilibriumProblem, check_minutes, check_runs, find_problem
from secondhalf.experiments.equilibrium.sample_and_solve import certify_candidates, sample_and_solve
from secondhalf.experiments.equilibrium.settings import Equilibrium
from secondhalf.experiments.execution.journal import Journal
from secondhalf.experiments.execution.process_pool import NothingDoneError
from secondhalf.experiments.execution.progress import ProgressBars
from secondhalf.experiments.execution.provenance import commit, versions
from secondhalf.experiments.execution.settings import Launcher, Output
from secondhalf.experiments.results.document_tables import check, put_into
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.tables import replacing

JOURNAL = "journal.jsonl"
"""Finished runs, each a line: key, result, error, seconds."""


def prepare(request: Request[Equilibrium]) -> EquilibriumProblem:
    """The game, checked before any work.

    Raises
    ------
    SettingsError, StudyError
        for a game that there is not, or a budget of runs that does not allow every profile twice
    """
    check(request.options.documents, DOCUMENT_TABLES, "equilibrium.documents")
    problem = find_problem(request.settings, request.options)
    check_runs(problem)
    return problem


def start(request: Request[Equilibrium]) -> int:
    """Play; returns how many profiles are certified."""
    problem = find_problem(request.settings, request.options)
    certified = equilibrium(problem, request.folder, request.output, launcher=request.launcher)
    put_into(request.options.documents, in_documents(request.folder))
    if request.options.write:
        store(request.folder, shipped())
    return certified


def equilibrium(
    problem: EquilibriumProblem,
    folder: Path,
    output: Output | None = None,
    console: Console | None = None,
    launcher: Launcher | None = None,
) -> int:
    """Run the study; returns how many profiles are certified.

    Parameters
    ----------
    problem
        from `find_problem`
    folder
        where the files go; runs of the same question that lie there are not made again
    launcher
        says whether runs go to a Ray cluster

    Raises
    ------
    StudyError
        when the budget cannot sample every profile twice, or a payoff has no logarithm
    NothingDoneError
        when no run of the first half succeeded
    """
    output, console = output or Output(), console or Console(stderr=True)
    options, journal = problem.options, Journal(folder / JOURNAL, problem.text)
    plan = keep_plan(problem, folder, bool(journal.results))
    pool = make_pool(options.workers, launcher)
    budget = Budget(options.budget_minutes * 60 * pool.workers, options.budget_runs)
    with ProgressBars(output.progress, console) as bars:
        bar = bars.add("runs")

        def shown(job: Simulation, error: str) -> None:
            bar.advance()
            if error:
                console.print(f"{job.kind}, seed {job.seed}: {error}", style="yellow", markup=False)

        with Runner(journal, pool, budget, shown) as runner:
            market = _market(problem, runner)
            check_minutes(problem, market, pool.workers)
            found = certify_candidates(sample_and_solve(problem, market, problem.game))
            found.plan = plan
            _watch(found)
            return finish(found, folder, console, output.pictures != "never")


def finish(found: Findings, folder: Path, console: Console, page: bool) -> int:
    """Write everything that the runs so far give, with a `page` where it is wanted."""
    made = {
        "profiles": csv_tables.profiles(found),
        "deviations": csv_tables.deviation_table(found),
        "payoffs": csv_tables.payoffs(found),
        "outcomes": csv_tables.outcomes(found),
        "welfare": csv_tables.welfare(found),
        "candidates": csv_tables.candidates(found),
        "conditions": conditions(found),
        "statements": statements(found),
        "looks": csv_tables.looks(found),
        "runs": csv_tables.runs(found),
        "adaptive": found.adaptive,
        "phases": found.phases,
    }
    if found.stationarity is not None:
        made |= {"balance": found.stationarity.table, "paths": found.stationarity.paths}
    if not found.rest.empty:
        made |= {"at_rest": found.rest}
    if not found.meanfield.empty:
        made |= {"meanfield": found.meanfield, "tipping": found.tipping}
    for name, table in made.items():
        write(table, folder / f"{name}.csv")
    if page:
        report(found, made, folder)
    text = output_text.paragraph(found, made["conditions"])
    with replacing(folder / "equilibrium.md") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    with replacing(folder / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary(found), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(text, soft_wrap=True, markup=False, highlight=False)
    return len(found.certified)


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table, whole or not at all; what is no number is an empty cell."""
    with replacing(path) as temporary:
        write_csv(table.replace([np.inf, -np.inf], np.nan), temporary)


def summary(found: Findings) -> dict[str, Any]:
    """summary.json."""
    budget = found.market.runner.budget
    return {
        "history": output_text.history_sentence(found),
        "found": output_text.equilibria_sentence(found),
        "players": list(found.game.players),
        "strategies": [[own.name for own in strategies] for strategies in found.game.strategies],
        "profiles": len(found.game.profiles),
        "verdicts": _counts(found),
        "verdicts_of_bundles": None if found.before is None else _counts(found.before),
        "runs_of_bundles": None if found.before is None else found.before.runs,
        "runs": found.runs,
        "failed": found.failed,
        "seconds": round(budget.spent, 1),
        "users": found.problem.setup.settings.population.users,
        "merchants": found.problem.setup.settings.population.merchants,
        "plan": None if found.plan is None else found.plan._asdict(),
        "first_seed": found.problem.draws.first,
        "seeds_a_draw": found.problem.draws.seeds,
        "members": None if found.problem.members is None else len(found.problem.members),
        "calibration": None if found.problem.members is None else found.problem.members.calibration,
        "kept": [] if found.problem.members is None else sorted(found.problem.members.kept),
        "options": found.problem.options.model_dump(mode="json"),
        "settings": found.problem.setup.settings.model_dump(mode="json"),
        "versions": versions(),
        "commit": commit(),
    }


def _counts(found: Findings) -> dict[str, int]:
    return {word: found.estimate.verdicts.word.count(word) for word in (CERTIFIED, REFUTED, UNDECIDED)}


def _market(problem: EquilibriumProblem, runner: Runner) -> MarketGame:
    """Where payoffs come from, once the past of the first seeds is known."""
    options = problem.options
    places = [own for draw in range(options.first_draws) for own in problem.draws.of(draw)]
    pasts = [Simulation(PAST, own.setup, own.seed, member=own.member) for own in places]
    runner(pasts, free=True)
    done = [result for job in pasts if (result := runner.result(job)) is not None]
    if not done:
        raise NothingDoneError(
            f"no seed reached the revision; seed {pasts[0].seed}: {runner.error(pasts[0]) or 'no time left'}"
        )
    return MarketGame(problem.draws, runner, past(done), problem.game.players, options.payoff, options.costs)


def _watch(found: Findings) -> None:
    """The dynamic view, with what the budget has left."""
    found.phases = second_half_days(found, REST_PART)
    if found.problem.options.balance.seeds:
        found.stationarity = judge_stationarity(found, found.focus, REST_PART)
        found.rest = at_rest(found, REST_PART)
    found.adaptive = adaptive(found, REST_PART)
    found.meanfield, found.tipping = mean_field(found, REST_PART)
