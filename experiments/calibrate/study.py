"""The study `calibrate`: moves the free parameters until the market meets the facts, and says how sure it is."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.progress import Progress

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.calibration_files import (
    Calibration,
    coverage_table,
    ended,
    rests_on,
    write_calibration,
)
from secondhalf.experiments.calibrate.known_as_of import as_of
from secondhalf.experiments.calibrate.meanfield_stage import fit_meanfield
from secondhalf.experiments.calibrate.minimum_distance import Fit, Problem, search
from secondhalf.experiments.calibrate.parameters import Parameters, read_parameters
from secondhalf.experiments.calibrate.posterior import Coverage, coverage, laplace
from secondhalf.experiments.calibrate.posterior_members import members
from secondhalf.experiments.calibrate.recovery import recover
from secondhalf.experiments.calibrate.settings import sized
from secondhalf.experiments.command.options import Calibrate
from secondhalf.experiments.execution.progress import Teller
from secondhalf.experiments.facts.evaluations import Evaluations
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import Targets, check_horizon
from secondhalf.experiments.results.csv_files import write_csv
from secondhalf.experiments.results.tables import replacing

Array = NDArray[np.float64]

KEPT = "evaluations.jsonl"
"""Every run of the search, a line each; what a killed calibration goes on from."""


def prepare(settings: MarketSettings, options: Calibrate) -> tuple[MarketSettings, Parameters, Targets]:
    """The market as it was known on `until`, its free parameters, and the facts up to then.

    Raises
    ------
    SettingsError
        before anything runs: for crossed bounds, unknown settings, targets that the horizon does not hold
    """
    targets = read_targets(options.targets).until(options.until)
    known = as_of(settings, options.until)
    known = sized(known, options.users, options.merchants, options.until)
    check_horizon(targets, known)
    parameters = read_parameters(known, options.parameters).only(options.only, "calibrate.only")
    _start(known, parameters, options.start)
    return known, parameters, targets


def calibrate(
    settings: MarketSettings, options: Calibrate, folder: Path, progress: Progress | None = None
) -> Calibration:
    """Search, posterior and check of its intervals; everything is written into `folder`.

    Parameters
    ----------
    settings
        the market; its size, horizon and seed are those of `options`
    folder
        where results and finished runs are kept; the same command with the same folder goes on from there
    progress
        where to show how far it is
    """
    known, parameters, targets = prepare(settings, options)
    began = time.monotonic()
    workers = options.workers or os.cpu_count() or 1
    seeds = tuple(range(options.seeds))
    problem = Problem(known, parameters, targets, seeds, options.discrepancy, options.shared)
    coarse = replace(
        problem, settings=sized(known, options.coarse_users, options.merchants, options.until), seeds=seeds[:1]
    )
    start = _start(known, parameters, options.start)
    tell = Teller(progress, f"fit to {options.until}", _runs(len(parameters), options))
    seen: list[float] = []
    if options.meanfield_rounds:
        tell.say("mean-field path")
        stage = fit_meanfield(coarse.settings, parameters, targets, start, options.meanfield_rounds)
        start, seen = stage.scores, stage.losses
    with Evaluations(targets.numbers, workers, folder / KEPT, tell.run) as evaluate:
        first: Fit | None = None
        if options.coarse_rounds:
            first = search(coarse, start, evaluate, options.coarse_rounds, options.step, tell.round)
            start = first.scores
        fit = search(problem, start, evaluate, options.rounds, options.step, tell.round)
        posterior = laplace(fit)
        drawn, sharpened = members(problem, fit, posterior, evaluate, options.draws, options.sharpen)
        held: Coverage | None = None
        if options.coverage:
            held, _ = coverage(problem, fit, posterior, evaluate, options.coverage)
        made, failed = evaluate.made, evaluate.failed
    record = rests_on(targets, options.until) | {
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
    found = Calibration(parameters, posterior, drawn, record)
    write_calibration(found, folder)
    tables = {"misses": miss_table(fit, problem)} | ({"coverage": coverage_table(held)} if held is not None else {})
    for name, table in tables.items():
        with replacing(folder / f"{name}.csv") as temporary:
            write_csv(table, temporary, "%.6g")
    return found


def recovery(
    settings: MarketSettings, options: Calibrate, folder: Path, progress: Progress | None = None
) -> pd.DataFrame:
    """Fit worlds whose parameters are known and write recovery.csv.

    Truths are drawn from the priors (of the parameters that `only` names; the others have today's values), and every
    search begins at the priors' means.
    """
    known, parameters, targets = prepare(settings, options)
    problem = Problem(known, parameters, targets, tuple(range(options.seeds)), options.discrepancy, options.shared)
    start, (low, high) = np.zeros(len(parameters)), parameters.limits
    rng = np.random.default_rng(0)
    truths = [np.clip(rng.standard_normal(start.size), low, high) for _ in range(options.recover)]
    runs = options.recover * (1 + options.seeds * (options.rounds + 1) * (len(parameters) + 2))
    tell = Teller(progress, "worlds with known parameters", runs)
    with Evaluations(targets.numbers, options.workers or os.cpu_count() or 1, folder / KEPT, tell.run) as evaluate:
        table = recover(problem, truths, start, evaluate, options.rounds, options.step)
    with replacing(folder / "recovery.csv") as temporary:
        write_csv(table, temporary, "%.6g")
    return table


def _start(known: MarketSettings, parameters: Parameters, name: str) -> Array:
    """Where the search begins: today's values, the priors' means, or where an earlier calibration ended.

    Parameters that an earlier calibration did not have begin at today's values.
    """
    scores = parameters.scores(parameters.of(known))
    if name == "settings":
        return scores
    if name == "prior":
        return np.zeros_like(scores)
    return parameters.scores(parameters.of(known) | ended(name, parameters.names))


def _runs(parameters: int, options: Calibrate) -> int:
    """Runs that a search takes at most, to tell how far it is."""
    coarse = (options.coarse_rounds + 1) * (parameters + 2) if options.coarse_rounds else 0
    return (
        coarse
        + (options.rounds + 1) * (parameters + 2) * options.seeds
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
            "tolerance": problem.tolerance,
            "miss": ratios / problem.tolerance,
        }
    )
