"""Jobs of a sweep: checked settings, composed once a choice of groups, and the identity of each run."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import (
    NOT_OF_THE_MARKET,
    compose_config,
    config_folders,
    config_values,
    settings_of,
)
from secondhalf.experiments.command.overrides import is_value, open_overrides, referred
from secondhalf.experiments.command.studies import find_study, groups
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.model.initial_state import strategies

LONGEST_NAME, SHORT_HASH = 80, 10
"""Characters of a run's name at most, and of the part of its identity in it."""


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    Attributes
    ----------
    run
        its name, that of its folder too: see `run_name`
    identity
        a hash of its settings, of the files they name and of the program
    number
        place in the sweep, from 0
    overrides
        Hydra overrides that it was composed from
    settings
        what the overrides set, by key
    composed, plain, hydra
        what jobs with the same choices of files share, pickled: the configuration, the same as plain dictionaries, and
        Hydra's own settings. To make one of another would take a tenth of a short run
    changes
        values that the job has instead, by key
    """

    run: str
    identity: str
    number: int
    study: str
    overrides: tuple[str, ...]
    settings: dict[str, Any]
    composed: bytes
    plain: bytes
    hydra: bytes
    changes: tuple[tuple[str, Any], ...]

    @property
    def values(self) -> dict[str, Any]:
        """All values as plain dictionaries."""
        found: dict[str, Any] = pickle.loads(self.plain)
        for key, value in self.changes:
            _set(found, key.split("."), value)
        return found


@dataclass(frozen=True)
class _Base:
    """What jobs with the same choices of groups share."""

    values: dict[str, Any]
    composed: bytes
    plain: bytes
    hydra: bytes
    folders: list[Path]
    used: frozenset[str]


class Composer:
    """Makes jobs from overrides; Hydra composes once for all that choose the same files.

    Parameters
    ----------
    study
        what the jobs run
    hydra_overrides
        overrides of Hydra's own settings, its search path among them
    known
        values of a configuration that has been composed already; it only says which keys are values and which choose
        files. None composes one
    """

    def __init__(self, study: str, hydra_overrides: Sequence[str] = (), known: Mapping[str, Any] | None = None) -> None:
        self.study = study
        self._hydra_overrides = list(hydra_overrides)
        self._parser = OverridesParser.create()
        self._parsed: dict[str, Override] = {}
        self._bases: dict[tuple[str, ...], _Base] = {}
        self._known = self._base([]).values if known is None else known

    def job(self, number: int, overrides: Sequence[str]) -> Job:
        """A checked job.

        Raises
        ------
        SettingsError
            naming the setting, its value and what is allowed
        """
        parsed = [self._parse(override) for override in open_overrides(overrides)]
        shared = [o for o in parsed if not is_value(o, self._known)]
        base = self._base([str(o.input_line) for o in shared])
        rest = [o for o in parsed if o not in shared]
        # Another file may not have that key, which Hydra then says; and a value may be one that others refer to.
        if any(not is_value(o, base.values, base.used) for o in rest):
            base, rest = self._base(list(overrides)), []
        without = without_effect(self.study)
        job = Job(
            "",
            "",
            number,
            self.study,
            tuple(overrides),
            {o.key_or_group: o.value() for o in parsed if o.key_or_group.split(".")[0] not in without},
            base.composed,
            base.plain,
            base.hydra,
            tuple((o.key_or_group, o.value()) for o in rest),
        )
        values = job.values
        settings = settings_of({key: values[key] for key in values if key not in NOT_OF_THE_MARKET}, base.folders)
        own = self._identity(settings, values)
        return replace(job, run=run_name(job.settings, own), identity=own)

    def _parse(self, override: str) -> Override:
        if override not in self._parsed:  # most are those of the other jobs
            self._parsed[override] = self._parser.parse_overrides([override])[0]
        return self._parsed[override]

    def _base(self, overrides: list[str]) -> _Base:
        key = tuple(overrides)
        if key not in self._bases:
            config = compose_config([*overrides, *self._hydra_overrides])
            own = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
            values = config_values(config)
            hydra = pickle.dumps(OmegaConf.masked_copy(config, "hydra"))
            self._bases[key] = _Base(
                values, pickle.dumps(own), pickle.dumps(values), hydra, config_folders(config), referred(own)
            )
        return self._bases[key]

    def _identity(self, settings: MarketSettings, values: dict[str, Any]) -> str:
        study = find_study(self.study)
        of_study = {study.group: values[study.group]} if study is not None and study.group else {}
        parts: list[str | bytes] = [self.study, settings.model_dump_json(), json.dumps(of_study, sort_keys=True)]
        parts.append(repr([strategy.launches for strategy in strategies(settings.among(settings.competing))]))
        if isinstance(values["from_checkpoint"], str):
            parts.append(Path(values["from_checkpoint"]).expanduser().read_bytes())
        if settings.network.kind == "file":
            parts.append(Path(str(settings.network.file)).read_bytes())
        return identity(*parts)


def run_name(settings: Mapping[str, Any], identity: str) -> str:
    """Name of a run: what its overrides set, without their groups, and the beginning of its identity.

    It depends on nothing but the run, so that a sweep that goes on, with more values perhaps, finds it. Its characters
    are safe in a file's name, a shell and an override of Hydra; where it would be too long, the first settings are left
    out, as swept ones mostly come last.

    Examples
    --------
    >>> run_name({"platform.jd.take_rate": 0.03, "strategy": "hold"}, "8f3a2b6c90d14e57")
    'jd.take-rate-0.03_strategy-hold_8f3a2b6c90'
    """
    words = [_safe(f"{key.partition('.')[2] or key}-{_brief(value)}") for key, value in settings.items()]
    room = LONGEST_NAME - SHORT_HASH - 1
    while words and len("_".join(words)) > room:
        words = words[1:] if len(words) > 1 else [words[0][:room].rstrip("-.")]
    return "_".join([*(word for word in words if word), short_hash(identity)])


def short_hash(run: str) -> str:
    """The part of a run's name, or of its identity, by which it is known."""
    return run.rpartition("_")[2][:SHORT_HASH]


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return "-".join(f"{key}-{_brief(inner)}" for key, inner in value.items())
    return "-".join(map(_brief, value)) if isinstance(value, (list, tuple)) else str(value)


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip(".")


