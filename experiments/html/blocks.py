"""Blocks of a page; `kind` names the macro of templates/blocks.html that writes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from markupsafe import Markup

Tone = Literal["", "good", "bad", "quiet"]
"""Colour of a number or a word; whatever it says is also said in words or by a sign."""


@dataclass(frozen=True)
class Tile:
    """One of the main numbers."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Text:
    """Paragraphs; `quiet` ones say what is missing."""

    paragraphs: tuple[str, ...]
    quiet: bool = False
    kind: ClassVar[str] = "words"


@dataclass(frozen=True)
class Picture:
    """A drawing inside the page, with the files behind it."""

    name: str
    svg: Markup
    """as `inline` gives it; anything else is escaped"""
    alt: str
    """alternative text for readers who cannot see it"""
    caption: str = ""
    data: tuple[str, ...] = ()
    """names of the CSV files it is drawn from"""
    wide: bool = False
    """too rich to shrink: on a phone it is moved sideways in its frame"""
    files: bool = True
    """whether it lies in files beside the page, too"""


@dataclass(frozen=True)
class Gallery:
    """Pictures side by side, as many as the screen has room for."""

    pictures: tuple[Picture, ...]
    title: str = ""
    note: str = ""
    folded: bool = False
    size: Literal["small", "large"] = "small"
    kind: ClassVar[str] = "gallery"


@dataclass(frozen=True)
class Column:
    """A column of a table; those to choose from get a list of their values above the table."""

    title: str
    numeric: bool = False
    choose: bool = False
    about: str = ""
    width: Literal["", "whole", "long"] = ""
    """whole: never broken into lines; long: sentences that need room"""


@dataclass(frozen=True)
class Cell:
    """What is shown, and the full value behind it (sorted by; the shown text when empty)."""

    text: str
    value: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Table:
    """A table to sort, and with `find` to filter."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    data: tuple[str, ...] = ()
    find: bool = False
    folded: bool = False
    kind: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.name}: every row needs {len(self.columns)} cells")

    @property
    def choices(self) -> list[tuple[int, Column, list[str]]]:
        """For each column to choose from: its number, itself, its values in order."""
        return [
            (number, column, list(dict.fromkeys(row[number].text for row in self.rows)))
            for number, column in enumerate(self.columns)
            if column.choose
        ]


@dataclass(frozen=True)
class VerdictRow:
    """A statement and whether it holds: True, False, or None when unknown."""

    name: str
    statement: str
    holds: bool | None
    table: Table
    source: str = ""


@dataclass(frozen=True)
class VerdictList:
    """Statements one below the other."""

    all: tuple[VerdictRow, ...]
    kind: ClassVar[str] = "verdicts"


@dataclass(frozen=True)
class Code:
    """Lines for a terminal."""

    lines: tuple[str, ...]
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class Section:
    """A part of a page."""

    anchor: str
    title: str
    blocks: Sequence[Text | Gallery | Table | VerdictList | Code]


@dataclass(frozen=True)
class Page:
    """A report."""

    title: str
    lead: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    foot: str = ""
    language: str = field(default="en")
