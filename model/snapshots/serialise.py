"""Serialisation of a market's objects as JSON values beside one run of bytes, and back, without running foreign code.

What is shared stays shared, and arrays keep their bits and the order of their axes in memory. Numbers, words, dates,
arrays, lists, dicts, sets, tuples, settings, and objects of classes in `allow_list` can be stored; nothing else.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.snapshots.allow_list import allowed_class, name_of, tag_of

ATOMS = (bool, int, float, str, type(None))
NUMBERS = re.compile(
    r"\|b1|\|[iu]1|[<>][iu][248]|[<>]f[248]|[<>]c(8|16)|[<>]U[1-9]\d{0,5}|\|S[1-9]\d{0,5}|[<>][mM]8\[\w+\]"
)
"""Kinds of number that an array may hold: no objects, and nothing with a structure."""
ALIGNMENT = 64
"""Bytes; each array begins at a multiple of it."""


class SerialiseError(ValueError):
    """One sentence: what cannot be kept, and where it was found."""


class Packer:
    """Turns objects into JSON values; `data` holds the arrays.

    Parameters
    ----------
    outside
        objects that are not kept but handed to the `Unpacker` by the same names
    trusted
        modules of one's own strategies, imported already, whose classes may be kept
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
        SerialiseError
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
        if isinstance(thing, np.generic) and type(thing.item()) in ATOMS:
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
        tag = tag_of(type(thing))
        if tag == "settings":
            return ["settings", kind, json.loads(thing.model_dump_json())]
        if tag == "named":
            return ["named", kind, *(self.pack(entry, str(n)) for n, entry in enumerate(thing))]
        return ["object", kind, *([name, self.pack(entry, name)] for name, entry in vars(thing).items())]

    def _array(self, array: NDArray[Any]) -> list[Any]:
        if not NUMBERS.fullmatch(array.dtype.str) or array.dtype.fields:
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
        name = name_of(kind)
        if allowed_class(name, self._trusted) is not kind:
            raise self._refuse(kind)
        return name

    def _refuse(self, kind: type) -> SerialiseError:
        return SerialiseError(
            f"{'.'.join(self._path)} is a {kind.__module__}.{kind.__qualname__}, which cannot be kept; numbers, words, "
            "dates, arrays, lists, dicts, sets and tuples can"
        )


def _alike(value: Any, like: Any) -> bool:
    """Whether both are arrays of one type and shape."""
    arrays = type(value) is np.ndarray and type(like) is np.ndarray
    return arrays and (value.dtype, value.shape) == (like.dtype, like.shape) and not like.dtype.hasobject


