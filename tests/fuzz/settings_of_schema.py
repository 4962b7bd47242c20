"""Every number, switch and choice of the settings, with its bounds as the schema has them.

A setting that is new is found here by itself.
"""

from __future__ import annotations

import math
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """One value of the settings.

    Attributes
    ----------
    choices
        of a switch or a choice; empty for a number
    low, high
        the least and the largest number that the schema allows
    """

    path: Path
    choices: tuple[Any, ...] = ()
    whole: bool = False
    low: float = -math.inf
    high: float = math.inf

    @property
    def name(self) -> str:
        return ".".join(map(str, self.path))

    def usual(self, luck: Random, now: Any) -> Any:
        """A value near the one that ships."""
        if self.choices:
            return luck.choice(self.choices)
        near = (now or 0.0) * luck.lognormvariate(0, 0.4)
        return self._held(near)

    def edge(self, luck: Random) -> Any:
        """The least or the largest value, or one beside it."""
        if self.choices:
            return luck.choice(self.choices)
        end = luck.choice((self.low, self.high))
        inside = end + (self.high - self.low) * 1e-6 * (1 if end == self.low else -1)
        return self._held(luck.choice((end, end, inside)))

    def absurd(self, luck: Random) -> Any:
        """No value that this can have."""
        if self.choices:
            return luck.choice(("nonsense", -7, [1]))
        beyond = [self.low - 1, self.high + max(abs(self.high) * 1e-6, 1), -1e300, 1e300]
        return luck.choice([*beyond, math.nan, math.inf, -math.inf, "many", [1], True])

    def _held(self, value: float) -> float | int:
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else value


def places(model: type[BaseModel], values: Mapping[str, Any], path: Path = ()) -> Iterator[Place]:
    """All values of settings that have the shape of `values`."""
    for name, field in model.model_fields.items():
        if name in values:
            yield from _within(field.annotation, list(field.metadata), values[name], (*path, name))


def _within(kind: Any, limits: list[Any], value: Any, path: Path) -> Iterator[Place]:
    while get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        limits = [*limits, *more]
    if get_origin(kind) in (Union, types.UnionType):
        inner = [own for own in get_args(kind) if own is not type(None)]
        if value is not None and len(inner) == 1:
            yield from _within(inner[0], limits, value, path)
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        if isinstance(value, Mapping):
            yield from places(kind, value, path)
    elif get_origin(kind) is dict:
        for key, own in (value or {}).items():
            yield from _within(get_args(kind)[1], [], own, (*path, key))
    elif get_origin(kind) is list:
        for number, own in enumerate(value or []):
            yield from _within(get_args(kind)[0], [], own, (*path, number))
    elif get_origin(kind) is Literal:
        yield Place(path, choices=get_args(kind))
    elif kind is bool:
        yield Place(path, choices=(False, True))
    elif kind in (int, float):
        yield _number(path, kind is int, limits)


def _number(path: Path, whole: bool, limits: list[Any]) -> Place:
    low, high = -math.inf, math.inf
    flat = [one for limit in limits for one in (limit.metadata if isinstance(limit, FieldInfo) else [limit])]
    for limit in flat:
        for name in ("ge", "gt"):
            if (least := getattr(limit, name, None)) is not None:
                low = max(low, _beside(least, math.inf, whole) if name == "gt" else least)
        for name in ("le", "lt"):
            if (most := getattr(limit, name, None)) is not None:
                high = min(high, _beside(most, -math.inf, whole) if name == "lt" else most)
    return Place(path, whole=whole, low=low, high=high)


def _beside(end: float, towards: float, whole: bool) -> float:
    if whole:
        return end + math.copysign(1, towards)
    return math.nextafter(end, towards) if end else math.copysign(1e-9, towards)


def value_at(values: Any, path: Path) -> Any:
    for part in path:
        values = values[part]
    return values


def put(values: Any, path: Path, value: Any) -> None:
    value_at(values, path[:-1])[path[-1]] = value
