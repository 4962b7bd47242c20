"""Figure of the study: both mixes by year, and what the other markets change, in per cent of history."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from secondhalf.experiments.counterfactual.text import label
from secondhalf.experiments.pictures import style
from secondhalf.experiments.questions.arms import CROSSING, EXCLUSIVITY, LINKS, MIX, ORDER
from secondhalf.experiments.questions.tables import MARKET, PERCENT
from secondhalf.experiments.questions.text import SUBJECTS

SLIDE_WIDTH, ROW, FRAME, LEAST = 13.33, 0.27, 1.6, 4.5
"""Inches: a slide's width, a number, what stands above and below, and the least height."""
LETTERS = 11
LINES = {"interpenetration_gmv": ("GMV", "#0072B2", "-"), "interpenetration_minutes": ("minutes", "#D55E00", "--")}
GROUPS = {
    ORDER: "Kuaishou's mall first",
    LINKS: "links stay open",
    EXCLUSIVITY: "exclusivity stays",
    CROSSING: "does not cross",
}


def draw(table: pd.DataFrame, summary: Mapping[str, Any]) -> Figure:
    """Interpenetration by year on the left; on the right every answer that is in per cent, with its interval."""
    shown = table[(table["answers"] == "yes") & (table["unit"] == PERCENT) & np.isfinite(table["low"])]
    if shown.empty:
        raise style.NothingToDrawError("no other market can be compared with history")
    count = len(shown) + shown["question"].nunique()
    drawn = Figure(figsize=(SLIDE_WIDTH, max(LEAST, FRAME + ROW * count)), dpi=style.DPI, layout="constrained")
    left, right = drawn.subplots(1, 2, width_ratios=[1.0, 1.25])
    _mixes(left, table)
    _effects(right, shown)
    right.set_title(f"Difference to history in {summary['year']}, in % of it", loc="left", fontsize=LETTERS + 1)
    for axes in (left, right):
        axes.tick_params(labelsize=LETTERS)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    foot = (
        f"{len(summary['members'])} members × {len(summary['seeds'])} seeds of {summary['users']:,} users; intervals "
        f"of {100 * summary['level']:.0f} % over parameters and luck. Filled: distinguishable from zero after Holm's "
        f"correction over all {summary['answering']} answers. Rivals do not answer."
    )
    drawn.supxlabel(fill(foot, 150), x=0.01, ha="left", fontsize=LETTERS - 1)
    return drawn


def _mixes(axes: Axes, table: pd.DataFrame) -> None:
    own = table[(table["question"] == MIX) & table["period"].str.fullmatch(r"\d{4}")]
    for measure, (name, ink, dash) in LINES.items():
        rows = own[own["measure"] == measure].sort_values("period")
        years = rows["period"].astype(int).to_numpy()
        axes.plot(years, rows["estimate"] / 100, color=ink, linestyle=dash, marker="o", markersize=4.5)
        axes.fill_between(years, rows["low"] / 100, rows["high"] / 100, color=ink, alpha=0.15, linewidth=0)
        last = float(rows["estimate"].iloc[-1]) / 100
        axes.annotate(
            name, (years[-1], last), (6, 0), textcoords="offset points", color=ink, va="center", fontsize=LETTERS
        )
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title("How alike the two lines' mixes are (1: the same)", loc="left", fontsize=LETTERS + 1)


def _effects(axes: Axes, shown: pd.DataFrame) -> None:
    at, ticks = 0.0, dict[float, str]()
    for question, group in GROUPS.items():
        rows = shown[shown["question"] == question].to_dict("records")
        if not rows:
            continue
        axes.text(
            0.0, at + 0.1, group, fontsize=LETTERS, fontweight="bold", transform=axes.get_yaxis_transform(), va="center"
        )
        at -= 1
        names = [str(row["platform"]) for row in rows if row["platform"] != MARKET]
        inks = style.colors(names)
        for row in rows:
            ink = inks.get(str(row["platform"]), style.INK)
            face = ink if row["distinguishable"] == "yes" else "white"
            axes.plot([row["low"], row["high"]], [at, at], color=ink, linewidth=1.6)
            axes.plot(row["estimate"], at, "o", color=ink, markerfacecolor=face, markersize=6)
            who = "" if row["platform"] == MARKET else f"{label(str(row['platform']))}: "
            ticks[at] = f"{who}{SUBJECTS[str(row['measure'])]}"
            at -= 1
    axes.axvline(0, color=style.INK, linewidth=1, zorder=0)
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylim(at + 0.3, 0.7)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g} %".replace("-", "−") if value else "0"))
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)
