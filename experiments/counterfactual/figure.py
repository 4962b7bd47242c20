"""Figure of a counterfactual: differences by quarter with their intervals, a line a platform."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from secondhalf.experiments.counterfactual.arms import ARMS
from secondhalf.experiments.counterfactual.outputs import Answer
from secondhalf.experiments.counterfactual.quarterly_measures import BY_PLATFORM, MARKET, OF_MARKET, RUN, WELFARE
from secondhalf.experiments.counterfactual.text import NAMES, SCALES
from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.last_fact import last_fact_of
from secondhalf.model.data_files import choice_label

BAND = 0.18
DRAWN = tuple(name for name in BY_PLATFORM if name != "revenue")
INDICES = tuple(name for name in OF_MARKET if name not in WELFARE)
SHORT = {
    "interpenetration_gmv": "interpen. GMV",
    "interpenetration_minutes": "interpen. minutes",
    "hhi_attention": "HHI attention",
    "hhi_gmv": "HHI GMV",
    "leak_rate": "leak rate",
}
"""Names that fit beside a panel."""
ROOM = 0.35
"""Part of a panel that the words beside the dashed line need."""
NAMED = ("scenario", "strategy", "network", "market")
"""Groups whose files have names."""
MANY = 4
"""Quarters from which on dots need no mark."""


def draw(given: Answer) -> Figure:
    """A panel a measure: mean difference over seeds, in a band of 95 %; dashed where the arms part."""
    table = given.differences[given.differences["quarter"] != RUN]
    drawn = style.figure(7.0)
    panels = drawn.subplots(3, 2, sharex=True).ravel()
    inks = style.colors(given.platforms)
    labels = {name: style.label(name) for name in given.platforms}
    dashes = {name: "-" if kind == "content" else "--" for name, kind in given.summary["kinds"].items()}
    for axes, name in zip(panels, DRAWN, strict=False):
        rows = table[(table["measure"] == name) & (table["platform"] != MARKET)]
        lines = {platform: rows[rows["platform"] == platform] for platform in given.platforms}
        _panel(axes, lines, inks, labels, dashes)
        axes.set_title(_title(name, rows["unit"].iloc[0]))
    rows = table[table["platform"] == MARKET]
    lines = {name: rows[rows["measure"] == name] for name in INDICES}
    _panel(panels[-1], lines, style.MEASURES, SHORT, dict.fromkeys(INDICES, "-"))
    panels[-1].set_title("The market, hundredths")
    for number, axes in enumerate(panels):
        _mark(axes, given, named=number == 0)
        style.mark_last_fact(axes, last_fact_of(given.summary["settings"][ARMS[0]]))
    runs = len(given.runs[["member", "seed"]].drop_duplicates())
    alternative, baseline = (_named(given.summary[arm]) for arm in ("alternative", "baseline"))
    style.head(drawn, f"{alternative} less {baseline}: {runs} pairs of runs, bands of 95 %")
    return drawn


def _named(words: str) -> str:
    """What a command line says, in names where a choice has one."""
    pairs = [word.partition("=") for word in words.split()]
    return " ".join(choice_label(key, value) if key in NAMED else f"{key}{sign}{value}" for key, sign, value in pairs)


def _title(measure: str, unit: str) -> str:
    words = NAMES[measure]
    return f"{words[0].upper()}{words[1:]}, {SCALES[unit][1]}"


def _panel(
    axes: Axes,
    lines: Mapping[str, pd.DataFrame],
    inks: Mapping[str, str],
    labels: Mapping[str, str],
    dashes: Mapping[str, str],
) -> None:
    drawn = {}
    axes.axhline(0, color=style.INK, linewidth=0.7, zorder=1)
    for name, rows in lines.items():
        at = _middles(rows["quarter"])
        factor = SCALES[rows["unit"].iloc[0]][0]
        axes.fill_between(
            at, rows["low"] * factor, rows["high"] * factor, color=inks[name], alpha=BAND, linewidth=0, zorder=2
        )
        marker = "o" if len(rows) < MANY else None
        (drawn[name],) = axes.plot(
            at, rows["difference"] * factor, dashes[name], color=inks[name], linewidth=1.3, marker=marker, zorder=3
        )
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    if all((rows["difference"] == 0).all() for rows in lines.values()):
        axes.set_ylim(-1, 1)
    style.date_axis(axes, ticks=5)
    first = at[0] - pd.Timedelta(days=46)
    axes.set_xlim(style.number(first), style.number(at[-1] + pd.Timedelta(days=46)))
    style.name_lines(axes, drawn, labels)


def _middles(quarters: pd.Series[str]) -> pd.DatetimeIndex:
    return pd.PeriodIndex(quarters, freq="Q").to_timestamp() + pd.Timedelta(days=45)


def _tick(value: float, _: int | None) -> str:
    return f"{value:+g}".replace("-", "−") if abs(value) > 1e-12 else "0"


def _mark(axes: Axes, given: Answer, named: bool) -> None:
    """A dashed line on the first day on which the arms can differ."""
    date = given.summary["branch_date"]
    if date is None or date == given.summary["first_day"]:
        return
    at = style.number(date)
    axes.axvline(at, color=style.INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    if named:
        first, last = axes.get_xlim()
        left = at - first > ROOM * (last - first)  # before it there is nothing but zeros
        text = f"one market until\n{style.written(date)}"
        style.top_label(axes, at, text, (4, 4), left, fontsize=7.5, path_effects=style.HALO)
