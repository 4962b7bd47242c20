"""Calibration: the free parameters are fitted to the facts, with their uncertainty (the study `calibrate`)."""

from __future__ import annotations

import datetime as dt
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.market import FACTS
from secondhalf.experiments.calibrate.calibration_files import (
    Calibration,
    coverage_table,
    describe_facts,
    information_table,
    read_best_point,
    write_calibration,
)
from secondhalf.experiments.calibrate.known_as_of import as_of, known_parameters
from secondhalf.experiments.calibrate.meanfield_stage import fit_meanfield
from secondhalf.experiments.calibrate.minimum_distance import DAMPINGS, Fit, Problem, polish, search
from secondhalf.experiments.calibrate.parameters import Parameters
from secondhalf.experiments.calibrate.posterior import Coverage, coverage, laplace, members
from secondhalf.experiments.calibrate.recovery import RECOVERED, recover, recovered
from secondhalf.experiments.calibrate.settings import Calibrate
from secondhalf.experiments.calibrate.write_conf import put_into_conf
from secondhalf.experiments.command.request import Request
from secondhalf.experiments.execution.progress import ProgressBars
from secondhalf.experiments.facts.evaluations import Evaluations
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import LAST_FACT, Targets, check_horizon, sized
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.data_files import data_file

Array = NDArray[np.float64]

TINY = {
    "seeds": 1,
    "rounds": 1,
    "coarse_rounds": 0,
    "meanfield_rounds": 0,
    "coverage": 2,
    "draws": 3,
    "sharpen": 1,
    "polish": 1,
} | {
    "only": r"(kuaishou|pinduoduo)\.(leisure|gamma)$",
    "until": dt.date(2020, 12, 31),
}
"""What a tiny variant (`experiment=ci`) does."""
OWN = "calibration"
"""Folder of data/ that holds the default calibration, and those of earlier origins under their dates."""
KEPT = "evaluations.jsonl"
"""Every run of the search, a line each; from which an interrupted calibration resumes."""


def prepare(request: Request[Calibrate]) -> None:
    """Refuse parameters, targets and dates that do not fit, before any work; see `find_problem`."""
    find_problem(request.settings, tiny(request.settings, request.options))


def start(request: Request[Calibrate]) -> float:
    """Calibrate, say what came out, and with `write` make it the default; returns the loss."""
    settings, folder, console = request.settings, request.folder, Console(stderr=True)
    options = tiny(settings, request.options)
    with ProgressBars(request.output.progress, console) as bars:
        if options.recover:
            table = recovery(settings, options, folder, bars)
            console.print(recovered(table).to_string(float_format="%.2f"))
            inside = float(table["inside"].mean())
            console.print(f"{inside:.0%} of the 90 % intervals hold the truth; written to {folder}")
            if options.write:
                _keep(table, data_file(OWN))
            return inside
        found = calibrate(settings, options, folder, bars)
    console.print(summary(found), soft_wrap=True)
    console.print(f"written to {folder}")
    if options.write:
        place = data_file(OWN) if options.until == LAST_FACT else data_file(OWN) / options.until.isoformat()
        write_calibration(found, place)
        if options.until == LAST_FACT:
            put_into_conf(found.values)
        console.print(f"{place}{' and conf/ hold' if options.until == LAST_FACT else ' holds'} it now")
    return float(found.record["loss"])


def find_problem(settings: MarketSettings, options: Calibrate) -> tuple[MarketSettings, Parameters, Targets]:
    """The market as it was known on `until`, its free parameters, and the facts up to then.

    Raises
    ------
    SettingsError
        before anything runs: for crossed bounds, unknown settings, targets that the horizon does not hold
    """
    targets = read_targets(options.targets, settings.market.facts or FACTS).until(options.until)
    known = as_of(settings, options.until)
    known = sized(known, options.users, options.merchants, options.until)
    check_horizon(targets, known)
    recovers = options.recover > 0 and bool(options.recover_parameters)
    file = options.recover_parameters if recovers else options.parameters
    parameters = known_parameters(settings, known, file).only(options.only, "calibrate.only")
    _start(settings, known, parameters, options.start)
    return known, parameters, targets


