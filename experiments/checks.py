"""What is checked before a study begins: settings, options of every group, files that they name, and the folder."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from secondhalf.experiments.arms import arms
from secondhalf.experiments.compose import compose_config, market_settings
from secondhalf.experiments.options import (
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
from secondhalf.experiments.overrides import Words, single_runs
from secondhalf.experiments.run_folder import check_folder
from secondhalf.model.edge_list import read_ties
from secondhalf.model.settings import MarketSettings, SettingsError
from secondhalf.model.stages import in_order
from secondhalf.model.start import strategies


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
        from secondhalf.experiments.sensitivity.question import find_question

        find_question(settings, options(Sensitivity, config))
    if study == "search":
        from secondhalf.experiments.sweep.search import prepare as prepare_search

        prepare_search(config)
    if study == "equilibrium":
        from secondhalf.experiments.equilibrium import question
        from secondhalf.experiments.equilibrium.affordable import check_runs

        check_runs(question.find_question(settings, options(Equilibrium, config)))


def _check_checkpoint(study: str, config: DictConfig) -> MarketSettings:
    """Settings of a run that goes on from a file."""
    if study != "run":
        raise SettingsError(f"from_checkpoint={config.from_checkpoint}: only `secondhalf run` goes on from a file")
    from secondhalf.experiments.checkpoints import asked_for

    asked = asked_for(config)
    assert asked is not None
    return asked[1]
