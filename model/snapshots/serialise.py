"""Objects of a market as plain JSON values beside one run of bytes, and back, without running foreign code.

What is shared stays shared, and arrays keep their bits and the order of their axes in memory. Numbers, words, dates,
arrays, lists, dicts, sets, tuples, checked settings, and objects of trusted modules can be kept; nothing else.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

ATOMS = (bool, int, float, str, type(None))
TRUSTED = ("secondhalf.agents.", "secondhalf.conf.schema.", "secondhalf.model.")
"""Modules whose classes may be made again, beside those that the settings name."""
ALIGNMENT = 64
"""Bytes; each array begins at a multiple of it."""


class PlainError(ValueError):
    """One sentence: what cannot be kept, and where it was found."""


class Packer:
    """Turns objects into JSON values; `data` holds the arrays.

    Parameters
    ----------
    outside
        objects that are not kept but handed to the `Unpacker` by the same names
    trusted
        modules of one's own whose classes may be kept
    """

    def __init__(self, outside: Mapping[str, object], trusted: Collection[str] = ()) -> None:
        self.data = bytearray()
        self._outside = {id(thing): name for name, thing in outside.items()}
        self._trusted = trusted
        self._numbers: dict[int, int] = {}
        self._alive: list[object] = []  # so that no number of `id` is used twice
        self._path: list[str] = []

    def pack(self, thing: Any, name: str = "market") -> Any:
        """The JSON value of an object; `name` is used in errors.

        Raises
        ------
        PlainError
            for what cannot be kept
        """
        self._path.append(name)
        value = self._pack(thing)
        self._path.pop()
        return value

    def _pack(self, thing: Any) -> Any:
        if type(thing) in ATOMS:
            return thing
        if id(thing) in self._outside:
            return ["outside", self._outside[id(thing)]]
        if isinstance(thing, np.generic):
            return ["scalar", thing.dtype.str, thing.item()]
        if isinstance(thing, dt.date):
            return ["date", thing.isoformat()]
        if id(thing) in self._numbers:
            return ["again", self._numbers[id(thing)]]
        self._numbers[id(thing)] = len(self._numbers)
        self._alive.append(thing)
        return self._first(thing)

    def _first(self, thing: Any) -> list[Any]:
        """What may stand in several places, met for the first time."""
        if type(thing) is np.ndarray:
            return self._array(thing)
        if type(thing) is list:
            return self._rows(thing) or ["list", *(self.pack(entry, str(n)) for n, entry in enumerate(thing))]
        if type(thing) is tuple:
            return ["tuple", *(self.pack(entry, str(n)) for n, entry in enumerate(thing))]
        if type(thing) is set:
            return ["set", *(self.pack(entry) for entry in sorted(thing, key=repr))]
        if type(thing) is dict:
            return ["dict", *([self.pack(key), self.pack(entry, str(key))] for key, entry in thing.items())]
        kind = self._class(type(thing))
        if isinstance(thing, BaseModel):
            return ["settings", kind, json.loads(thing.model_dump_json())]
        if isinstance(thing, tuple):  # a NamedTuple, says `_class`
            return ["named", kind, *(self.pack(entry, str(n)) for n, entry in enumerate(thing))]
        return ["object", kind, *([name, self.pack(entry, name)] for name, entry in vars(thing).items())]

    def _array(self, array: NDArray[Any]) -> list[Any]:
        if array.dtype.hasobject:
            raise self._refuse(type(array))
        axes = sorted(range(array.ndim), key=lambda axis: (-abs(array.strides[axis]), axis))
        self.data.extend(bytes(-len(self.data) % ALIGNMENT))
        place = len(self.data)
        self.data.extend(np.ascontiguousarray(array.transpose(axes)).tobytes())
        return ["array", array.dtype.str, list(array.shape), axes, place]

    def _rows(self, rows: list[Any]) -> list[Any] | None:
        """Many rows of the same columns, kept column by column; None for any other list."""
        if len(rows) < 2 or any(type(row) is not dict or row.keys() != rows[0].keys() for row in rows) or not rows[0]:
            return None
        numbers = all(type(value) is float for row in rows for value in row.values())
        if not numbers and not all(_alike(row[name], like) for name, like in rows[0].items() for row in rows):
            return None
        columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        return ["numbers" if numbers else "rows", *([name, self._array(column)] for name, column in columns.items())]

    def _class(self, kind: type) -> str:
        trusted = kind.__module__.startswith(TRUSTED) or kind.__module__ in self._trusted
        plain = issubclass(kind, BaseModel) or hasattr(kind, "_asdict") or "__dict__" in dir(kind)
        if not trusted or not plain or "<" in kind.__qualname__:
            raise self._refuse(kind)
        return f"{kind.__module__}:{kind.__qualname__}"

    def _refuse(self, kind: type) -> PlainError:
        return PlainError(
            f"{'.'.join(self._path)} is a {kind.__module__}.{kind.__qualname__}, which cannot be kept; numbers, words, "
            "dates, arrays, lists, dicts, sets and tuples can"
        )


def _alike(value: Any, like: Any) -> bool:
    """Whether both are arrays of one type and shape."""
    arrays = type(value) is np.ndarray and type(like) is np.ndarray
    return arrays and (value.dtype, value.shape) == (like.dtype, like.shape) and not like.dtype.hasobject


class Unpacker:
    """Makes objects again from what a `Packer` gave.

    Parameters
    ----------
    data
        bytes of the arrays
    outside, trusted
        as for `Packer`
    """

    def __init__(self, data: bytes, outside: Mapping[str, object], trusted: Collection[str] = ()) -> None:
        self._data, self._outside, self._trusted = data, outside, trusted
        self._made: list[Any] = []

    def unpack(self, value: Any) -> Any:
        """The object of a JSON value.

        Raises
        ------
        PlainError
            for a class that is not trusted, or that there is not
        """
        if type(value) in ATOMS:
            return value
        tag, *rest = value
        if tag == "outside":
            return self._outside[rest[0]]
        if tag == "scalar":
            return np.dtype(rest[0]).type(rest[1])
        if tag == "date":
            return dt.date.fromisoformat(rest[0])
        if tag == "again":
            return self._made[rest[0]]
        number = len(self._made)
        self._made.append(None)
        return self._make(tag, rest, number)

    def _make(self, tag: str, rest: list[Any], number: int) -> Any:
        made: Any
        if tag in ("list", "dict", "set", "object"):  # these may hold themselves
            made = {"list": list, "dict": dict, "set": set}.get(tag, self._empty)(*rest[:1] if tag == "object" else ())
            self._made[number] = made
            if tag == "list":
                made.extend(self.unpack(entry) for entry in rest)
            elif tag == "set":
                made.update(self.unpack(entry) for entry in rest)
            elif tag == "dict":
                made.update((self.unpack(key), self.unpack(entry)) for key, entry in rest)
            else:
                vars(made).update((name, self.unpack(entry)) for name, entry in rest[1:])
            return made
        if tag == "tuple":
            made = tuple(self.unpack(entry) for entry in rest)
        elif tag == "named":
            made = self._class(rest[0])(*(self.unpack(entry) for entry in rest[1:]))
        elif tag == "settings":
            made = self._class(rest[0]).model_validate_json(json.dumps(rest[1]))
        elif tag == "array":
            made = self._array(*rest)
        elif tag in ("rows", "numbers"):
            columns = [self._array(*array[1:]) for _, array in rest]
            entries = zip(*(column.tolist() if tag == "numbers" else column for column in columns), strict=True)
            made = [dict(zip([name for name, _ in rest], row, strict=True)) for row in entries]
        else:
            raise PlainError(f"there is no kind of value {tag!r}")
        self._made[number] = made
        return made

    def _array(self, dtype: str, shape: list[int], axes: list[int], place: int) -> NDArray[Any]:
        stored = [shape[axis] for axis in axes]
        flat = np.frombuffer(self._data, np.dtype(dtype), int(np.prod(stored, dtype=np.int64)), place)
        return np.array(flat.reshape(stored).transpose(np.argsort(axes)), order="K")

    def _empty(self, name: str) -> Any:
        kind = self._class(name)
        return kind.__new__(kind)

    def _class(self, name: str) -> Any:
        module, _, path = name.partition(":")
        if not module.startswith(TRUSTED) and module not in self._trusted:
            raise PlainError(f"it names {name}, which is no class of the market")
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
        if not isinstance(found, type):
            raise PlainError(f"it names {name}, which is no class of the market")
        return found
