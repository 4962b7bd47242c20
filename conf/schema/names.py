"""Names that users give to platforms, capabilities, kinds of merchant, festivals and scenarios.

They become cells and columns of CSV files and parts of file names, so they have to stay what they are in pandas, R,
Excel and on every file system, and must not be taken for something else.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

NAME = re.compile(r"[a-z][a-z0-9_]*")
ALLOWED = "a name has lower-case letters a to z, digits and _, and begins with a letter"
EMPTY = {"na", "nan", "nat", "nil", "null", "none", "inf", "infinity", "true", "false", "yes", "no", "on", "off"}
"""Words that pandas, R, Excel or YAML read as missing, as a number or as a switch."""
OTHERS = {"all", "any", "content", "shelf", "bound", "outside", "budget", "new", "lost", "transfer", "market"}
"""Words that stand for something else in a cell where a name could stand, or in a setting."""
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
"""No file can have these names on Windows."""


@cache
def columns() -> frozenset[str]:
    """Names of columns in data/columns.csv, and the parts of those of summary.json."""
    text = (files("secondhalf.data") / "columns.csv").read_text(encoding="utf-8")
    parts = {part for row in csv.DictReader(text.splitlines()) for part in row["column"].split(".")}
    return frozenset(part for part in parts if NAME.fullmatch(part))


def check_name(name: str, where: str) -> None:
    """Raise ValueError, one sentence, for a name that is none or that means something already.

    Parameters
    ----------
    where
        setting that gives the name
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{where}: {name!r} cannot be a name; {ALLOWED}")
    for taken, meaning in (
        (columns(), "is the name of a column"),
        (EMPTY, "is read as missing, as a number or as a switch where tables are opened"),
        (OTHERS, "stands for something else in tables or settings"),
        (DEVICES, "can name no file on Windows"),
    ):
        if name in taken:
            raise ValueError(f"{where}: {name!r} {meaning}; {ALLOWED}, and means nothing else")
