"""Search for settings by Optuna, over seeds; a killed search goes on (the study `search`)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import optuna
import pandas as pd
from hydra.core.hydra_config import HydraConfig
from optuna.distributions import BaseDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import overrides_of
from secondhalf.experiments.command.request import Request
from secondhalf.experiments.execution.folder_lock import lock_folder
from secondhalf.experiments.execution.process_pool import StudyError, one_line
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.search.settings import Search
from secondhalf.experiments.search.space import ends, space_of
from secondhalf.experiments.sweep.collect import metrics_of
from secondhalf.experiments.sweep.engines import make_engine
from secondhalf.experiments.sweep.jobs import Composer, Job, hydra_overrides, resume_of
from secondhalf.experiments.sweep.run_job import RUNS
from secondhalf.experiments.sweep.run_record import durable
from secondhalf.experiments.sweep.sweep_folder import Status, check_folder, remove_broken
from secondhalf.experiments.sweep.sweep_runner import Work, interruptible

JOURNAL, QUESTION, TRIALS = "search.journal", "search.json", "trials.csv"
STUDY = "search"
TINY = {"trials": 1, "seeds": 2, "batch": 1}
"""Least that shows a mean with its error, for a tiny variant."""


class SearchProblem(NamedTuple):
    """What is searched for."""

    options: Search
    space: dict[str, BaseDistribution]
    composer: Composer
    overrides: list[str]
    """those of every run"""
    first_seed: int

    def jobs(self, number: int, values: dict[str, Any]) -> list[Job]:
        """The runs of one trial, a seed each."""
        words = [f"{name}={json.dumps(value) if isinstance(value, bool) else value}" for name, value in values.items()]
        seeds = [self.first_seed + i for i in range(self.options.seeds)]
        return [
            self.composer.job(number * self.options.seeds + i, [*self.overrides, *words, f"seed={seed}"])
            for i, seed in enumerate(seeds)
        ]


def prepare(request: Request[Search]) -> SearchProblem:
    """Check a search; every end of every range is composed.

    Raises
    ------
    SettingsError
        naming what is missing or out of range
    """
    config, options = request.config, request.options
    if config.limits.users is not None:
        options = options.model_copy(update={name: min(getattr(options, name), least) for name, least in TINY.items()})
    if options.metric is None:
        raise SettingsError("search.metric=null: a metric of summary.json is needed, e.g. platforms.kuaishou.gmv")
    hydra = config.hydra if "hydra" in config else HydraConfig.get()
    resume_of(config)
    given = [word for word in overrides_of(config)[0] if not _key(word).startswith(("search.", "resume", "launcher."))]
    problem = SearchProblem(
        options, space_of(options), Composer("run", hydra_overrides(hydra)), given, int(config.seed)
    )
    middle = {name: ends(one)[0] for name, one in problem.space.items()}
    for name, distribution in problem.space.items():
        for value in ends(distribution):
            problem.jobs(0, middle | {name: value})
    return problem


def start(request: Request[Search]) -> float:
    """Search; a second call in the same folder with `resume=true` goes on.

    Returns
    -------
    float
        the best mean of the metric over seeds

    Raises
    ------
    StudyError
        when a run has no such metric, or no trial finished
    """
    problem, launcher, folder = prepare(request), request.launcher, request.folder
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    console = Console(stderr=True)
    with lock_folder(folder), make_engine(launcher.engine, launcher) as engine:
        check_folder(folder, None, "run", resume_of(request.config), "hydra.run.dir")
        _check_problem(problem, folder)
        remove_broken(folder)
        work = Work(Status(folder, "run"), engine, request.output, console, f"hydra.run.dir={folder}")
        study = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(folder / JOURNAL))),
            study_name=STUDY,
            direction=problem.options.direction,
            load_if_exists=True,
        )
        with interruptible(work):
            while trials := _ask(study, problem):
                _do(study, trials, problem, work)
                _write(study, problem, folder)
            work.finish()
    return _say(_write(study, problem, folder), problem, console, work.status.count("succeeded"))


def _ask(study: optuna.Study, problem: SearchProblem) -> list[FrozenTrial]:
    """The trials of a batch: those that were broken off, and new ones up to its end.

    The sampler begins anew with every trial, so that a search that went on proposes what an unbroken one would have.
    """
    known, batch = study.get_trials(deepcopy=False), problem.options.batch
    open_ = [trial for trial in known if trial.state == TrialState.RUNNING]
    for trial in [trial for trial in open_ if set(trial.params) != set(problem.space)]:  # killed while proposing
        study.tell(trial.number, state=TrialState.FAIL)
        open_.remove(trial)
    full = bool(open_) and len(known) % batch == 0
    until = min(problem.options.trials, len(known) if full else (len(known) // batch + 1) * batch)
    for number in range(len(known), until):
        study.sampler = optuna.samplers.TPESampler(seed=problem.first_seed + number)
        study.ask(problem.space)
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state == TrialState.RUNNING]


def _do(study: optuna.Study, trials: Sequence[FrozenTrial], problem: SearchProblem, work: Work) -> None:
    jobs = {trial.number: problem.jobs(trial.number, trial.params) for trial in trials}
    work.do([job for own in jobs.values() for job in own])
    for number, own in jobs.items():
        found = [value for job in own if (value := _metric(job, problem, work)) is not None]
        study.set_user_attr(f"values_{number}", found)
        study.tell(number, float(np.mean(found)) if found else None, state=None if found else TrialState.FAIL)


def _metric(job: Job, problem: SearchProblem, work: Work) -> float | None:
    """A run's metric; None when the run failed, or the metric is empty."""
    record = work.status.records[job.run]
    if record.status != "succeeded":
        return None
    metrics = metrics_of(work.status.folder / RUNS / job.run, "run", record)
    name = str(problem.options.metric)
    value = metrics.get(name)
    if name not in metrics or isinstance(value, str):
        numbers = [key for key, known in metrics.items() if isinstance(known, (int, float))]
        near = difflib.get_close_matches(name, numbers, 5, 0.3) or numbers[:5]
        raise StudyError(f"search.metric={name}: a run has no such number; it has {', '.join(near)} and others")
    return None if value is None else float(value)


