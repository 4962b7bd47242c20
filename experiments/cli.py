"""The command: `secondhalf STUDY [Hydra overrides]`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

import secondhalf
from secondhalf.experiments.compose import compose_config, market_settings, open_overrides
from secondhalf.experiments.options import GROUPS, Bench, Facts, Output, Pictures, options
from secondhalf.model import start
from secondhalf.model.books import BooksError
from secondhalf.model.edge_list import read_ties
from secondhalf.model.settings import SettingsError

STUDIES = {
    "run": "one market from the first day to the last; tables as CSV, summary as JSON (the default)",
    "facts": "ten facts of 2019-2022 beside what the model gives",
    "pictures": "draw the pictures of a finished run again: pictures.of=FOLDER",
    "bench": "measure speed and memory, against the plain oracle and the machine's copy bandwidth",
}
HELP = """\
secondhalf STUDY [setting=value ...] [Hydra flags]

Studies:
{studies}

Examples:
  secondhalf run
  secondhalf run strategy=hold population.users=5000 calendar.end=2022-12-31
  secondhalf run -m seed=0,1,2 strategy=history,hold
  secondhalf run --cfg job          show every setting and its value
Settings are the keys of conf/config.yaml and its groups; hydra.run.dir=FOLDER says where the files go.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point. Exit code 1 and one sentence for anything wrong with the settings or the run."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if any(word in ("--help", "-h") for word in given) or given[:1] == ["help"]:
        print(HELP.format(studies="\n".join(f"  {name:8} {what}" for name, what in STUDIES.items())))
        return
    if given and given[0] == "--version":
        print(secondhalf.__version__)
        return
    study = "run"
    if given and not given[0].startswith("-") and "=" not in given[0]:
        study = given.pop(0)
    try:
        if study not in STUDIES:
            raise SettingsError(f"study={study}: there is no such study; known are {', '.join(STUDIES)}")
        overrides = _overrides(given)
        if overrides is not None:
            _check(overrides)
    except SettingsError as error:
        _fail(error)
    sys.argv = [sys.argv[0], *open_overrides(given)]
    _STUDY.append(study)
    _hydra_main()


_STUDY: list[str] = []


def _overrides(given: Sequence[str]) -> list[str] | None:
    """What to check before Hydra starts; None when a flag asks for something else than one run."""
    overrides, words = [], iter(given)
    for word in words:
        name, is_set, value = word.partition("=")
        if name in ("--config-dir", "-cd"):
            folder = Path(value if is_set else next(words, "")).absolute()
            if not folder.is_dir():
                raise SettingsError(f"--config-dir={folder}: there is no such folder")
            overrides.append(f"hydra.searchpath=['file://{folder}']")
        elif word.startswith("-"):
            return None
        else:
            overrides.append(word)
    return overrides


def _check(overrides: Sequence[str]) -> None:
    """Refuse bad settings, and bad files they name, before Hydra makes a folder."""
    config = compose_config(overrides)
    settings = market_settings(config)
    start.strategies(settings)
    for group in GROUPS.values():
        options(group, config)
    if settings.network.kind == "file":
        read_ties(str(settings.network.file), settings.population.users)
    folder = Path(str(config.hydra.run.dir))
    try:
        if not folder.is_dir():  # Hydra makes it in a moment, under its own time
            folder.mkdir(parents=True)
            folder.rmdir()
    except OSError as error:
        raise SettingsError(f"hydra.run.dir={folder}: the folder cannot be made ({error.strerror})") from error


@hydra.main(version_base="1.3", config_path="pkg://secondhalf.conf", config_name="config")
def _hydra_main(config: DictConfig) -> Any:
    single = HydraConfig.get().mode == RunMode.RUN
    folder = Path(HydraConfig.get().runtime.output_dir)
    try:
        return run_study(_STUDY[-1], config, folder, single)
    except (SettingsError, BooksError, OSError) as error:
        _remove_empty_run(folder)
        if single or isinstance(error, SettingsError):
            _fail(error)
        raise
    except KeyboardInterrupt:
        print(f"stopped; what was recorded is in {folder} as *.partial.csv", file=sys.stderr)
        raise SystemExit(130) from None


def run_study(study: str, config: DictConfig, folder: Path, single: bool = True) -> Any:
    """Run one study in `folder`, `single` or as one job of a multirun; imports only what it needs."""
    settings, output = market_settings(config), options(Output, config)
    if study == "bench":
        from secondhalf.experiments.bench import bench

        return bench(settings, options(Bench, config), folder)
    if study == "facts":
        from secondhalf.experiments.facts import facts

        return facts(settings, options(Facts, config), folder)
    if study == "pictures":
        from secondhalf.experiments.redraw import redraw

        return redraw(options(Pictures, config), output, folder)
    from secondhalf.experiments.run import run
    from secondhalf.model.compiled import threads_for

    if output.pictures == "auto" and not single:
        output = output.model_copy(update={"pictures": "never"})
    with threads_for(settings.population.users):
        return run(settings, folder, output)["market"]["hhi_attention"]


def _remove_empty_run(folder: Path) -> None:
    """Take back the folder that Hydra made for a run that never began."""
    left = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if left <= {".hydra", "secondhalf.log"}:
        shutil.rmtree(folder, ignore_errors=True)


def _fail(error: Exception) -> None:
    if os.environ.get("HYDRA_FULL_ERROR") == "1":
        raise error
    print(f"secondhalf: {error}", file=sys.stderr)
    raise SystemExit(1)
