"""A study on its way: settings checked, a folder made by Hydra, the study run in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from secondhalf.agents.legal_moves import MoveError
from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.checks import check_words, remove_empty
from secondhalf.experiments.command.compose import market_settings
from secondhalf.experiments.command.options import (
    Bench,
    Browse,
    Calibrate,
    Checkpoint,
    Counterfactual,
    Equilibrium,
    Launcher,
    Output,
    Phases,
    Pictures,
    Report,
    Sensitivity,
    StudyError,
    Validate,
    options,
)
from secondhalf.experiments.command.overrides import open_overrides, read_words
from secondhalf.experiments.execution.process_pool import NothingDoneError
from secondhalf.experiments.second_half.arms import arms, job_overrides
from secondhalf.model.accounts.day_book import BooksError

GOES_ON = "finished runs are in {folder}; the same command with hydra.run.dir={folder} goes on from there"
LEFT = {
    "run": "what was recorded is in {folder} as *.partial.csv",
    **dict.fromkeys(("validate", "calibrate", "phases", "equilibrium", "sensitivity"), GOES_ON),
}
"""What a study leaves behind when the keyboard stops it."""


def start(study: str, given: Sequence[str], studies: Collection[str]) -> None:
    """Check everything, then hand over to Hydra, which calls the study once or, with `-m`, several times."""
    try:
        words = read_words(given)
        if study not in studies:
            raise SettingsError(f"study={study}: there is no such study; known are {', '.join(studies)}")
        check_words(study, words)
    except (SettingsError, StudyError) as error:
        fail(error)

    def job(config: DictConfig) -> Any:
        return _job(study, config)

    vars(job)["study"] = study  # for the launcher, whose processes cannot be sent a function within a function
    sys.argv = [sys.argv[0], *open_overrides(given)]
    hydra.main(version_base="1.3", config_path="pkg://secondhalf.conf", config_name="config")(job)()


def _job(study: str, config: DictConfig) -> Any:
    single = HydraConfig.get().mode == RunMode.RUN
    folder = Path(HydraConfig.get().runtime.output_dir)
    try:
        return run_study(study, config, folder, single)
    except (SettingsError, BooksError, MoveError, StudyError, NothingDoneError, OSError) as error:
        remove_empty(folder)
        if single or isinstance(error, SettingsError):
            fail(error)
        raise
    except KeyboardInterrupt:
        print(f"stopped; {LEFT[study].format(folder=folder)}" if study in LEFT else "stopped", file=sys.stderr)
        raise SystemExit(130) from None


def run_study(study: str, config: DictConfig, folder: Path, single: bool) -> Any:
    """Run one study in `folder`, `single` or as one job of a multirun; imports only what it needs."""
    settings, output = market_settings(config), options(Output, config)
    if study == "bench" and options(Bench, config).what == "sweep":
        from secondhalf.experiments.bench.sweeps import bench_sweep

        return bench_sweep(options(Bench, config), options(Launcher, config), settings.limits.users is not None, folder)
    if study == "bench":
        from secondhalf.experiments.bench.speed import bench

        return bench(settings, options(Bench, config), folder)
    if study == "search":
        from secondhalf.experiments.search.study import search

        return search(config, folder, output)
    if study == "validate":
        from secondhalf.experiments.validate.command import run as validate

        return validate(settings, options(Validate, config), folder)
    if study == "counterfactual":
        from secondhalf.experiments.counterfactual.arms import find_arms
        from secondhalf.experiments.counterfactual.study import counterfactual

        if output.pictures == "auto" and not single:
            output = output.model_copy(update={"pictures": "never"})
        return counterfactual(find_arms(config), options(Counterfactual, config), folder, output)
    if study == "phases":
        from secondhalf.experiments.second_half.study import phases

        own = options(Phases, config)
        return phases(arms(config, job_overrides(), own), own, folder, output)
    if study == "calibrate":
        from secondhalf.experiments.calibrate.command import run as calibrate

        return calibrate(settings, options(Calibrate, config), folder)
    if study == "sensitivity":
        from secondhalf.experiments.sensitivity.problem import find_question
        from secondhalf.experiments.sensitivity.study import sensitivity

        asked = options(Sensitivity, config)
        return sensitivity(find_question(settings, asked), asked, folder, output)
    if study == "browse":
        from secondhalf.experiments.browser.study import browse

        remove_empty(folder)
        return browse(config, options(Browse, config))
    if study == "equilibrium":
        from secondhalf.experiments.equilibrium import problem
        from secondhalf.experiments.equilibrium.study import equilibrium

        asked_game = problem.find_question(settings, options(Equilibrium, config))
        return equilibrium(asked_game, folder, output, launcher=options(Launcher, config))
    if study == "pictures":
        from secondhalf.experiments.run.redraw import redraw

        return redraw(options(Pictures, config), output, folder)
    if study == "report":
        from secondhalf.experiments.report.study import report

        return report(options(Report, config), folder)
    from secondhalf.experiments.run.checkpoints import asked_for
    from secondhalf.experiments.run.study import run
    from secondhalf.model.numba_kernels import threads_for

    if output.pictures == "auto" and not single:
        output = output.model_copy(update={"pictures": "never"})
    begun = asked_for(config)
    settings = settings if begun is None else begun[1]
    with threads_for(settings.population.users):
        summary = run(settings, folder, output, every=options(Checkpoint, config).every, begun=begun)
        return summary["market"]["hhi_attention"]


def fail(error: Exception) -> NoReturn:
    """End the command with one sentence and exit code 1."""
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        raise error
    print(f"secondhalf: {error}", file=sys.stderr)
    raise SystemExit(1)