def _check_problem(problem: SearchProblem, folder: Path) -> None:
    """Refuse to go on with another search, and note which this is."""
    values = problem.options.model_dump(mode="json", exclude={"trials"}) | {"overrides": problem.overrides}
    path = folder / QUESTION
    if path.is_file():
        try:
            known = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise SettingsError(
                f"hydra.run.dir={folder}: {QUESTION} there cannot be read ({one_line(error)}); name another folder"
            ) from error
        for name, value in values.items():
            if known.get(name) != value:
                before, now = (json.dumps(one, ensure_ascii=False) for one in (known.get(name), value))
                what = "the other settings were" if name == "overrides" else f"search.{name} was"
                raise SettingsError(
                    f"hydra.run.dir={folder}: resume=true needs the search there; {what} {before}, not {now}"
                )
    folder.mkdir(parents=True, exist_ok=True)
    with durable(path) as temporary:
        temporary.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write(study: optuna.Study, problem: SearchProblem, folder: Path) -> pd.DataFrame:
    """Write trials.csv, the best first."""
    rows = []
    for trial in study.get_trials(deepcopy=False):
        values = study.user_attrs.get(f"values_{trial.number}", [])
        if trial.state == TrialState.RUNNING or not set(problem.space) <= set(trial.params):
            continue
        row = {"trial": trial.number, "runs": len(values)} | {name: trial.params[name] for name in problem.space}
        mean = float(np.mean(values)) if values else np.nan
        error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan
        rows.append(row | {"mean": mean, "standard_error": error})
    table = pd.DataFrame(rows, columns=["trial", "runs", *problem.space, "mean", "standard_error"])
    table = table.sort_values(
        "mean", ascending=problem.options.direction == "minimize", kind="stable", ignore_index=True
    )
    with durable(folder / TRIALS) as temporary:
        write_csv(table, temporary)
    return table


def _say(table: pd.DataFrame, problem: SearchProblem, console: Console, succeeded: int) -> float:
    finished = table.dropna(subset="mean")
    if finished.empty and succeeded:
        raise StudyError(
            f"search.metric={problem.options.metric}: is empty (null) in every run that finished, {succeeded} of them; "
            "a metric that has a value in each run is needed"
        )
    if finished.empty:
        raise StudyError("search: no trial finished; runs.csv says why")
    best = finished.iloc[0]
    found = ", ".join(
        f"{name}={best[name]:.4g}" if isinstance(best[name], float) else f"{name}={best[name]}"
        for name in problem.space
    )
    error = "" if np.isnan(best["standard_error"]) else f" ± {best['standard_error']:.2g} (standard error)"
    console.print(
        f"best of {len(finished)} trials: {problem.options.metric} {best['mean']:.6g}{error} over {int(best['runs'])} "
        f"seeds with {found}; as the best of many, the mean flatters it: run it again with other seeds",
        soft_wrap=True, markup=False, highlight=False,
    )  # fmt: skip
    return float(best["mean"])


def _key(override: str) -> str:
    return override.lstrip("+~").partition("=")[0]
