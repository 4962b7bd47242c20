"""Column dictionary: type, unit and meaning of every table's columns, from data/columns.csv."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple, TypeAlias, cast

Type: TypeAlias = Literal["string", "integer", "number", "boolean", "date", "yearmonth"]
"""Types of the Table Schema (Frictionless), which JSON, pandas and R have under other names."""
EVERY_PLATFORM = "*platform*"
"""Stands for one column a platform."""


class Column(NamedTuple):
    """One column of a table."""

    name: str
    type: Type
    unit: str
    meaning: str


@cache
def _known() -> dict[str, tuple[Column, ...]]:
    found: dict[str, list[Column]] = {}
    text = (files("secondhalf.data") / "columns.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        own = Column(row["column"], cast("Type", row["type"]), row["unit"], row["meaning"])
        found.setdefault(row["table"], []).append(own)
    return {table: tuple(columns) for table, columns in found.items()}


def of_table(table: str) -> tuple[Column, ...]:
    """All columns of a table that are always there, in order; one of them may stand for all platforms."""
    return _known()[table]


def column(table: str, name: str) -> Column:
    """What a column of a table is; one that the program does not know is a measure of one's own, or a platform."""
    columns = {known.name: known for known in of_table(table)}
    if name in columns:
        return columns[name]
    if EVERY_PLATFORM in columns:
        return columns[EVERY_PLATFORM]._replace(name=name)
    return Column(name, "number", "", "a measure of one's own")


def metric(name: str) -> tuple[str, str]:
    """Unit and meaning of a metric that results.csv takes from summary.json; empty words for one that is not known.

    Parameters
    ----------
    name
        its path in the summary, e.g. ``platforms.kuaishou.gmv``
    """
    of_day = {known.name: known for known in of_table("market")}
    group, _, inner = name.partition(".")
    if group == "market" and inner in of_day:
        return of_day[inner].unit, f"{of_day[inner].meaning}; mean over the last year of the run"
    told = re.sub(r"^phases\.platforms\.[^.]+", "phases.market", name)  # the same keys, under each platform
    while told:
        for known in of_table("summary"):
            if re.fullmatch(re.escape(known.name).replace(r"\*", r"[^.]+"), told):
                return known.unit, known.meaning
        told = told.rpartition(".")[0]
    return "", ""