class Unpacker:
    """Restores objects from the values of a `Packer`; anything else is refused.

    No module is imported, and arrays take no more memory than the bytes that are there: each has its own place.

    Parameters
    ----------
    data
        bytes of the arrays
    outside, trusted
        as for `Packer`
    check
        called with the plain values of settings before anything is made of them; raises for what is refused
    """

    def __init__(
        self,
        data: bytes,
        outside: Mapping[str, object],
        trusted: Collection[str] = (),
        check: Callable[[Any], None] | None = None,
    ) -> None:
        self._data, self._outside, self._trusted = memoryview(data), outside, trusted
        self._check = check
        self._made: list[Any] = []
        self._whole: list[bool] = []
        self._read = 0  # bytes of `data` that arrays have taken

    def unpack(self, value: Any) -> Any:
        """The object of a JSON value.

        Raises
        ------
        SerialiseError
            for what no `Packer` gives, and for a class that may not be kept
        TypeError, ValueError, LookupError, AttributeError, RecursionError
            for some of what no `Packer` gives
        """
        if type(value) in ATOMS:
            return value
        if type(value) is not list or not value or type(value[0]) is not str:
            raise SerialiseError("a value has no kind")
        tag, *rest = value
        if tag == "outside":
            return self._outside[rest[0]]
        if tag == "scalar":
            dtype, plain = rest
            if type(plain) not in (bool, int, float, str):
                raise SerialiseError("a number of an array is none")
            return self._dtype(dtype).type(plain)
        if tag == "date":
            return dt.date.fromisoformat(rest[0])
        if tag == "again":
            return self._again(*rest)
        number = len(self._made)
        self._made.append(None)
        self._whole.append(False)
        made = self._make(tag, rest, number)
        self._made[number], self._whole[number] = made, True
        return made

    def _again(self, number: Any) -> Any:
        if type(number) is not int or not 0 <= number < len(self._made):
            raise SerialiseError(f"it repeats a value {number} that is not there")
        if not self._whole[number]:
            raise SerialiseError(f"it repeats value {number} before it is there")
        return self._made[number]

    def _make(self, tag: str, rest: list[Any], number: int) -> Any:
        if tag in ("list", "dict", "set", "object"):  # these may hold themselves
            return self._holder(tag, rest, number)
        if tag == "tuple":
            return tuple(self.unpack(entry) for entry in rest)
        if tag == "named":
            return self._class(tag, rest[0])(*(self.unpack(entry) for entry in rest[1:]))
        if tag == "settings":
            kind, plain = rest
            found = self._class(tag, kind)
            if self._check:
                self._check(plain)
            return found.model_validate_json(json.dumps(plain))
        if tag == "array":
            return self._array(*rest)
        if tag in ("rows", "numbers"):
            return self._rows(tag, rest)
        raise SerialiseError(f"there is no kind of value {tag!r}")

    def _holder(self, tag: str, rest: list[Any], number: int) -> Any:
        made: Any = {"list": list, "dict": dict, "set": set}[tag]() if tag != "object" else self._empty(rest[0])
        self._made[number], self._whole[number] = made, True
        if tag == "list":
            made.extend(self.unpack(entry) for entry in rest)
        elif tag == "set":
            made.update(self.unpack(entry) for entry in rest)
        elif tag == "dict":
            made.update((self.unpack(key), self.unpack(entry)) for key, entry in rest)
        else:
            for name, entry in rest[1:]:
                if type(name) is not str or not name.isidentifier() or name.startswith("__"):
                    raise SerialiseError(f"{rest[0]} can have no attribute {name!r}")
                vars(made)[name] = self.unpack(entry)
        return made

    def _rows(self, tag: str, rest: list[Any]) -> list[dict[str, Any]]:
        columns = {}
        for name, (kind, *array) in rest:
            if kind != "array" or type(name) is not str:
                raise SerialiseError("a column of rows is no array")
            columns[name] = self._array(*array)
        length = {len(column) for column in columns.values()}
        if len(length) != 1 or max(column.nbytes for column in columns.values()) < max(length):
            raise SerialiseError("columns of rows are not of one length")
        entries = zip(*(column.tolist() if tag == "numbers" else column for column in columns.values()), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in entries]

    def _array(self, dtype: Any, shape: Any, axes: Any, place: Any) -> NDArray[Any]:
        kind = self._dtype(dtype)
        if any(type(size) is not int or size < 0 for size in shape) or sorted(axes) != list(range(len(shape))):
            raise SerialiseError("an array has no shape")
        if type(place) is not int or place < self._read or place % ALIGNMENT:
            raise SerialiseError("an array has no place of its own")
        stored = [shape[axis] for axis in axes]
        count = math.prod(stored)
        end = place + count * kind.itemsize
        if end > len(self._data):
            raise SerialiseError("an array ends behind the file")
        self._read = end
        flat = np.frombuffer(self._data[place:end], np.uint8).view(kind) if end > place else np.empty(count, kind)
        if kind.kind == "b":
            flat = flat.view(np.uint8) != 0
        if kind.kind == "U":
            flat.tolist()  # a ValueError for what is no text
        return np.array(flat.reshape(stored).transpose(np.argsort(axes)), order="K")

    @staticmethod
    def _dtype(name: Any) -> np.dtype[Any]:
        if type(name) is not str or not NUMBERS.fullmatch(name):
            raise SerialiseError(f"there is no kind of number {name!r}")
        return np.dtype(name)

    def _empty(self, name: Any) -> Any:
        return object.__new__(self._class("object", name))

    def _class(self, tag: str, name: Any) -> Any:
        found = allowed_class(name, self._trusted) if type(name) is str else None
        if found is None or tag_of(found) != tag:
            raise SerialiseError(f"it names {name}, which is no class of the market")
        return found
