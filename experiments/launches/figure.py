"""Figure of the study: each launch's effect on its owner's GMV after one and two years, for a slide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, SymmetricalLogLocator

from secondhalf.experiments.launches.text import label, own_gmv, size
from secondhalf.experiments.pictures import style

SLIDE_WIDTH, ROW, FRAME = 13.33, 0.235, 1.75
"""Inches: a slide's width, a launch, and what stands above and below."""
LETTERS = 11
"""Points, of all text but the title."""
APART = 0.17
"""Distance of a year's mark from the middle of its row, rows."""
MARKS = {1: ("o", "full", "first year"), 2: ("D", "none", "second year")}
LINEAR = 2.0
"""Percent up to which the axis is linear where effects differ by orders of magnitude."""
WIDE = 60.0
"""Percent from which on they do."""


def draw(table: pd.DataFrame, summary: Mapping[str, Any]) -> Figure:
    """A row a launch in order of dates, a mark a year with its interval, in the colour of the owner."""
    own = own_gmv(table)
    items = [item for item in summary["launches"] if item["launch"] in set(own["launch"])]
    if not items:
        raise style.NothingToDrawError("no owner sells anything without its launch")
    drawn = Figure(figsize=(SLIDE_WIDTH, FRAME + ROW * len(items)), dpi=style.DPI, layout="constrained")
    axes = drawn.subplots()
    inks = style.colors(list(dict.fromkeys(item["owner"] for item in items)))
    axes.axvline(0, color=style.INK, linewidth=1, zorder=1)
    for number, item in enumerate(items):
        rows = own[own["launch"] == item["launch"]]
        for horizon, (mark, filling, _) in MARKS.items():
            for row in rows[rows["horizon"] == horizon].to_dict("records"):
                at = -number + (APART if horizon == 1 else -APART)
                ink = inks[item["owner"]]
                axes.plot([row["low"], row["high"]], [at, at], color=ink, linewidth=1.6, zorder=2)
                face = ink if filling == "full" else "white"
                axes.plot(row["mean"], at, mark, color=ink, markersize=5.5, markerfacecolor=face, zorder=3)
    axes.set_yticks([-number for number in range(len(items))], [_said(item) for item in items], fontsize=LETTERS)
    for tick, item in zip(axes.get_yticklabels(), items, strict=True):
        tick.set_color(inks[item["owner"]])
    axes.set_ylim(-len(items) + 0.4, 0.6)
    uneven = max(own["low"].abs().max(), own["high"].abs().max()) > WIDE
    if uneven:
        axes.set_xscale("symlog", linthresh=LINEAR)
        axes.xaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=LINEAR, subs=[1, 3]))
    axes.xaxis.set_major_formatter(FuncFormatter(_percent))
    axes.tick_params(axis="x", labelsize=LETTERS)
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    years = [
        Line2D(
            [],
            [],
            marker=mark,
            color=style.INK,
            markerfacecolor=style.INK if filling == "full" else "white",
            label=words,
        )
        for mark, filling, words in MARKS.values()
    ]
    drawn.legend(handles=years, loc="upper right", ncols=2, fontsize=LETTERS, frameon=False)
    level = f"{100 * summary['level']:.0f} %"
    drawn.suptitle(
        "What each launch changed in its owner's GMV, in % of the GMV without it",
        x=0.01,
        ha="left",
        fontsize=14,
        fontweight="bold",
    )
    scale = f" Beyond ±{LINEAR:g} % the axis is logarithmic." if uneven else ""
    foot = f"{size(summary)}; intervals of {level} over parameters and luck.{scale} {summary['limits']}"
    drawn.supxlabel(fill(foot, 150), x=0.01, ha="left", fontsize=LETTERS - 1)
    return drawn


def _said(item: Mapping[str, Any]) -> str:
    return f"{label(item['owner'])}: {item['label']}  {dt.date.fromisoformat(item['date']):%b %Y}"


def _percent(value: float, _: int | None) -> str:
    return f"{value:+g} %".replace("-", "−") if abs(value) > 1e-12 else "0"
