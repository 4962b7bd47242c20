"""Dispatch of a study: settings checked, a folder made by Hydra, the study started in it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from secondhalf.agents.legal_moves import MoveError
from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.checks import check_words, remove_empty
from secondhalf.experiments.command.overrides import open_overrides, read_words
from secondhalf.experiments.command.request import make_request
from secondhalf.experiments.command.studies import STUDIES, Study, find_study
from secondhalf.experiments.execution.folder_lock import FolderInUseError, alone
from secondhalf.experiments.execution.process_pool import StudyError, fail
from secondhalf.model.accounts.day_book import BooksError


def dispatch(name: str, given: Sequence[str]) -> None:
    """Check everything, then hand over to Hydra, which calls the study once or, with `-m`, several times."""
    try:
        words = read_words(given)
        study = find_study(name)
        if study is None:
            raise SettingsError(f"study={name}: there is no such study; known are {', '.join(STUDIES)}")
        place = check_words(study, words)
    except (SettingsError, StudyError) as error:
        fail(error)

    def job(config: DictConfig) -> Any:
        return _job(study, config)

    vars(job)["study"] = study  # for the launcher, whose processes cannot be sent a function within a function
    sys.argv = [sys.argv[0], *open_overrides(given)]
    try:
        # Hydra writes its own files before it calls the study: the folder has to be ours before.
        with nullcontext() if place is None else alone(place.folder, place.name):
            hydra.main(version_base="1.3", config_path="pkg://secondhalf.conf", config_name="config")(job)()
    except SettingsError as error:
        fail(error)


def _job(study: Study, config: DictConfig) -> Any:
    single = HydraConfig.get().mode == RunMode.RUN
    name = f"hydra.{'run' if single else 'sweep'}.dir"
    folder = Path(HydraConfig.get().runtime.output_dir)
    try:
        if not study.writes:
            remove_empty(folder)
        with alone(folder, name) if study.writes else nullcontext():
            return study.start(make_request(study, config, folder, single))
    except FolderInUseError as error:
        fail(error)  # nothing in it is ours to take back
    except (SettingsError, BooksError, MoveError, StudyError, OSError) as error:
        remove_empty(folder)
        if single or isinstance(error, SettingsError):
            fail(error)
        raise
    except KeyboardInterrupt:
        print(f"stopped; {study.left.format(folder=folder)}" if study.left else "stopped", file=sys.stderr)
        raise SystemExit(130) from None