def calibrate(
    settings: MarketSettings, options: Calibrate, folder: Path, bars: ProgressBars | None = None
) -> Calibration:
    """Search, posterior and check of its intervals; everything is written into `folder`.

    Parameters
    ----------
    settings
        the market; its size, horizon and seed are those of `options`
    folder
        where results and finished runs are kept; the same command with the same folder goes on from there
    bars
        where to show how far it is
    """
    known, parameters, targets = find_problem(settings, options)
    began = time.monotonic()
    workers = options.workers or os.cpu_count() or 1
    seeds = tuple(range(options.seeds))
    problem = Problem(known, parameters, targets, seeds, options.discrepancy, options.shared)
    coarse = replace(
        problem, settings=sized(known, options.coarse_users, options.merchants, options.until), seeds=seeds[:1]
    )
    start = _start(settings, known, parameters, options.start)
    bar = (bars or ProgressBars("never")).add(f"fit to {options.until}", _runs(len(parameters), options))
    seen: list[float] = []

    def shown(number: int, loss: float) -> None:
        bar.say(f"round {number}: loss {loss:.1f}")

    if options.meanfield_rounds:
        bar.say("mean-field path")
        stage = fit_meanfield(coarse.settings, parameters, targets, start, options.meanfield_rounds)
        start, seen = stage.scores, stage.losses
    with Evaluations(targets.numbers, workers, folder / KEPT, bar.move) as evaluate:
        first: Fit | None = None
        if options.coarse_rounds:
            first = search(coarse, start, evaluate, options.coarse_rounds, options.step, shown)
            start = first.scores
        fit = search(problem, start, evaluate, options.rounds, options.step, shown, options.renew)
        fit = polish(problem, fit, evaluate, options.polish)
        posterior = laplace(fit)
        drawn, sharpened = members(problem, fit, posterior, evaluate, options.draws, options.sharpen)
        held: Coverage | None = None
        if options.coverage:
            held, _ = coverage(problem, fit, posterior, evaluate, options.coverage)
        made, failed = evaluate.made, evaluate.failed
    record = describe_facts(targets, options.until, settings.market.facts or FACTS) | {
        "loss": fit.loss,
        "loss_of_facts": float(fit.misses @ fit.misses) / 2,
        "losses_of_meanfield": seen,
        "losses": [*(first.losses if first else ()), *fit.losses],
        "seeds": list(seeds),
        "users": known.population.users,
        "merchants": known.population.merchants,
        "runs": made,
        "failed": failed,
        "minutes": round((time.monotonic() - began) / 60, 1),
        "step": options.step,
        "discrepancy": options.discrepancy,
        "shared": options.shared,
        "members_miss": [round(float(np.median(row)) ** 0.5, 3) for row in sharpened],
    }
    tables = {"misses": miss_table(fit, problem), "information": information_table(fit, problem)}
    if held is not None:
        tables["coverage"] = coverage_table(held)
    found = Calibration(parameters, posterior, drawn, record, tables)
    write_calibration(found, folder)
    return found


def recovery(
    settings: MarketSettings, options: Calibrate, folder: Path, bars: ProgressBars | None = None
) -> pd.DataFrame:
    """Fit worlds whose parameters are known and write recovery.csv.

    Truths are drawn from the priors (of the parameters of `recover_parameters` that `only` names; the others have
    today's values), and every search begins at the priors' means.
    """
    known, parameters, targets = find_problem(settings, options)
    problem = Problem(known, parameters, targets, tuple(range(options.seeds)), options.discrepancy, options.shared)
    start, (low, high) = np.zeros(len(parameters)), parameters.limits
    rng = np.random.default_rng(0)
    truths = [np.clip(rng.standard_normal(start.size), low, high) for _ in range(options.recover)]
    runs = options.recover * (1 + options.seeds * (options.rounds + 1) * (len(parameters) + 2))
    bar = (bars or ProgressBars("never")).add("worlds with known parameters", runs)
    with Evaluations(targets.numbers, options.workers or os.cpu_count() or 1, folder / KEPT, bar.move) as evaluate:
        table = recover(problem, truths, start, evaluate, options.rounds, options.step)
    _keep(table, folder)
    return table


def _keep(table: pd.DataFrame, folder: Path) -> None:
    with replacing(folder / RECOVERED) as temporary:
        write_csv(table, temporary, "%.6g")


def _start(settings: MarketSettings, known: MarketSettings, parameters: Parameters, name: str) -> Array:
    """Where the search begins: today's values, the priors' means, or where an earlier calibration ended.

    Parameters that an earlier calibration did not have begin at today's values.
    """
    scores = parameters.scores(parameters.of(known))
    if name == "settings":
        return scores
    if name == "prior":
        return np.zeros_like(scores)
    return parameters.scores(parameters.of(known) | read_best_point(name, parameters.names, settings))


def _runs(parameters: int, options: Calibrate) -> int:
    """Runs that a search takes at most, to tell how far it is."""
    coarse = (options.coarse_rounds + 1) * (parameters + 2) if options.coarse_rounds else 0
    return (
        coarse
        + (options.rounds + 1) * (parameters + 2) * options.seeds
        + options.polish * len(DAMPINGS) * options.seeds
        + options.coverage
        + ((options.sharpen + 1) * options.draws)
    )


def miss_table(fit: Fit, problem: Problem) -> pd.DataFrame:
    """A row a fact: by how much the best point misses it."""
    ratios, targets = problem.root @ fit.misses, problem.targets
    return pd.DataFrame(
        {
            "metric": [target.metric for target in targets.all],
            "platform": [target.platform for target in targets.all],
            "period_start": [target.start for target in targets.all],
            "period_end": [target.end for target in targets.all],
            "fact": targets.values,
            "log_ratio": ratios,
            "grade": [target.grade for target in targets.all],
            "error": targets.errors,
            "tolerance": problem.tolerance,
            "miss": ratios / problem.tolerance,
        }
    )


def tiny(settings: MarketSettings, options: Calibrate) -> Calibrate:
    """The options, of a tiny search when the settings cap the users."""
    if settings.limits.users is None:
        return options
    return options.model_copy(update=TINY)


def summary(found: Calibration) -> str:
    """What came out, in a few lines."""
    record, posterior = found.record, found.posterior
    count, learned = len(found.parameters), int(posterior.identified.sum())
    kept = [name for name, known in zip(found.parameters.names, posterior.identified, strict=True) if not known]
    facts = int(record["facts_used"])
    return (
        f"loss {record['loss']:.1f}: {facts} facts are missed by {(2 * record['loss_of_facts'] / facts) ** 0.5:.2f} "
        f"tolerances (root mean square); {record['runs']} runs, {record['minutes']} minutes\n"
        f"{learned} of {count} parameters are learned from the facts; these keep their prior: "
        f"{', '.join(kept) or 'none'}"
    )
