"""CSV files, written and read in one way: no cell becomes a formula, and what is read is what was written.

Excel and LibreOffice take a cell for a formula when it begins with `=`, `+`, `-` or `@`; text from outside (an override
`+a=1`, a message, a launch's description) can. Such text gets an apostrophe in front. Numbers stay as they are. A
carriage return becomes a new line, which is quoted; by itself it would begin a row in some readers, and a cell with it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

FORMULA = re.compile(r"'*[=+\-@\t\n＝＋－＠]")
"""Text with apostrophes before such a sign gets one more, so that reading gives back what was there."""
CHANGED = re.compile(rf"{FORMULA.pattern}|.*\r", re.DOTALL)
GUARDED = re.compile(r"'+[=+\-@\t\n＝＋－＠]")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]inf")


def write_csv(frame: pd.DataFrame, path: Path, float_format: str | None = None) -> None:
    """Write a table without its index."""
    _guarded(frame).to_csv(path, index=False, lineterminator="\n", float_format=float_format)


def csv_text(frame: pd.DataFrame) -> str:
    """A table without its index as CSV."""
    return _guarded(frame).to_csv(index=False, lineterminator="\n")


def read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table that `write_csv` wrote; `options` are those of pandas."""
    found: pd.DataFrame = pd.read_csv(path, **options)
    return _each(found.rename(columns=unguarded), GUARDED, unguarded)


def unguarded(cell: str) -> str:
    """A cell as it was before it was written."""
    return cell[1:] if GUARDED.match(cell) else cell


def _guarded(frame: pd.DataFrame) -> pd.DataFrame:
    own = _each(frame, CHANGED, _guard)
    own.columns = pd.Index([_guard(name) if isinstance(name, str) else name for name in frame.columns], dtype=object)
    return own


def _guard(cell: str) -> str:
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell


def _each(frame: pd.DataFrame, pattern: re.Pattern[str], change: Any) -> pd.DataFrame:
    """A table with `change` made to the text that begins like `pattern`; the given one stays as it is."""
    own = frame.copy(deep=False)
    for place, kind in enumerate(frame.dtypes):
        if pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind):
            continue
        column = frame.iloc[:, place]
        if any(isinstance(cell, str) and pattern.match(cell) for cell in column.unique()):
            own.isetitem(place, [change(cell) if isinstance(cell, str) else cell for cell in column])
    return own
