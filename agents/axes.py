"""Axes of arrays, declared beside the arrays' names: they size empty arrays, and lengthen them when a platform enters.

An array is declared as ``Annotated[NDArray[np.float32], Axes("PN")]``, one letter an axis: P platforms, N users,
M merchants, C channels, K capabilities, F fan slots. O and R are the platforms followed by one and by two places that
are no platform's. Any other letter is an axis of its own. A list or a dict of arrays declares what its arrays share.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

OF_PLATFORMS = {"P": 0, "O": 1, "R": 2}
"""Axes with a place for each platform, and how many places come after those."""


class Axes(NamedTuple):
    """Axes of an array, and what a place holds until something is written to it."""

    letters: str
    fill: float = 0


@cache
def declared(kind: type) -> dict[str, Axes]:
    """Declared arrays of a class by name."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: mark for name, hint in hints.items() for mark in get_args(hint) if isinstance(mark, Axes)}


def empty(kind: type, **sizes: int) -> dict[str, Any]:
    """Arrays of a class that hold their fill, but those with an axis without a size and those that may be None."""
    hints = get_type_hints(kind)
    return {
        name: np.full([sizes[letter] for letter in letters], fill, get_args(get_args(hints[name])[1])[0])
        for name, (letters, fill) in declared(kind).items()
        if set(letters) <= set(sizes) and get_origin(hints[name]) is np.ndarray
    }


def with_platform(holder: Any) -> dict[str, Any]:
    """All declared arrays of an object that have a place for each platform, with one more."""
    return {
        name: _longer(getattr(holder, name), axes)
        for name, axes in declared(holder.__class__).items()
        if OF_PLATFORMS.keys() & set(axes.letters) and hasattr(holder, name)
    }


def add_platform(holder: Any) -> None:
    """Put the longer arrays in the place of the others; what shares those keeps them."""
    for name, longer in with_platform(holder).items():
        setattr(holder, name, longer)


def _longer(values: Any, axes: Axes) -> Any:
    if isinstance(values, list):
        return [_longer(entry, axes) for entry in values]
    if isinstance(values, dict):
        return {key: _longer(entry, axes) for key, entry in values.items()}
    if values is None:
        return None
    array: NDArray[Any] = values
    for axis, letter in enumerate(axes.letters[: array.ndim]):
        if letter in OF_PLATFORMS:
            before, after = np.split(array, [array.shape[axis] - OF_PLATFORMS[letter]], axis)
            place = np.full_like(array.take([0], axis), axes.fill)
            array = np.concatenate([before, place, after], axis)  # keeps the order of axes in memory
    return array
