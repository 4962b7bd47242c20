"""Second half over seeds: when it begins, a dot a seed, the middle half and nine tenths of them as lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from textwrap import shorten
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.last_fact import last_fact_of, plain

ENTRY = "#7B68B5"
STACK = 0.62
"""Height of the highest stack of dots, rows."""
STEP = 0.1
"""Height of a dot in a stack, rows at most."""
LINE = -0.22
"""Where the lines lie below the dots, rows."""
EVENTS = ("second_half_day", "mutual_entry")


class Row(NamedTuple):
    """What stands beside one another: an arm's seeds in a scope."""

    arm: str
    scope: str
    event: str
    ink: str
    label: str


def draw(table: pd.DataFrame, summary: pd.DataFrame, settings: MarketSettings, against: Sequence[str]) -> Figure:
    """A row a scope and arm.

    Parameters
    ----------
    table
        finished rows of phases.csv
    summary
        phases_summary.csv
    """
    if (table["second_half_day"] == "").all() and (table["mutual_entry"] == "").all():
        raise style.NothingToDrawError("no seed has a second half within its run")
    rows = _rows(table, settings)
    drawn = style.figure(1.3 + 0.42 * len(rows))
    axes = drawn.subplots()
    arms = list(dict.fromkeys(row.arm for row in rows))
    groups = {key: list(own) for key, own in table.groupby(["arm", "scope"]).groups.items()}
    tallest = max(count for row in rows for count in Counter(table.loc[groups[row.arm, row.scope], row.event]).values())
    for number, row in enumerate(rows):
        own = table.loc[groups[row.arm, row.scope], row.event]
        _dots(axes, -number, own[own != ""], row.ink, row.arm == arms[0], min(STEP, STACK / tallest))
        quantiles = summary[
            (summary["arm"] == row.arm) & (summary["scope"] == row.scope) & (summary["event"] == row.event)
        ].iloc[0]
        _lines(axes, -number + LINE, quantiles, row.ink)
        axes.annotate(
            f"{int((own != '').sum())} of {len(own)}",
            (1, -number),
            xytext=(6, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
        )
    axes.set_yticks([-number for number in range(len(rows))], [row.label for row in rows])
    for tick, row in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color(row.ink)
    axes.set_ylim(-len(rows) + 0.4, 0.75)
    style.date_axis(axes)
    axes.set_xlim(*_span(table, settings))
    style.mark_last_fact(axes, last_fact_of(plain(settings)))
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    count = len(table[["member", "seed"]].drop_duplicates())
    title = f"First day of the second half, {count} run{'' if count == 1 else 's'}"
    axes.set_title(title + ("\n" + shorten(f"against {', '.join(against)}", 75) if len(arms) > 1 else ""))
    drawn.legend(handles=_legend(arms), loc="outside lower center", ncols=5, columnspacing=1.2)
    return drawn


def _span(table: pd.DataFrame, settings: MarketSettings) -> tuple[float, float]:
    """From the first day of the runs to half a year after the last dot."""
    last = max(date for event in EVENTS for date in table[event])
    return style.number(pd.Timestamp(settings.calendar.start)), style.number(last) + 183


def _rows(table: pd.DataFrame, settings: MarketSettings) -> list[Row]:
    inks = style.colors(settings.platforms)
    arms = list(table["arm"].unique())
    known = set(table["scope"])
    scopes = [
        ("market", "second_half_day", style.INK, "all platforms"),
        *((name, "second_half_day", inks[name], style.label(name)) for name in settings.platforms if name in known),
        ("market", "mutual_entry", ENTRY, "both sides have entered"),
    ]
    here = {(arm, scope) for arm, scope in zip(table["arm"], table["scope"], strict=True)}
    return [
        Row(arm, scope, event, ink, words if arm == arms[0] else "against")
        for scope, event, ink, words in scopes
        for arm in arms
        if (arm, scope) in here
    ]


def _dots(axes: Axes, row: int, dates: pd.Series[str], ink: str, filled: bool, step: float) -> None:
    """Seeds with the same day stand on one another."""
    for day, count in dates.value_counts().items():
        axes.plot(
            [style.number(str(day))] * count,
            [row + step * place for place in range(count)],
            "o",
            color=ink if filled else "white",
            markeredgecolor=ink,
            markeredgewidth=0.6,
            markersize=3,
            clip_on=False,
        )


def _lines(axes: Axes, at: float, row: pd.Series[str], ink: str) -> None:
    if not row["q50"]:
        return
    for low, high, width in (("q05", "q95", 0.9), ("q25", "q75", 2.6)):
        axes.plot([style.number(row[low]), style.number(row[high])], [at, at], color=ink, linewidth=width)
    axes.plot(style.number(row["q50"]), at, "|", color=ink, markersize=7, markeredgewidth=1.4)


def _legend(arms: Sequence[str]) -> list[Line2D]:
    def dot(ink: str, words: str) -> Line2D:
        return Line2D([], [], marker="o", linestyle="", color=ink, markeredgecolor=style.INK, markersize=3, label=words)

    second = [dot("white", "a seed, against")] if len(arms) > 1 else []
    return [
        dot(style.INK, "a seed"),
        *second,
        Line2D([], [], color=style.INK, linewidth=2.6, label="half of the seeds"),
        Line2D([], [], color=style.INK, linewidth=0.9, label="nine tenths"),
        Line2D([], [], color=style.INK, marker="|", linestyle="", markersize=7, markeredgewidth=1.4, label="median"),
    ]