def without_effect(study: str) -> frozenset[str]:
    """Names of the groups, and of `resume`, that do not change what a run of a study gives."""
    return frozenset({*groups(), "resume"} - {study})


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        values = values[part]
    values[path[-1]] = value


def check_different(jobs: Sequence[Job]) -> None:
    """Refuse a sweep that would do the same run twice, and one without a run.

    Raises
    ------
    SettingsError
        naming the two
    """
    if not jobs:
        raise SettingsError("the sweep has no run: one of its ranges or lists is empty")
    seen: dict[str, Job] = {}
    for job in jobs:
        other = seen.setdefault(job.identity, job)
        if other is not job:
            two = " and ".join(f"{one.number} ({' '.join(one.overrides)})" for one in (other, job))
            raise SettingsError(f"runs {two} are the same; allowed are runs that differ in what determines them")


def hydra_overrides(hydra: Any) -> list[str]:
    """Overrides of Hydra's own settings that a job needs too: folders of configuration and what was set by hand."""
    # As they were given: a `${...}` that a run fills in stands for nothing yet.
    given = [str(word) for word in OmegaConf.to_container(hydra.overrides.hydra, resolve=False) or ()]
    known = {str(source.path) for source in hydra.runtime.config_sources if source.schema == "file"}
    if known and not any(word.startswith("hydra.searchpath=") for word in given):
        given.append(f"hydra.searchpath=[{','.join(sorted(repr('file://' + path) for path in known))}]")
    return given


def resume_of(config: DictConfig) -> bool:
    """The word `resume`.

    Raises
    ------
    SettingsError
        when it is neither true nor false
    """
    if not isinstance(config.resume, bool):
        raise SettingsError(f"resume={config.resume}: allowed are true, false")
    return config.resume
