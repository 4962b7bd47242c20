"""Parameters of a calibration: their settings, scales, priors and bounds (data/parameters.yaml)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import ValidationError, model_validator
from scipy.special import expit, logit

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.base import Number, Positive, Settings, sentence
from secondhalf.experiments.facts.target_file import with_lines
from secondhalf.model.data_files import data_file

PARAMETERS = "parameters.yaml"
Scale = Literal["linear", "log", "logit", "step"]
Array = NDArray[np.float64]


class Row(Settings):
    """An entry of parameters.yaml."""

    setting: str
    scale: Scale
    mean: Number
    sd: Positive
    bounds: tuple[Number, Number]

    @model_validator(mode="after")
    def _in_order(self) -> Row:
        low, high = self.bounds
        if low >= high:
            raise ValueError(f"bounds={list(self.bounds)} are crossed; the lower comes first")
        if self.scale != "linear" and low <= 0:
            raise ValueError(f"bounds={list(self.bounds)}: scale={self.scale} needs bounds above 0")
        if self.scale == "logit" and high >= 1:
            raise ValueError(f"bounds={list(self.bounds)}: scale=logit needs bounds below 1")
        if not low <= self.mean <= high:
            raise ValueError(f"mean={self.mean} lies outside of bounds={list(self.bounds)}")
        return self


@dataclass(frozen=True)
class Parameter:
    """One number that may be moved."""

    name: str
    path: tuple[str, ...]
    """keys down to the setting"""
    scale: Scale
    mean: float
    sd: float
    bounds: tuple[float, float]

    def forward(self, value: float) -> float:
        """From the setting's unit (step: from a factor) to standard deviations from the prior's mean."""
        return float((_onto(self.scale, value) - _onto(self.scale, self.mean)) / self.sd)

    def back(self, score: float) -> float:
        """The inverse of `forward`; rounding does not carry a value over its bound."""
        value = float(_from(self.scale, _onto(self.scale, self.mean) + self.sd * score))
        return next((bound for bound in self.bounds if math.isclose(value, bound, rel_tol=1e-12)), value)

    @property
    def limits(self) -> tuple[float, float]:
        """Bounds in standard deviations from the prior's mean."""
        return self.forward(self.bounds[0]), self.forward(self.bounds[1])


def _onto(scale: Scale, value: float) -> float:
    if scale == "linear":
        return value
    return float(logit(value)) if scale == "logit" else float(np.log(value))


def _from(scale: Scale, value: float) -> float:
    if scale == "linear":
        return value
    return float(expit(value)) if scale == "logit" else float(np.exp(value))


@dataclass(frozen=True)
class Parameters:
    """All parameters of some settings; a point is an array of scores, [D]: standard deviations from priors' means."""

    all: tuple[Parameter, ...]

    def __len__(self) -> int:
        return len(self.all)

    @property
    def names(self) -> list[str]:
        """Names, in order."""
        return [parameter.name for parameter in self.all]

    @property
    def limits(self) -> tuple[Array, Array]:
        """Lower and upper bounds of the scores, [D] each."""
        limits = np.array([parameter.limits for parameter in self.all]).reshape(-1, 2)
        return limits[:, 0], limits[:, 1]

    def values(self, scores: Sequence[float] | Array) -> dict[str, float]:
        """Settings' values at a point, by name."""
        values: dict[str, float] = {}
        for parameter, score, before in zip(self.all, scores, self._before(), strict=True):
            value = parameter.back(float(score))
            values[parameter.name] = value * (values[before] if before else 1.0)
        return values

    def scores(self, values: Mapping[str, float]) -> Array:
        """The point with these values; the inverse of `values`."""
        return np.array(
            [
                parameter.forward(values[parameter.name] / (values[before] if before else 1.0))
                for parameter, before in zip(self.all, self._before(), strict=True)
            ]
        )

    def of(self, settings: MarketSettings) -> dict[str, float]:
        """The values that settings have."""
        plain = settings.model_dump(mode="json")
        return {parameter.name: float(_at(plain, parameter.path)) for parameter in self.all}

    def put(self, settings: MarketSettings, values: Mapping[str, float]) -> MarketSettings:
        """The settings with other values, checked."""
        plain = settings.model_dump(mode="json")
        for parameter in self.all:
            if parameter.name in values:
                _at(plain, parameter.path[:-1])[parameter.path[-1]] = values[parameter.name]
        return MarketSettings.from_dict(plain)

    def only(self, pattern: str, setting: str = "only") -> Parameters:
        """Those whose names a regular expression finds; `setting` is what an error calls it.

        Raises
        ------
        SettingsError
            when it finds none
        """
        try:
            found = tuple(parameter for parameter in self.all if re.search(pattern, parameter.name))
        except re.error as error:
            raise SettingsError(f"{setting}={pattern}: no regular expression ({error})") from error
        if not found:
            raise SettingsError(f"{setting}={pattern}: finds none of {', '.join(self.names)}")
        return Parameters(found)

    def _before(self) -> list[str]:
        """For each parameter on the scale `step` the name of the one that it goes on from, else nothing."""
        before: list[str] = []
        last: dict[tuple[str, ...], str] = {}
        for parameter in self.all:
            chain = parameter.path[:-1]
            before.append(last.get(chain, "") if parameter.scale == "step" else "")
            if parameter.scale == "step":
                last[chain] = parameter.name
        return before


