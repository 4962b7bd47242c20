"""Short table of a sweep: what was swept, the second half, attention and GMV by platform; one unit a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from secondhalf.experiments.results.last_fact import basis_of_runs
from secondhalf.experiments.results.statistics.paired_statistics import mean_and_margin
from secondhalf.model.data_files import names

SHORT, WHOLE = "results_short.csv", "results.csv"
SEED = "seed"
MEASURES = {
    "attention_share": ("attention_percent", "share of mobile time, %", 100.0, 1),
    "gmv": ("gmv_billion_rmb", "GMV of the last year, billion RMB", 1e-9, 0),
}
"""Of platforms: end of the column, words, what makes the unit, digits after the point."""
SUMMARY = ("second_half_day", "averages_are")
"""What is taken from the summaries as it is."""
ROWS = 12
"""Combinations that are printed at most."""
WIDTHS = 36, 17
"""Characters of the first column and of each other one: 80 together, with what is between them."""


def short_results(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """The columns of results.csv that people look at first, in readable units.

    Parameters
    ----------
    table
        as in results.csv
    keys
        settings that any run sets; those with one value are left out
    """
    found = table[["run", *_varied(table, keys)]].copy()
    for name in SUMMARY:
        if name in table:
            found[name] = table[name]
    for measure, (ending, _, scale, _) in MEASURES.items():
        for platform, column in _columns(table, measure).items():
            found[f"{platform}_{ending}"] = table[column].astype("Float64") * scale
    return found


def printed(table: pd.DataFrame, keys: Sequence[str]) -> Table | None:
    """Means over the runs of each combination of what was swept, with 95 % intervals over seeds; None without any.

    A line says what was set, and a row a platform follows: so it fits into 80 columns, however much is swept.
    """
    by = [key for key in _varied(table, keys) if key != SEED]
    measures = {measure: _columns(table, measure) for measure in MEASURES}
    platforms = list(dict.fromkeys(name for columns in measures.values() for name in columns))
    if not platforms:
        return None
    whole = basis_of_runs(_averages(table))
    title = "Means over runs, ± 95 % over seeds" + (f" ({whole})" if whole else "")
    words = table[by].astype(object).where(table[by].notna(), "-").astype(str)
    groups = list(table.groupby([words[key] for key in by], sort=False)) if by else [((), table)]
    more = f"{len(groups) - ROWS} more combinations are there. " if len(groups) > ROWS else ""
    caption = f"{more}A row a run is in {SHORT}, with all columns in {WHOLE}."
    shown = Table(title=title, caption=caption, title_justify="left", caption_justify="left", box=SIMPLE_HEAD)
    shown.add_column("", width=WIDTHS[0], overflow="fold")
    for measure in measures:
        shown.add_column(MEASURES[measure][1], justify="right", width=WIDTHS[1])
    for values, rows in groups[:ROWS]:
        own = basis_of_runs(_averages(rows))
        note = f" ({own})" if own and own != whole else ""
        said = ", ".join(f"{key}={value}" for key, value in zip(by, map(str, values), strict=True)) or "all"
        shown.add_row(Text(f"{said}: {len(rows)} run{'s' if len(rows) > 1 else ''}{note}", style="bold"), "", "")
        for name in platforms:
            cells = [_mean(rows, measures[one].get(name), *MEASURES[one][2:]) for one in measures]
            shown.add_row(f"  {names().get(name, {}).get('label', name)}", *cells)
    return shown


def _mean(rows: pd.DataFrame, column: str | None, scale: float, digits: int) -> str:
    if column is None or rows[column].notna().sum() == 0:
        return "-"
    values = rows[column].astype(float) * scale
    by_seed = np.asarray(values.groupby(rows[SEED]).mean() if SEED in rows else values, np.float64)
    mean, _, margin = mean_and_margin(by_seed)
    return f"{mean:,.{digits}f}" + (f" ± {margin:,.{digits}f}" if by_seed.size > 1 else "")


def _averages(table: pd.DataFrame) -> list[str | None]:
    return list(table["averages_are"]) if "averages_are" in table else []


def _varied(table: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    return [key for key in keys if key in table and table[key].astype(str).nunique() > 1]


def _columns(table: pd.DataFrame, measure: str) -> Mapping[str, str]:
    parts = {str(name): str(name).split(".") for name in table.columns}
    return {
        own[1]: name for name, own in parts.items() if len(own) == 3 and own[0] == "platforms" and own[2] == measure
    }
