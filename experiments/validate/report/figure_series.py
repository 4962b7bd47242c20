"""Figure of a series: the model with its bands, the facts over it, and the forecast after the fit."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from secondhalf.experiments.pictures import style
from secondhalf.experiments.pictures.facts import SIGNS
from secondhalf.experiments.validate.report import text as words

SIZE = (3.6, 2.3)
"""Inches: what a phone shows without shrinking the letters."""
FLOWS = ("gmv",)
"""Sums over a period; of other lengths than a quarter they are drawn as a rate per quarter."""
TRAILING = ("annual_active_buyers",)
"""Counted over the year that ends with the period: they belong to its last day."""
MONTHLY = ("share_of_mobile_internet_time", "mau_mobile_internet_china")
ALIKE = {"daily_minutes_per_user": "daily_minutes_per_dau"}
"""Facts that are drawn hollow into the panel of another metric: which users they speak of is not said."""
OUTER, INNER = 0.18, 0.32
MONTH = 30.4375
SHARES = "percent"


@dataclass(frozen=True)
class Series:
    """One metric of one platform."""

    metric: str
    platform: str
    unit: str
    fit: pd.DataFrame
    """a row a quarter (or month), with `at`, the day it is drawn on"""
    fan: pd.DataFrame
    facts: pd.DataFrame
    """with `at`, `drawn` (the rate per quarter of a flow) and `hollow`"""

    @property
    def name(self) -> str:
        """For file names."""
        letters = "".join(letter if letter.isalnum() else "_" for letter in f"{self.metric}_{self.platform}".lower())
        return letters.strip("_")


def all_series(bands: pd.DataFrame, forecast: pd.DataFrame, targets: pd.DataFrame) -> list[Series]:
    """Every series of the bands, metrics in their order, platforms in that of data/names.yaml."""
    found = []
    for metric in dict.fromkeys(bands["metric"]):
        mine = bands[bands["metric"] == metric]
        for platform in words.in_order(mine["platform"]):
            fit = _series(bands, metric, platform)
            if fit.empty:
                continue
            fan = _series(forecast, metric, platform)
            unit = str(fit["unit"].iloc[0])
            found.append(Series(metric, platform, unit, fit, fan, _facts(targets, metric, platform, unit)))
    return found


def _series(table: pd.DataFrame, metric: str, platform: str) -> pd.DataFrame:
    """Quarters (months for some), in order of time."""
    own = table[(table["metric"] == metric) & (table["platform"] == platform)]
    own = own[months(own) == (1 if metric in MONTHLY else 3)]
    return own.assign(at=_at(own, metric)).sort_values("at", ignore_index=True)


def months(table: pd.DataFrame) -> pd.Series[int]:
    """Lengths of periods, in months, rounded."""
    days = (table["period_end"] - table["period_start"]).dt.days + 1
    return (days / MONTH).round().clip(lower=1).astype(int)


def _at(table: pd.DataFrame, metric: str) -> pd.Series[pd.Timestamp]:
    if metric in TRAILING:
        return table["period_end"]
    return table["period_start"] + (table["period_end"] - table["period_start"]) / 2


def _facts(targets: pd.DataFrame, metric: str, platform: str, unit: str) -> pd.DataFrame:
    like = targets["metric"].map(lambda name: ALIKE.get(name, name))
    own = targets[(like == metric) & (targets["platform"] == platform) & (targets["unit"] == unit)]
    drawn = own["fact"] * 3 / months(own) if metric in FLOWS else own["fact"]
    return own.assign(at=_at(own, metric), drawn=drawn, hollow=own["metric"] != metric)


def fit_panel(series: Series) -> Figure:
    """The years that were fitted: band of 90 %, mean, facts."""
    drawn, axes = _empty(series)
    _band(axes, series, series.fit)
    _mark_facts(axes, series)
    _frame(axes, series, series.fit)
    return drawn


def fan_panel(series: Series) -> Figure:
    """The fit, and the forecast that goes on from its last quarter: bands of 50 and 90 %."""
    drawn, axes = _empty(series)
    whole = pd.concat([series.fit, series.fan], ignore_index=True)
    _band(axes, series, series.fit)
    joined = pd.concat([series.fit.tail(1), series.fan], ignore_index=True)
    _band(axes, series, joined, inner=True, dashes="--")
    _mark_facts(axes, series)
    _frame(axes, series, whole)
    if not series.fan.empty:
        origin = pd.Timestamp(series.fan["period_start"].iloc[0]) - pd.Timedelta(days=1)
        style.mark_last_fact(axes, f"{origin:%Y-%m-%d}")
    return drawn


def _empty(series: Series) -> tuple[Figure, Axes]:
    drawn = Figure(figsize=SIZE, dpi=style.DPI, layout="constrained")
    axes = drawn.subplots()
    axes.set_title(
        f"{words.platform(series.platform)}: {words.metric(series.metric)}", color=words.ink(series.platform)
    )
    return drawn, axes


def _band(axes: Axes, series: Series, rows: pd.DataFrame, inner: bool = False, dashes: str = "-") -> None:
    ink = words.ink(series.platform)
    axes.fill_between(rows["at"], rows["p05"], rows["p95"], color=ink, alpha=OUTER, linewidth=0, zorder=2)
    if inner:
        axes.fill_between(rows["at"], rows["p25"], rows["p75"], color=ink, alpha=INNER, linewidth=0, zorder=2)
    axes.plot(rows["at"], rows["mean"], dashes, color=ink, linewidth=1.4, zorder=3)


def _mark_facts(axes: Axes, series: Series) -> None:
    ink = words.ink(series.platform)
    for fact in series.facts.to_dict("records"):
        axes.plot(
            [fact["period_start"], fact["period_end"]],
            [fact["drawn"]] * 2,
            color=style.INK,
            linewidth=0.9,
            alpha=0.55,
            zorder=4,
        )
        axes.plot(
            [fact["at"]],
            [fact["drawn"]],
            SIGNS.get(fact["grade"], "x"),
            color=ink,
            markerfacecolor="white" if fact["hollow"] else ink,
            markeredgecolor=style.INK,
            markeredgewidth=0.7,
            markersize=4.8,
            clip_on=False,
            zorder=5,
        )


def _frame(axes: Axes, series: Series, rows: pd.DataFrame) -> None:
    first, last = rows["period_start"].min(), rows["period_end"].max()
    style.date_axis(axes, ticks=6)
    axes.set_xlim(style.number(first), style.number(last))
    low, high = axes.get_ylim()
    if low < 0.6 * high:  # what hardly moves is drawn from near its own level
        axes.set_ylim(0, high)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.set_ylabel(unit(series))


def unit(series: Series) -> str:
    """The unit of the axis, in words."""
    if series.metric in FLOWS:
        return f"{series.unit} a quarter"
    return "% of time" if series.metric == "share_of_mobile_internet_time" else series.unit


def key(fan: bool) -> Figure:
    """What lines, bands and signs mean, once for all panels."""
    drawn = Figure(figsize=(3.6, 0.85 if fan else 0.7), dpi=style.DPI)
    handles: list[Line2D | Patch] = [Line2D([], [], color=style.INK, linewidth=1.4, label="model, mean")]
    if fan:
        handles.append(Line2D([], [], color=style.INK, linewidth=1.4, linestyle="--", label="forecast, mean"))
        handles.append(Patch(color=style.INK, alpha=0.45, linewidth=0, label="model, 50 % band"))
    handles.append(Patch(color=style.INK, alpha=OUTER, linewidth=0, label="model, 90 % band"))
    handles += [sign(grade) for grade in words.GRADES]
    hollow = Line2D([], [], marker="s", linestyle="", markersize=5, color="white", markeredgecolor=style.INK)
    hollow.set_label("fact, users not defined")
    drawn.legend(handles=[*handles, hollow], loc="center", ncols=2, columnspacing=1.4, borderaxespad=0)
    return drawn


def sign(grade: str) -> Line2D:
    """The sign of a grade, for a legend."""
    return Line2D(
        [],
        [],
        marker=SIGNS[grade],
        linestyle="",
        color=style.FAINT,
        markeredgecolor=style.INK,
        markersize=5,
        label=f"fact, {words.GRADES[grade]} ({grade})",
    )


def alt(series: Series, fan: bool) -> str:
    """What the panel shows, in words."""
    rows = series.fan if fan and not series.fan.empty else series.fit
    end = rows.iloc[-1]
    said = (
        f"{words.platform(series.platform)}, {words.metric(series.metric)}: The model gives "
        f"{words.number(end['mean'])} {unit(series)} in {words.period(end['period_start'], end['period_end'])}, "
        f"90 % band {words.number(end['p05'])} to {words.number(end['p95'])}."
    )
    if fan:
        return said
    inside = int(series.facts["inside"].sum())
    return f"{said} Facts within the model’s band for their period: {inside} of {len(series.facts)}."