def read_parameters(settings: MarketSettings, name: str = PARAMETERS, some: bool = False) -> Parameters:
    """The parameters that a file names among the settings.

    Parameters
    ----------
    some
        leave out entries that these settings do not have: dates after an earlier last fact, say

    Raises
    ------
    SettingsError
        naming file, line and reason: a setting that there is none, crossed bounds, a value of today's outside of them
    """
    path = data_file(name)
    try:
        loaded = with_lines(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{name}: cannot be read ({' '.join(str(error).split())})") from error
    entries = loaded.get("parameters") if isinstance(loaded, dict) else None
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsError(f"{name}: a list of mappings under `parameters` is needed")
    plain = settings.model_dump(mode="json")
    plain["platform"] = {p: plain["platform"][p] for p in settings.competing}
    found: dict[str, Parameter] = {}
    for entry in entries:
        where = f"{path.name} line {entry.pop('__line__')}"
        try:
            row = Row.model_validate(entry)
        except ValidationError as error:
            raise SettingsError(f"{where}: {sentence(error)}") from error
        paths = list(_paths(plain, row.setting.replace("{", "").replace("}", "").split(".")))
        if not paths and not some:
            raise SettingsError(f"{where}: setting={row.setting}: there is no such number among the settings")
        for keys in paths:
            setting = ".".join(keys)
            if setting in found:
                raise SettingsError(f"{where}: {setting} is named twice")
            found[setting] = Parameter(setting, keys, row.scale, row.mean, row.sd, row.bounds)
    parameters = Parameters(tuple(found.values()))
    low, high = parameters.limits
    for parameter, score, least, most in zip(
        parameters.all, parameters.scores(parameters.of(settings)), low, high, strict=True
    ):
        if not least <= score <= most:
            raise SettingsError(
                f"{path.name}: {parameter.name}={parameters.of(settings)[parameter.name]:g} is outside of "
                f"bounds={list(parameter.bounds)}"
            )
    return parameters


def gone_settings(names: Iterable[str], settings: MarketSettings) -> list[str]:
    """Names of settings (with a dot) that are no numbers of today's, as a file of another structure has them."""
    plain = settings.model_dump(mode="json")
    return [name for name in names if "." in name and not list(_paths(plain, name.split(".")))]


def _paths(plain: Any, keys: Sequence[str], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Keys down to numbers that a pattern stands for."""
    if not keys:
        if isinstance(plain, (int, float)) and not isinstance(plain, bool):
            yield before
        return
    if isinstance(plain, Mapping):
        wanted = list(plain) if keys[0] == "*" else [key for key in keys[0].split(",") if key in plain]
        for key in sorted(wanted) if keys[0] == "*" and len(keys) == 1 else wanted:
            yield from _paths(plain[key], keys[1:], (*before, str(key)))


def _at(plain: Any, path: Sequence[str]) -> Any:
    for key in path:
        plain = plain[key]
    return plain
