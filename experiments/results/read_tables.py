"""Tables of a run read back: columns and their types are those of data/columns.csv, or it is said which are not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from secondhalf.experiments.results.schema.column_dictionary import EVERY_PLATFORM, Column, of_table
from secondhalf.experiments.results.schema.csv_files import read_csv

FORMS = {"date": ("%Y-%m-%d", r"\d{4}-\d\d-\d\d"), "yearmonth": ("%Y-%m", r"\d{4}-\d\d")}
"""How dates are written; pandas alone would take `today` for one."""
WORDS = ("string", *FORMS)


def read_table(path: Path, table: str, platforms: Sequence[str] = ()) -> pd.DataFrame:
    """One table of a run; an empty cell is an empty word, never "not a number".

    Parameters
    ----------
    table
        its name in data/columns.csv
    platforms
        those of the run, where a table has a column for each

    Raises
    ------
    OSError, ValueError
        one line: the file cannot be read, or a column is missing or of another type
    """
    columns = [
        own._replace(name=name)
        for own in of_table(table)
        for name in (platforms if own.name == EVERY_PLATFORM else [own.name])
    ]
    words = dict.fromkeys((own.name for own in columns if own.type in WORDS), str)
    try:
        found = read_csv(path, keep_default_na=False, dtype=words)
    except (IndexError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"it is no table ({type(error).__name__})") from error
    if not isinstance(found.index, pd.RangeIndex):
        raise ValueError("its rows are longer than its first line")
    for own in columns:
        if own.name not in found:
            raise ValueError(f"the column {own.name} is missing")
        if len(found):
            _check(found[own.name], own)
    return found


def _check(values: pd.Series[Any], own: Column) -> None:
    if own.type in WORDS:
        if values.isna().any():
            raise ValueError(f"the column {own.name} ends before the others")
        if own.type not in FORMS:
            return
        form, pattern = FORMS[own.type]
        different = values.drop_duplicates()
        written = different.str.fullmatch(pattern).all()
        if not written or pd.to_datetime(different, format=form, errors="coerce").isna().any():
            raise ValueError(f"the column {own.name} holds something else than dates")
        return
    numbers = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if not numbers or not np.isfinite(values.to_numpy(np.float64)).all():
        raise ValueError(f"the column {own.name} holds something else than numbers")
    if own.type == "integer" and not pd.api.types.is_integer_dtype(values):
        raise ValueError(f"the column {own.name} holds something else than whole numbers")
