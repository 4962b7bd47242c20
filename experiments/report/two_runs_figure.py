"""Figure of two runs: attention and GMV of each platform that both have, the first run grey behind the second."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from secondhalf.experiments.pictures import style
from secondhalf.experiments.report.two_runs import TwoRuns
from secondhalf.experiments.results.last_fact import ONE_RUN_EACH

SHOWN = {
    "attention_share": ("Share of mobile time, percent", 100.0),
    "gmv": ("GMV a day, billion RMB", 1e-9),
}
"""Columns of daily.csv: words with the unit, and what makes the unit."""
ROW = 1.25
"""Inches of a row of panels."""
GREY, WIDE, THIN = "#9A9A9A", 2.6, 1.2
"""The first run's colour and width of line, and the second's width: they are told apart without colour, too."""


def draw(two: TwoRuns) -> Figure:
    """A row a platform, a column a measure, each panel with its own scale; monthly means in long runs."""
    drawn = style.figure(1.2 + ROW * len(two.platforms))
    panels = drawn.subplots(len(two.platforms), len(SHOWN), squeeze=False, sharex=True)
    inks = style.colors(two.platforms)
    for platform, row in zip(two.platforms, panels, strict=True):
        for measure, axes in zip(SHOWN, row, strict=True):
            _panel(axes, two, platform, measure, inks[platform])
    looks = ((GREY, WIDE), (style.INK, THIN))
    handles = [
        # A dollar sign would begin a formula.
        Line2D([], [], color=ink, linewidth=width, label=head.replace("$", r"\$") + note)
        for head, (ink, width), note in zip(two.heads, looks, ("", " (in the platform's colour)"), strict=True)
    ]
    drawn.legend(handles=handles, loc="outside lower center", ncols=1)
    return drawn


def _panel(axes: Axes, two: TwoRuns, platform: str, measure: str, ink: str) -> None:
    words, scale = SHOWN[measure]
    first, last = (pd.Timestamp(day) for day in two.days)
    for run, color, width in zip(two, (GREY, ink), (WIDE, THIN), strict=True):
        daily = run.tables["daily"]
        own = daily[daily["platform"] == platform]
        own = own[(own["date"] >= str(two.days[0])) & (own["date"] <= str(two.days[1]))]
        when = pd.DatetimeIndex(own["date"])
        if (last - first).days >= style.DAYS_DRAWN_SINGLY:
            when = when.to_period("M").to_timestamp() + pd.Timedelta(days=14)
        values = (own[measure].astype(float) * scale).groupby(when).mean()
        axes.plot(values.index, values, color=color, linewidth=width, marker="o" if len(values) < 2 else None)
    axes.set_title(f"{style.label(platform)}: {words}".replace("$", r"\$"), fontsize=8, fontweight="normal")
    axes.set_ylim(0, 1.08 * axes.get_ylim()[1])
    style.date_axis(axes)
    axes.set_xlim(style.number(first), max(style.number(last), style.number(first) + 1))
    axes.tick_params(axis="x", labelbottom=True)
    style.mark_last_fact(axes, two.last_fact, later=ONE_RUN_EACH)
