"""Minutes a day of an active user, beside the reported figures."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.last_fact import has_shipped_facts
from secondhalf.experiments.results.run_results import Results
from secondhalf.model.data_files import data_file, names

METRICS = {"daily_minutes_per_dau": "full", "daily_minutes_per_user": "none"}
"""Facts that are drawn, and whether the sign is full: minutes per user, without saying of which users, are hollow."""
SIGNS = {"A": "o", "B": "s", "D": "D", "C": "^", "R": "v"}
GRADES = {
    "A": "company release (A)",
    "B": "press or analyst (B)",
    "D": "derived (D)",
    "C": "weak (C)",
    "R": "recalled (R)",
}


@dataclass(frozen=True)
class Reported:
    """A reported number of minutes and the period it speaks of."""

    start: pd.Timestamp
    end: pd.Timestamp
    minutes: float
    grade: str
    fill: str


def reported(platform: str, first: pd.Timestamp, last: pd.Timestamp) -> list[Reported]:
    """What data/market_facts.csv says of a platform's minutes in periods that overlap the run."""
    known = names().get(platform, {}).get("facts", [])
    facts = pd.read_csv(data_file("market_facts.csv"), parse_dates=["period_start", "period_end"])
    own = facts[facts["platform"].isin(known) & facts["metric"].isin(METRICS)]
    own = own[(own["period_start"] <= last) & (own["period_end"] >= first)]
    return [
        Reported(row["period_start"], row["period_end"], float(row["value"]), row["grade"], METRICS[row["metric"]])
        for row in own.to_dict("records")
    ]


def draw(results: Results) -> Figure:
    """Content platforms to the left, shelf platforms to the right, each with its own scale."""
    daily = results.tables["daily"]
    if daily["minutes"].sum() <= 0:
        raise style.NothingToDrawError("nobody spent a minute")
    kinds = [kind for kind in ("content", "shelf") if any(results.kind(name) == kind for name in results.platforms)]
    drawn = style.figure(3.4)
    known = has_shipped_facts(results.summary["settings"])
    style.head(drawn, f"Minutes a day per active user{', and what was reported' if known else ''}")
    panels = drawn.subplots(1, len(kinds), squeeze=False).flat
    grades: dict[tuple[str, str], None] = {}
    for axes, kind in zip(panels, kinds, strict=True):
        grades |= dict.fromkeys((fact.grade, fact.fill) for fact in _panel(axes, results, kind))
    signs = [_sign(grade, fill) for grade, fill in sorted(grades, key=lambda pair: (pair[1], pair[0]))]
    if signs:
        drawn.legend(handles=signs, loc="outside lower center", ncols=3, columnspacing=1.2)
    return drawn


def _panel(axes: Axes, results: Results, kind: str) -> list[Reported]:
    daily = results.tables["daily"]
    when = style.periods(results, daily["date"])
    sums = daily.groupby([when, daily["platform"]])[["minutes", "active_users"]].sum()
    table = (sums["minutes"] / sums["active_users"].where(sums["active_users"] > 0)).unstack()
    inks = style.colors(results.platforms)
    first, last = (pd.Timestamp(results.summary[key]) for key in ("first_day", "last_day"))
    shown = [name for name in results.platforms if results.kind(name) == kind]
    drawn: list[Reported] = []
    known = has_shipped_facts(results.summary["settings"])
    marker = "o" if len(table) < 3 else None
    for name in shown:
        dashes = style.dash(results, name)
        axes.plot(table.index, table[name], color=inks[name], linestyle=dashes, marker=marker, linewidth=1.4)
        for fact in reported(name, first, last) if known else ():
            _mark(axes, fact, inks[name], first, last)
            drawn.append(fact)
    none = "" if drawn or not known else " (nothing reported)"
    axes.set_title(f"{kind} platforms{none}", fontweight="normal")
    axes.set_ylim(bottom=0)
    style.date_axis(axes, ticks=6)
    style.whole_run(axes, results)
    style.mark_last_fact(axes, results.last_fact)
    ends = {name: float(table[name].iloc[-1]) for name in shown if table[name].notna().iloc[-1]}
    style.name_lines(axes, ends, inks, {name: style.label(name) for name in shown})
    return drawn


def _mark(axes: Axes, fact: Reported, ink: str, first: pd.Timestamp, last: pd.Timestamp) -> None:
    """A bar over the part of the period within the run, and the sign of the grade in its middle."""
    left, right = style.number(max(fact.start, first)), style.number(min(fact.end, last))
    axes.plot([left, right], [fact.minutes] * 2, color=ink, linewidth=1, alpha=0.6, solid_capstyle="butt")
    axes.plot(
        (left + right) / 2,
        fact.minutes,
        SIGNS[fact.grade],
        color=ink,
        markersize=4.5,
        markerfacecolor=ink if fact.fill == "full" else "white",
        markeredgecolor=style.INK if fact.fill == "full" else ink,
        markeredgewidth=0.6 if fact.fill == "full" else 1.2,
        zorder=4,
    )


def _sign(grade: str, fill: str) -> Line2D:
    about = GRADES[grade] if fill == "full" else f"{GRADES[grade]}, definition of user not stated"
    face = style.FAINT if fill == "full" else "white"
    return Line2D(
        [], [], marker=SIGNS[grade], linestyle="", color=face, markeredgecolor=style.INK, markersize=5, label=about
    )
