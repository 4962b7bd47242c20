"""Overrides on the command line: settings, flags, and the values of a sweep."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, ValueType
from hydra.errors import HydraException
from omegaconf import DictConfig

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.compose import open_overrides as open_overrides
from secondhalf.conf.schema.compose import quoted, with_year

_MISSING = object()
ANY_KEY = "*"
PLAIN_KEY = re.compile(r"[A-Za-z_]\w*(\.\w+)*")
"""A key that `${...}` names from the top: no relative one, no resolver, and none made of others."""


class CommandLine(NamedTuple):
    """Parsed command line: overrides and flags."""

    overrides: list[str]
    config_dir: str | None
    sweep: bool
    """`-m`: several runs"""
    other: bool
    """another flag, which asks for something else than runs"""


def parse_command_line(given: Sequence[str]) -> CommandLine:
    """Parse a command line into overrides and flags."""
    overrides, folder, sweep, other = [], None, False, False
    words = iter(given)
    for word in words:
        name, is_set, value = word.partition("=")
        if name in ("--config-dir", "-cd"):
            folder = value if is_set else next(words, "")
        elif word in ("--multirun", "-m"):
            sweep = True
        elif word.startswith("-"):
            other = True
        else:
            overrides.append(quoted(word))
    return CommandLine(overrides, folder, sweep, other)


def searched(words: CommandLine) -> list[str]:
    """The override that finds the files of `--config-dir`; none without that flag.

    Raises
    ------
    SettingsError
        when there is no such folder
    """
    if words.config_dir is None:
        return []
    folder = Path(words.config_dir).absolute()
    if not folder.is_dir():
        raise SettingsError(f"--config-dir={folder}: there is no such folder")
    return [f"hydra.searchpath=['file://{folder}']"]


def single_runs(overrides: Sequence[str], counted: bool = False) -> Iterator[list[str]]:
    """Runs of a sweep that have every value once, beside the first values of the others.

    All combinations would be too many to check. What cannot be listed here (`glob`) is left out.

    Parameters
    ----------
    counted
        refuse an `interval`, which a sweep that goes through lists cannot take; else it is left out, too
    """
    overrides = [with_year(override) for override in overrides]
    try:
        parsed = OverridesParser.create().parse_overrides(overrides)
    except HydraException:  # refused with its reason when the settings are composed
        yield overrides
        return
    choices = [_values(override, given, counted) for override, given in zip(parsed, overrides, strict=True)]
    first = [values[0] for values in choices if values]
    yield first
    at = 0
    for values in choices:
        for value in values[1:]:
            yield [*first[:at], value, *first[at + 1 :]]
        at += bool(values)


def _values(override: Override, given: str, counted: bool) -> list[str]:
    if not override.is_sweep_override():
        return [given]
    if override.value_type == ValueType.INTERVAL_SWEEP and counted:
        raise SettingsError(f"{given}: an interval has no values to run one by one; a list or range(FROM,TO) has")
    if override.value_type in (ValueType.GLOB_CHOICE_SWEEP, ValueType.INTERVAL_SWEEP):
        return []
    values = list(dict.fromkeys(override.sweep_string_iterator()))
    if not values:
        raise SettingsError(f"{given}: a sweep without a run; a range or list with a value is needed")
    if all(value.removeprefix("-").isdecimal() for value in values):  # what is allowed has no gaps
        values = sorted({min(values, key=int), max(values, key=int)}, key=int)
    return [f"{override.get_key_element()}={value}" for value in values]


def referred(config: DictConfig) -> frozenset[str]:
    """Keys whose values a configuration takes over elsewhere by ``${...}``; ``*`` when that is not a key alone."""
    found = re.findall(r"\$\{([^{}]*)\}?", str(config))
    return frozenset(key if PLAIN_KEY.fullmatch(key) else ANY_KEY for key in found)


def is_value(override: Override, values: Mapping[str, Any], used: frozenset[str] = frozenset()) -> bool:
    """Whether an override sets one value of a composed configuration, and does not choose a file or add a group.

    Parameters
    ----------
    values
        of the configuration, as dictionaries
    used
        what others refer to, as from `referred`: a change of such a value is a change of theirs too
    """
    if ANY_KEY in used or any(f"{override.key_or_group}.".startswith(f"{key}.") for key in used):
        return False
    if override.is_delete() or override.is_add() or override.package is not None or "${" in str(override.input_line):
        return False
    found: Any = values
    for part in override.key_or_group.split("."):
        found = found.get(part, _MISSING) if isinstance(found, dict) else _MISSING
    if found is _MISSING:
        return False
    return not isinstance(found, dict)
