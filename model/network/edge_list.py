"""Edge lists: friend graphs read from a user's file, checked line by line."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np

from secondhalf.conf.schema import SettingsError
from secondhalf.model.shapes import I64

_TIE = re.compile(r"\s*(-?[0-9]{1,18})(?:\s*,\s*|\s+)(-?[0-9]{1,18})(?:[\s,]|$)")


def read_ties(file: str, users: int) -> I64:
    """Read an edge list: two node numbers a line, separated by blanks or a comma; further columns are ignored.

    What follows ``#`` is a comment. A tie that stands twice, in either direction, counts once. A warning says so when
    the first column looks like the index of a table.

    Returns
    -------
    int64 [lines, 2]

    Raises
    ------
    SettingsError
        naming the file, the line and what is allowed
    """
    ties: list[tuple[int, int]] = []
    further: list[tuple[int, int]] | None = []  # the second and third number of each line, while every line has them
    try:
        with Path(file).expanduser().open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                text = line.partition("#")[0]
                if not text.strip():
                    continue
                match = _TIE.match(text)
                a, b = (int(match[1]), int(match[2])) if match else (-1, -1)
                if not (0 <= a < users and 0 <= b < users and a != b):
                    raise SettingsError(f"network.file={file}:{number}: {_fault(text, users)}")
                ties.append((a, b))
                if further is not None:
                    further = _with_next(further, text, users)
    except UnicodeDecodeError as error:
        raise SettingsError(f"network.file={file}: not a text file; two node numbers a line are needed") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SettingsError(
            f"network.file={file}: cannot be read ({reason}); a text file with two node numbers a line is needed"
        ) from error
    if not ties:
        raise SettingsError(f"network.file={file}: holds no tie; at least one line with two node numbers is needed")
    if further and [a for a, _ in ties] == list(range(len(ties))):
        said = [", ".join(f"{a}-{b}" for a, b in pairs[:3]) for pairs in (ties, further)]
        warnings.warn(
            f"network.file={file}: the first column counts 0, 1, 2 as the index of a table does; read as ties "
            f"{said[0]}; if {said[1]} are meant, write the file without its index (pandas: index=False)",
            stacklevel=2,
        )
    return np.array(ties, np.int64)


def _with_next(known: list[tuple[int, int]], text: str, users: int) -> list[tuple[int, int]] | None:
    """The same pairs with that of a line's second and third column; None when these are no tie."""
    fields = text.replace(",", " ").split()
    if len(fields) < 3 or not all(field.isdecimal() and int(field) < users for field in fields[1:3]):
        return None
    a, b = int(fields[1]), int(fields[2])
    if a == b:
        return None
    known.append((a, b))
    return known


def _fault(text: str, users: int) -> str:
    """What is wrong with a line of an edge list."""
    fields = [field[:40] for field in text.replace(",", " ").split()[:2]]
    if len(fields) < 2:
        return f"{text.strip()[:40]!r} has fewer than two fields; two node numbers are needed"
    for field in fields:
        if not re.fullmatch("-?[0-9]+", field):
            return f"{field!r} is no node number; integers in 0..{users - 1} are allowed"
    for field in fields:
        if not 0 <= int(field) < users:
            return f"node {field} is outside 0..{users - 1}, the numbers of population.users={users} users"
    if int(fields[0]) == int(fields[1]):
        return f"node {fields[0]} is tied to itself; a tie needs two different nodes"
    return f"{text.strip()[:40]!r} is no pair of node numbers separated by blanks or one comma"
