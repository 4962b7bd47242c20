"""What is checked before a study begins: settings, options of every group, files that they name, and the folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from omegaconf import DictConfig

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import compose_config, market_settings
from secondhalf.experiments.command.extras import require_study
from secondhalf.experiments.command.options import (
    GROUPS,
    Browse,
    Calibrate,
    Counterfactual,
    Equilibrium,
    Phases,
    Report,
    Sensitivity,
    Validate,
    options,
)
from secondhalf.experiments.command.overrides import Words, single_runs
from secondhalf.experiments.second_half.arms import arms
from secondhalf.model.day.stages import in_order
from secondhalf.model.initial_state import strategies
from secondhalf.model.network.edge_list import read_ties


def check_words(study: str, words: Words) -> None:
    """Refuse bad settings, and bad files they name, before Hydra makes a folder.

    Raises
    ------
    SettingsError, StudyError
        naming the setting, its value and what is allowed
    """
    search = []
    if words.config_dir is not None:
        folder = Path(words.config_dir).absolute()
        if not folder.is_dir():
            raise SettingsError(f"--config-dir={folder}: there is no such folder")
        search = [f"hydra.searchpath=['file://{folder}']"]
    if words.other:
        return
    require_study(study)
    if study == "browse" and words.sweep:
        raise SettingsError("browse -m: one page at a time; each of its tabs has a market of its own")
    for overrides in single_runs(words.overrides) if words.sweep else [words.overrides]:
        config = compose_config([*overrides, *search])
        _check(study, config)
        for settings in arms(config, [*overrides, *search], options(Phases, config)).values():
            strategies(settings)
    if config.resume is not False and not words.sweep and study != "search":
        raise SettingsError(
            f"resume={config.resume}: is for sweeps (-m) and searches; a single run begins anew, other studies go on"
        )
    name = "sweep" if words.sweep else "run"
    check_folder(f"hydra.{name}.dir", Path(str(config.hydra[name].dir)))


def _check(study: str, config: DictConfig) -> None:
    settings = market_settings(config)
    if config.from_checkpoint is not None:
        settings = _check_checkpoint(study, config)
    strategies(settings.among(settings.competing))
    in_order(settings.stage_order)
    for group in GROUPS.values():
        options(group, config)
    if settings.network.kind == "file":
        read_ties(str(settings.network.file), settings.population.users)
    if study == "report":
        from secondhalf.experiments.report.study import prepare as prepare_report

        prepare_report(options(Report, config))
    if study == "calibrate":
        from secondhalf.experiments.calibrate.study import prepare

        prepare(settings, options(Calibrate, config))
    if study == "validate":
        from secondhalf.experiments.validate.study import prepare as prepare_validation

        prepare_validation(settings, options(Validate, config))
    if study == "counterfactual":
        from secondhalf.experiments.counterfactual.arms import find_arms, seeds_of

        seeds_of(find_arms(config), options(Counterfactual, config))
    if study == "browse":
        from secondhalf.experiments.browser.serve import require_free

        require_free(options(Browse, config))
    if study == "sensitivity":
        from secondhalf.experiments.sensitivity.problem import find_question

        find_question(settings, options(Sensitivity, config))
    if study == "search":
        from secondhalf.experiments.search.study import prepare as prepare_search

        prepare_search(config)
    if study == "equilibrium":
        from secondhalf.experiments.equilibrium import problem
        from secondhalf.experiments.equilibrium.budget_check import check_runs

        check_runs(problem.find_question(settings, options(Equilibrium, config)))


def _check_checkpoint(study: str, config: DictConfig) -> MarketSettings:
    """Settings of a run that goes on from a file."""
    if study != "run":
        raise SettingsError(f"from_checkpoint={config.from_checkpoint}: only `secondhalf run` goes on from a file")
    from secondhalf.experiments.run.checkpoints import asked_for

    asked = asked_for(config)
    assert asked is not None
    return asked[1]


def check_folder(name: str, folder: Path) -> None:
    """Raise `SettingsError`, which begins with `name`, when the folder cannot be made; leave nothing behind."""
    try:
        if not folder.is_dir():  # Hydra makes it in a moment, under its own time, unless a sweep is refused before
            missing = [path for path in (folder, *folder.parents) if not path.exists()]
            folder.mkdir(parents=True)
            for path in missing:
                path.rmdir()
    except OSError as error:
        raise SettingsError(f"{name}={folder}: the folder cannot be made ({error.strerror})") from error


def remove_empty(folder: Path) -> None:
    """Take back the folder that Hydra made for a run that never began."""
    left = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if left <= {".hydra", "secondhalf.log"}:
        shutil.rmtree(folder, ignore_errors=True)
