"""Figure of sensitivities: Sobol indices with their intervals, or Morris screening."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from secondhalf.experiments.pictures import style
from secondhalf.experiments.validate.report import text as words

TOP = 10
"""Parameters in a panel."""
SIZE = (3.9, 3.4)
TOTAL, FIRST = "#B9AEDB", "#3B2A6B"


def strongest(table: pd.DataFrame, quantity: str, by: str) -> pd.DataFrame:
    """The rows of a quantity that matter most, the largest first."""
    return table[table["quantity"] == quantity].sort_values(by, ascending=False).head(TOP)


def sobol(table: pd.DataFrame, quantity: str) -> Figure:
    """Total and first-order index of each parameter, with intervals."""
    rows = strongest(table, quantity, "total")
    drawn, places = _frame(rows, quantity)
    axes = drawn.axes[0]
    for name, shift, ink in (("total", -0.2, TOTAL), ("first", 0.2, FIRST)):
        value = rows[name].to_numpy(float)
        reach = np.maximum([value - rows[f"{name}_low"], rows[f"{name}_high"] - value], 0)
        label = "total" if name == "total" else "first order"
        axes.barh(places + shift, value, height=0.38, color=ink, linewidth=0, label=label)
        axes.errorbar(value, places + shift, xerr=reach, fmt="none", ecolor=style.INK, elinewidth=0.8, capsize=1.5)
    axes.set_xlim(left=min(0.0, float(rows[["total_low", "first_low"]].min().min())))
    axes.set_xlabel("share of the variance")
    drawn.legend(loc="outside lower center", ncols=2)
    return drawn


def morris(table: pd.DataFrame, quantity: str) -> Figure:
    """Mean absolute elementary effect of each parameter, with its interval."""
    rows = strongest(table, quantity, "mu_star")
    drawn, places = _frame(rows, quantity)
    axes = drawn.axes[0]
    axes.barh(places, rows["mu_star"], height=0.7, color=TOTAL, linewidth=0)
    axes.errorbar(
        rows["mu_star"], places, xerr=rows["mu_star_conf"], fmt="none", ecolor=style.INK, elinewidth=0.8, capsize=1.5
    )
    axes.set_xlim(left=0)
    axes.set_xlabel("mean absolute effect (Morris μ*)")
    return drawn


def _frame(rows: pd.DataFrame, quantity: str) -> tuple[Figure, np.ndarray]:
    drawn = Figure(figsize=SIZE, dpi=style.DPI, layout="constrained")
    axes = drawn.subplots()
    places = np.arange(len(rows))
    axes.set_yticks(places, [words.parameter(name) for name in rows["parameter"]])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    style.head(drawn, words.title(words.metric(quantity)))
    axes.grid(False, axis="y")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    return drawn, places


def alt(table: pd.DataFrame, quantity: str, by: str) -> str:
    """What the bars show, in words."""
    rows = strongest(table, quantity, by).head(3)
    told = ", ".join(
        f"{words.parameter(row['parameter'])} ({words.number(round(row[by], 3))})" for row in rows.to_dict("records")
    )
    return f"{words.title(words.metric(quantity))} hangs most on {told}."
