"""What was reported beside the run, quarter by quarter: users, minutes, GMV, pan-shelf share and revenue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from secondhalf.experiments.facts.forecast_series import PLATFORM_METRICS, forecast_series
from secondhalf.experiments.facts.model_series import SeriesRule, indexed
from secondhalf.experiments.facts.period_tables import read_forecast
from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.last_fact import has_shipped_facts
from secondhalf.experiments.results.run_results import Results
from secondhalf.model.data_files import data_file, names

SHOWN = {
    "dau": "Daily users, million",
    "daily_minutes_per_dau": "Minutes a day per active user",
    "gmv": "GMV, billion RMB a quarter",
    "pan_shelf_share_of_gmv": "Pan-shelf share of GMV, percent",
    "online_marketing_revenue": "Online marketing revenue, billion RMB a quarter",
}
"""Metrics that are drawn, a row each, under the names of the facts."""
LIKE = {"daily_minutes_per_user": "daily_minutes_per_dau"}
"""Facts of a metric that do not say of which users: their signs are hollow."""
SIGNS = {"A": "o", "B": "s", "D": "D", "C": "^", "R": "v"}
GRADES = {
    "A": "company release (A)",
    "B": "press or analyst (B)",
    "D": "derived (D)",
    "C": "weak (C)",
    "R": "recalled (R)",
}
QUARTER = 3
"""Months that flows are drawn over: of a longer period, reported or forecast, a part."""
DAYS_A_MONTH = 30.44
BAND = 0.16
Bands = Mapping[tuple[str, str], pd.DataFrame]


@dataclass(frozen=True)
class Reported:
    """A reported figure, per quarter where it is a flow, and the period it speaks of."""

    start: pd.Timestamp
    end: pd.Timestamp
    value: float
    grade: str
    fill: str


class Line(NamedTuple):
    """A line of a panel: the platform, how tables give its numbers, and the name that forecasts have for it."""

    platform: str
    rule: SeriesRule
    label: str


def reported(metric: str, platform: str, first: pd.Timestamp, last: pd.Timestamp) -> list[Reported]:
    """What data/market_facts.csv says of a platform in periods that overlap the run, in the unit of the forecasts."""
    known, how = names().get(platform, {}).get("facts", []), PLATFORM_METRICS[metric]
    facts = _all_facts(data_file("market_facts.csv").resolve())
    like = facts["metric"].replace(LIKE)
    own = facts[facts["platform"].isin(known) & (like == metric) & (facts["unit"] == how.unit)]
    own = own[(own["period_start"] <= last) & (own["period_end"] >= first)]
    found = []
    for row in own.to_dict("records"):
        months = max(1, round(((row["period_end"] - row["period_start"]).days + 1) / DAYS_A_MONTH))
        value = float(row["value"]) * (QUARTER / months if how.per == "sum" else 1.0)
        fill = "full" if row["metric"] == metric else "none"
        found.append(Reported(row["period_start"], row["period_end"], value, row["grade"], fill))
    return found


@cache
def _all_facts(path: Path) -> pd.DataFrame:
    """The facts; read once, not for every line."""
    return pd.read_csv(path, parse_dates=["period_start", "period_end"])


def draw(results: Results) -> Figure:
    """A row a metric; content platforms to the left, shelf platforms to the right, each with its own scale."""
    spans = quarters(results)
    if not spans:
        raise style.NothingToDrawError("no quarter is complete")
    tables, bands = indexed(results.tables), forecast_bands(results)
    lines = {metric: _lines(results, metric, spans) for metric in SHOWN}
    kinds = [kind for kind in ("content", "shelf") if any(results.kind(name) == kind for name in results.platforms)]
    shown = [metric for metric in SHOWN if lines[metric]]
    drawn = style.figure(1.1 + 1.55 * len(shown))
    sides = "content platforms left, shelf platforms right" if len(kinds) > 1 else f"{kinds[0]} platforms"
    known = has_shipped_facts(results.summary["settings"])
    style.head(drawn, f"The run{', and what was reported' if known else ''}: {sides}")
    panels = drawn.subplots(len(shown), len(kinds), squeeze=False, sharex=True)
    signs: dict[tuple[str, str], None] = {}
    for metric, row in zip(shown, panels, strict=True):
        for axes, kind in zip(row, kinds, strict=True):
            own = [line for line in lines[metric] if results.kind(line.platform) == kind]
            if own:
                seen = _panel(axes, results, metric, own, spans, tables, bands)
                signs |= dict.fromkeys((fact.grade, fact.fill) for fact in seen)
            else:
                axes.set_axis_off()
    handles: list[Line2D | Patch] = [_sign(*sign) for sign in sorted(signs, key=lambda pair: (pair[1], pair[0]))]
    if bands:
        handles.append(Patch(color=style.INK, alpha=BAND, label="90 % band of the forecast"))
    if handles:
        drawn.legend(handles=handles, loc="outside lower center", ncols=2, columnspacing=1.2)
    return drawn


def quarters(results: Results) -> list[tuple[dt.date, dt.date]]:
    """Quarters that lie within the run, first and last day of each."""
    first, last = (pd.Timestamp(results.summary[key]) for key in ("first_day", "last_day"))
    spans = [(period.start_time, period.end_time) for period in pd.period_range(first, last, freq="Q")]
    return [(start.date(), end.date()) for start, end in spans if start >= first and end.normalize() <= last]


def forecast_bands(results: Results) -> Bands:
    """Quarters of the forecast that the run's own comparison names, by metric and platform; none without one."""
    name = (results.summary.get("comparison") or {}).get("forecast")
    if name is None:
        return {}
    table = read_forecast(name)
    start, end = (pd.to_datetime(table[column]) for column in ("period_start", "period_end"))
    quarterly = table[(start.dt.to_period("Q").dt.start_time == start) & (end == start + pd.offsets.QuarterEnd())]
    within = quarterly[quarterly["period_end"] <= str(results.summary["last_day"])]
    return {(str(metric), str(of)): rows for (metric, of), rows in within.groupby(["metric", "platform"], sort=False)}


