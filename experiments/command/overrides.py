"""Overrides on the command line: settings, flags, and the values of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, ValueType
from hydra.errors import HydraException

from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.compose import open_overrides as open_overrides
from secondhalf.conf.schema.compose import quoted


class Words(NamedTuple):
    """What stands on the command line."""

    overrides: list[str]
    config_dir: str | None
    sweep: bool
    """`-m`: several runs"""
    other: bool
    """another flag, which asks for something else than runs"""


def read_words(given: Sequence[str]) -> Words:
    """Tell overrides from flags."""
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
    return Words(overrides, folder, sweep, other)


def single_runs(overrides: Sequence[str]) -> Iterator[list[str]]:
    """Runs of a sweep that have every value once, beside the first values of the others.

    All combinations would be too many to check. What cannot be counted (`interval`, `glob`) is left out.
    """
    try:
        parsed = OverridesParser.create().parse_overrides(list(overrides))
    except HydraException:  # refused with its reason when the settings are composed
        yield list(overrides)
        return
    choices = [_values(override, given) for override, given in zip(parsed, overrides, strict=True)]
    first = [values[0] for values in choices if values]
    yield first
    at = 0
    for values in choices:
        for value in values[1:]:
            yield [*first[:at], value, *first[at + 1 :]]
        at += bool(values)


def _values(override: Override, given: str) -> list[str]:
    if not override.is_sweep_override():
        return [given]
    if override.value_type in (ValueType.GLOB_CHOICE_SWEEP, ValueType.INTERVAL_SWEEP):
        return []
    values = list(dict.fromkeys(override.sweep_string_iterator()))
    if not values:
        raise SettingsError(f"{given}: a sweep without a run; a range or list with a value is needed")
    if all(value.removeprefix("-").isdecimal() for value in values):  # what is allowed has no gaps
        values = sorted({min(values, key=int), max(values, key=int)}, key=int)
    return [f"{override.get_key_element()}={value}" for value in values]
