"""Checks before a study begins: settings, options of every group, files that they name, and the folder."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict, read_write

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import compose_config, config_values, options
from secondhalf.experiments.command.overrides import CommandLine, is_value, open_overrides, referred, single_runs
from secondhalf.experiments.command.request import check_market, make_request
from secondhalf.experiments.command.studies import Study, option_classes
from secondhalf.experiments.execution.extras import require


class Place(NamedTuple):
    """The setting that names a folder, and the folder."""

    name: str
    folder: Path


class Checked(NamedTuple):
    """What the checks have found out about a command."""

    config: DictConfig
    """composed, with Hydra's own part; of a sweep the last one that was checked"""
    sweep: bool
    place: Place | None
    """folder that Hydra will make; None when nothing is written, or the time is in its name"""


def check_command_line(study: Study, words: CommandLine, search: list[str]) -> Checked:
    """Refuse bad settings, and bad files they name, before Hydra makes a folder.

    Parameters
    ----------
    search
        the override that finds the files of `--config-dir`, as from `overrides.searched`

    Raises
    ------
    SettingsError, StudyError
        naming the setting, its value and what is allowed
    """
    _refuse_other_launchers(words.overrides)
    if study.extra is not None:
        require(study.extra, study.name)
    first = None if words.sweep else _first_run(words, search)
    sweep = words.sweep or (first is not None and first[1].hydra.mode == RunMode.MULTIRUN)
    if study.not_swept and sweep:
        raise SettingsError(f"{study.name} -m: {study.not_swept}")
    counted = not any(override.startswith("hydra/sweeper=") for override in words.overrides)
    runs = single_runs(words.overrides, counted) if sweep else [words.overrides]
    for config in _configurations(runs, search, first):
        _check(study, config, not sweep)
    if config.resume is not False and not sweep and study.resumes != "asked":
        raise SettingsError(
            f"resume={config.resume}: is for sweeps (-m) and searches; a single run begins anew, other studies go on"
        )
    name = "sweep" if sweep else "run"
    place = Place(f"hydra.{name}.dir", Path(str(config.hydra[name].dir)))
    check_folder(*place)
    # A name with the time in it is another one when Hydra makes it.
    dated = "${now:" in str(OmegaConf.to_container(config.hydra[name], resolve=False))
    return Checked(config, sweep, place if study.writes and not dated else None)


OTHER_LAUNCHERS = {
    "joblib": "the runs of -m are on all cores without it, launcher.workers=N takes N of them",
    "submitit": "hydra/launcher=ray runs on a cluster, also under Slurm (docs/sweeps.md)",
}
"""Launchers that are packages of their own, and what does the same."""


def _configurations(
    runs: Iterable[list[str]], search: list[str], composed: tuple[list[str], DictConfig] | None = None
) -> Iterator[DictConfig]:
    """Configurations of runs; one that differs from the first in a value alone is made from it, as Hydra takes long.

    Parameters
    ----------
    composed
        overrides of a run, opened, and their configuration, when that is there already
    """
    runs = iter(runs)
    first = next(runs)
    before = open_overrides(first)
    known = composed is not None and composed[0] == before
    config = composed[1] if composed is not None and known else compose_config([*first, *search])
    kept = pickle.dumps(config)  # as it is now: what has it may change it
    yield config
    parser, values, used = OverridesParser.create(), None, frozenset[str]()
    for run in runs:
        if values is None:
            base = pickle.loads(kept)
            values = config_values(base)
            used = referred(OmegaConf.masked_copy(base, [str(key) for key in base if key != "hydra"]))
        overrides = open_overrides(run)
        changed = [(old, new) for old, new in zip(before, overrides, strict=True) if old != new]
        parsed = parser.parse_overrides([new for _, new in changed])
        if not all(is_value(override, values, used) for override in parsed):
            yield compose_config([*run, *search])
            continue
        made = pickle.loads(kept)
        with read_write(made.hydra), open_dict(made.hydra):
            task = list(made.hydra.overrides.task)
            for (old, new), override in zip(changed, parsed, strict=True):
                OmegaConf.update(made, override.key_or_group, override.value())
                task[task.index(old)] = new
            made.hydra.overrides.task = task
        yield made


def _refuse_other_launchers(overrides: Sequence[str]) -> None:
    """Say what to use in the place of a launcher of Hydra that is not installed."""
    for override in overrides:
        group, _, name = override.partition("=")
        plugin = name.partition("_")[0]
        if group == "hydra/launcher" and plugin in OTHER_LAUNCHERS:
            package = f"hydra_{plugin}_launcher"
            if find_spec(f"hydra_plugins.{package}") is None:
                raise SettingsError(
                    f"{override}: {OTHER_LAUNCHERS[plugin]}; for this one install {package.replace('_', '-')}"
                )


def _first_run(words: CommandLine, search: list[str]) -> tuple[list[str], DictConfig] | None:
    """The first run and its configuration, when what it names may have `hydra.mode=MULTIRUN` in it."""
    if not any("=" in word and word.lstrip("+").startswith(("hydra.mode=", "experiment=")) for word in words.overrides):
        return None
    first = next(single_runs(words.overrides))
    return open_overrides(first), compose_config([*first, *search])


def _check(study: Study, config: DictConfig, single: bool) -> None:
    if config.from_checkpoint is not None and not study.from_checkpoint:
        raise SettingsError(f"from_checkpoint={config.from_checkpoint}: only `secondhalf run` goes on from a file")
    request = make_request(study, config, Path(str(config.hydra.run.dir)), single)
    market = request.settings.market
    if study.facts and (market.illustrative or (study.facts == "shipped" and not market.has_shipped_facts)):
        raise SettingsError(
            f"market={market.name}: `secondhalf {study.name}` compares a market with reported facts, and "
            f"market.facts={'null' if market.facts is None else market.facts}; allowed is market=china"
        )
    if config.from_checkpoint is None:  # a run that goes on has the settings of its checkpoint, and checks those
        check_market(request.settings)
    for kind in option_classes():
        options(kind, config)
    study.prepare(request)


def check_folder(name: str, folder: Path) -> None:
    """Raise `SettingsError`, which begins with `name`, when the folder cannot be made; leave nothing behind."""
    try:
        if not folder.is_dir():  # Hydra makes it in a moment, under its own time, unless a sweep is refused before
            missing = [path for path in (folder, *folder.parents) if not path.exists()]
            folder.mkdir(parents=True, exist_ok=True)  # another command may make it at the same moment,
            with suppress(OSError):  # or have put something into it, or have removed it
                for path in missing:
                    path.rmdir()
    except OSError as error:
        raise SettingsError(f"{name}={folder}: the folder cannot be made ({error.strerror})") from error