def _lines(results: Results, metric: str, spans: list[tuple[dt.date, dt.date]]) -> list[Line]:
    asked = forecast_series(results.platforms, *spans[0])
    found = {one.rule.of: one for one in asked if one.metric == metric}
    return [Line(name, found[name].rule, found[name].platform) for name in results.platforms if name in found]


def _panel(
    axes: Axes,
    results: Results,
    metric: str,
    own: list[Line],
    spans: list[tuple[dt.date, dt.date]],
    tables: Mapping[str, pd.DataFrame],
    bands: Bands,
) -> list[Reported]:
    inks = style.colors(results.platforms)
    known = has_shipped_facts(results.summary["settings"])
    first, last = (pd.Timestamp(results.summary[key]) for key in ("first_day", "last_day"))
    middles = [
        style.number(pd.Timestamp(start) + (pd.Timestamp(end) - pd.Timestamp(start)) / 2) for start, end in spans
    ]
    lines, seen = {}, []
    for platform, rule, label in own:
        series, ink = rule.series(tables), inks[platform]
        values = [series.number(*span) for span in spans]
        dashes, marker = style.dash(results, platform), "o" if len(spans) < 3 else None
        (lines[platform],) = axes.plot(middles, values, dashes, color=ink, marker=marker, linewidth=1.2)
        band = bands.get((metric, label))
        if band is not None:
            at = [style.number(day) for day in pd.to_datetime(band["period_start"]) + pd.Timedelta(days=45)]
            axes.fill_between(at, band["p05"], band["p95"], color=ink, alpha=BAND, linewidth=0, zorder=1)
        for fact in reported(metric, platform, first, last) if known else ():
            _mark(axes, fact, ink, first, last)
            seen.append(fact)
    none = "" if seen or not known else " (nothing reported)"
    axes.set_title(f"{SHOWN[metric]}{none}", fontsize=8, fontweight="normal", y=style.OVER)
    axes.set_ylim(0, 1.08 * axes.get_ylim()[1])
    style.date_axis(axes, ticks=6)
    axes.tick_params(axis="x", labelbottom=True)
    style.whole_run(axes, results)
    style.mark_facts_end(axes, results)
    style.name_lines(axes, lines, {name: style.label(name) for name in lines})
    return seen


def _mark(axes: Axes, fact: Reported, ink: str, first: pd.Timestamp, last: pd.Timestamp) -> None:
    """A bar over the part of the period within the run, and the sign of the grade in its middle."""
    left, right = style.number(max(fact.start, first)), style.number(min(fact.end, last))
    axes.plot([left, right], [fact.value] * 2, color=ink, linewidth=0.9, alpha=0.6, solid_capstyle="butt")
    axes.plot(
        (left + right) / 2,
        fact.value,
        SIGNS[fact.grade],
        color=ink,
        markersize=3.6,
        markerfacecolor=ink if fact.fill == "full" else "white",
        markeredgecolor=style.INK if fact.fill == "full" else ink,
        markeredgewidth=0.5 if fact.fill == "full" else 1.1,
        zorder=4,
    )


def _sign(grade: str, fill: str) -> Line2D:
    about = GRADES[grade] if fill == "full" else f"{GRADES[grade]}, definition of user not stated"
    face = style.FAINT if fill == "full" else "white"
    return Line2D(
        [], [], marker=SIGNS[grade], linestyle="", color=face, markeredgecolor=style.INK, markersize=5, label=about
    )
