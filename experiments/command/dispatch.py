"""Dispatch of a study: settings checked, a folder made by Hydra, the study started in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.environment import check_threads
from secondhalf.experiments.command.garbage_collection import collect_from_now_on
from secondhalf.experiments.command.hydra_run import by_command_line, hand_over
from secondhalf.experiments.command.overrides import CommandLine, open_overrides, parse_command_line, searched
from secondhalf.experiments.command.studies import STUDIES, Study, find_study
from secondhalf.experiments.execution.folder_lock import FolderInUseError, lock_folder, remove_empty
from secondhalf.experiments.execution.process_pool import StudyError, exit_with_error

if TYPE_CHECKING:  # what shows settings (`--cfg job`) does not wait for a market's modules
    from secondhalf.experiments.command.checks import Checked


def dispatch(name: str, given: Sequence[str]) -> None:
    """Check everything, then hand over to Hydra, which calls the study once or, with `-m`, several times."""
    try:
        words = parse_command_line(given)
        study = find_study(name)
        if study is None:
            raise SettingsError(f"study={name}: there is no such study; known are {', '.join(STUDIES)}")
        checked = _check(study, words)
    except (SettingsError, StudyError) as error:
        exit_with_error(error)

    def job(config: DictConfig) -> Any:
        return _job(study, config)

    vars(job)["study"] = study  # for the launcher, whose processes cannot be sent a function within a function
    sys.argv = [sys.argv[0], *open_overrides(given)]
    try:
        # Hydra writes its own files before it calls the study: the folder has to be ours before.
        if checked is None:
            by_command_line(job)
            return
        place = checked.place
        with nullcontext() if place is None else lock_folder(place.folder, place.name):
            hand_over(job, words, checked.config, checked.sweep)
    except SettingsError as error:
        exit_with_error(error)


def _check(study: Study, words: CommandLine) -> Checked | None:
    """Check threads and settings before a run; None for what runs nothing."""
    search = searched(words)
    if words.other:
        return None
    check_threads(words.sweep)
    from secondhalf.experiments.command.checks import check_command_line

    checked = check_command_line(study, words, search)
    if study.simulates:
        from secondhalf.experiments.command.compile_stages import compile_stages

        compile_stages()
    return checked


def _job(study: Study, config: DictConfig) -> Any:
    from secondhalf.agents.legal_moves import MoveError
    from secondhalf.experiments.command.request import make_request
    from secondhalf.model.accounts.day_book import BooksError

    single = HydraConfig.get().mode == RunMode.RUN
    name = f"hydra.{'run' if single else 'sweep'}.dir"
    folder = Path(HydraConfig.get().runtime.output_dir)
    # Files that settings name are looked for where the command was called, in every study and every run of a sweep;
    # `hydra.job.chdir` would move away from them in the single run alone.
    os.chdir(HydraConfig.get().runtime.cwd)
    try:
        if not study.writes:
            remove_empty(folder)
        with lock_folder(folder, name) if study.writes else nullcontext():
            collect_from_now_on()
            return study.start(make_request(study, config, folder, single))
    except FolderInUseError as error:
        exit_with_error(error)  # nothing in it is ours to take back
    except (SettingsError, BooksError, MoveError, StudyError, OSError) as error:
        remove_empty(folder)
        if single or isinstance(error, SettingsError):
            exit_with_error(error)
        raise
    except KeyboardInterrupt:
        print(f"stopped; {study.left.format(folder=folder)}" if study.left else "stopped", file=sys.stderr)
        raise SystemExit(130) from None
