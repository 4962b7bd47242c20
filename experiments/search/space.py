"""Search space: `search.space`, setting by setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.search.settings import Search


def space_of(options: Search) -> dict[str, BaseDistribution]:
    """A distribution a setting.

    Raises
    ------
    SettingsError
        for an empty space, and naming a setting whose range or choices make no sense
    """
    found = {name: _distribution(name, given, name in options.log) for name, given in _leaves(options.space)}
    if not found:
        raise SettingsError("search.space={}: at least one search.space.SETTING=[low,high] is needed")
    for name in options.log:
        if name not in found:
            raise SettingsError(
                f"search.log={list(options.log)}: {name} is not in search.space, which has {', '.join(found)}"
            )
    return found


def ends(distribution: BaseDistribution) -> list[Any]:
    """Values between which, or among which, the search stays."""
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    return [distribution.low, distribution.high]


def _leaves(given: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in given.items():
        whole = f"{name}.{key}" if name else str(key)
        if isinstance(value, Mapping):
            yield from _leaves(value, whole)
        else:
            yield whole, value


def _distribution(name: str, given: Any, log: bool) -> BaseDistribution:
    wrong = SettingsError(
        f"search.space.{name}={given}: [low,high] with low below high, or two or more choices, is needed"
    )
    if not isinstance(given, list) or len(given) < 2 or any(isinstance(value, (list, dict)) for value in given):
        raise wrong
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in given)
    if len(given) > 2 or not numbers:
        if log:
            raise SettingsError(f"search.log: search.space.{name}={given} are choices, which have no scale")
        return CategoricalDistribution(given)
    low, high = given
    if not low < high:
        raise wrong
    if log and low <= 0:
        raise SettingsError(f"search.log: search.space.{name}={given}: a logarithmic scale needs low above 0")
    if all(isinstance(value, int) for value in given):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(float(low), float(high), log=log)
