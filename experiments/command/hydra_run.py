"""Hydra's part of a command: folder, files and job, with the configuration that the checks have composed.

`hydra.main` would compose it twice more, once to find out whether this is a sweep. Each takes a quarter of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hydra
from hydra import initialize_config_module
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import run_and_report
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig, open_dict, read_write

from secondhalf.experiments.command.compose import CONFIG_MODULE
from secondhalf.experiments.command.overrides import CommandLine, open_overrides

NAME, VERSION = "config", "1.3"
Job = Callable[[DictConfig], Any]


class _Composed(ConfigLoaderImpl):
    """Hydra's loader of a single configuration, which is there already."""

    def __init__(self, loader: ConfigLoaderImpl, config: DictConfig) -> None:
        super().__init__(loader.get_search_path())
        self._config = config

    def load_configuration(self, *_: Any, **__: Any) -> DictConfig:
        return self._config


def by_command_line(job: Job) -> None:
    """Let Hydra do what the words in `sys.argv` ask for, and compose for it."""
    hydra.main(version_base=VERSION, config_path=f"pkg://{CONFIG_MODULE}", config_name=NAME)(job)()


def hand_over(job: Job, words: CommandLine, config: DictConfig, sweep: bool) -> None:
    """Let Hydra call the job in the folder that it makes, or the launcher of a sweep.

    Parameters
    ----------
    words
        with another flag, a folder of one's own or another mode, Hydra does what they ask for in its own way
    config
        composed of them, with Hydra's own part; of a sweep that of one run, which says the mode
    """
    mode = RunMode.MULTIRUN if sweep else RunMode.RUN
    if words.other or words.config_dir is not None or config.hydra.mode not in (None, mode):
        by_command_line(job)
        return
    overrides, asked = open_overrides(words.overrides), [f"hydra.mode={mode.name}"] if config.hydra.mode is None else []
    with initialize_config_module(CONFIG_MODULE, version_base=VERSION):
        app: Any = GlobalHydra.instance().hydra
        if sweep:
            run_and_report(lambda: app.multirun(config_name=NAME, task_function=job, overrides=[*overrides, *asked]))
            return
        with read_write(config.hydra), open_dict(config.hydra):  # as `hydra.main` notes that the mode is its own choice
            config.hydra.overrides.hydra = [*config.hydra.overrides.hydra, *asked]
        app.config_loader = _Composed(app.config_loader, config)
        run_and_report(lambda: app.run(config_name=NAME, task_function=job, overrides=overrides))
