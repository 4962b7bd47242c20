"""Figures of a sweep: a metric over what was swept, a dot a run, with the mean and its interval.

Settings that are numbers lie along the bottom, in order and to scale; the others are groups, lines of one panel or
panels beside one another. Runs under one seed share their random numbers: an interval is over seeds, of each the mean
of its runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.statistics.paired_statistics import mean_and_margin
from secondhalf.model.data_files import choice_label

USUAL = ("market.hhi_attention", "market.hhi_gmv", "market.interpenetration_gmv", "market.leak_rate", "value")
"""Metrics shown when none is requested, as far as they exist."""
SEED = "seed"
WIDTH, HEIGHT = 4.6, 2.1
"""Inches of a picture, and of one of its panels; letters stay readable on a phone."""
DOTS, MEAN = "#7A8CA3", "#A33C00"
BY_PLATFORM = {
    "attention_share": ("Share of mobile time by platform, percent", 100.0),
    "gmv": ("GMV by platform in the last year of the run, billion RMB", 1e-9),
}
"""Measures of platforms that every sweep's page shows, in words with the unit, and what makes the unit."""
NAMES = {
    "hhi_attention": "concentration of attention",
    "hhi_gmv": "concentration of GMV",
    "interpenetration_gmv": "interpenetration of GMV",
    "interpenetration_minutes": "interpenetration of minutes",
    "leak_rate": "leak rate",
    "gmv": "GMV",
    "attention_share": "share of mobile time",
}
WIDE, WIDE_HEIGHT, BESIDE = 7.2, 2.4, 0.15
"""Inches of the pictures of platforms, and the distance of columns of dots in parts of that of two values."""
GROUPS = 12
"""Values of a setting up to which each has a place of its own."""
COLUMNS = 3
"""Panels of groups beside one another."""
LINES = 6
"""Groups up to which each has a line, or a panel, of its own."""
INKS = ("#7A8CA3", "#A33C00", "#44AA99", "#882255", "#999933", "#332288")
"""Of groups, whose colours are not those of platforms."""
FACTOR = 20.0
"""Numbers above nought of which the largest is that many times the smallest lie on a logarithmic axis."""
ASIDE = 0.1
"""The same over numbers, in parts of the axis for each `aside`."""
EDGE = 0.08
"""Part of the axis of numbers that is left free at either end."""
CLOSEST = 0.12
"""Part of the axis that two values are apart at least where each has its tick."""
LETTERS = 14
"""Longer names of values are written slanting."""


class Axis(NamedTuple):
    """What lies along the bottom, and what is told apart beside it."""

    key: str
    groups: tuple[str, ...] = ()


def numeric(results: pd.DataFrame) -> list[str]:
    """Columns of numbers, in which at least one run has one."""
    return [
        str(name)
        for name in results.columns
        if name != "run" and pd.api.types.is_numeric_dtype(results[name]) and results[name].notna().any()
    ]


def default_metrics(results: pd.DataFrame) -> list[str]:
    """The usual metrics that a sweep has."""
    known = numeric(results)
    return [name for name in USUAL if name in known]


def swept(results: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Settings with more than one value; the seed comes last."""
    found = [key for key in keys if key in results and results[key].astype(str).nunique() > 1]
    return sorted(found, key=lambda key: key == SEED)


def platform_measures(results: pd.DataFrame) -> dict[str, list[str]]:
    """The measures of `BY_PLATFORM` that a sweep has, with the platforms that have them."""
    known = numeric(results)
    found: dict[str, list[str]] = {}
    for measure in BY_PLATFORM:
        ends = [name.split(".") for name in known if name.startswith("platforms.") and name.endswith(f".{measure}")]
        names = [parts[1] for parts in ends if len(parts) == 3]
        if names:
            found[measure] = names
    return found


def is_number(column: pd.Series[Any]) -> bool:
    """Whether every value of a setting is a number; switches are none."""
    return bool(pd.to_numeric(_words(column), errors="coerce").notna().all())


def layout(results: pd.DataFrame, settings: Sequence[str]) -> list[Axis]:
    """What the panels show: each swept number over the groups of the other settings, or each setting alone.

    Groups are left out where there are too many of them, or a single panel would not show all runs.
    """
    shown = [key for key in settings if key != SEED]
    numbers = [key for key in shown if is_number(results[key])]
    words = tuple(key for key in shown if key not in numbers)
    if not shown:
        return [Axis("")]
    if numbers and words and len(_group_names(results, words)) <= LINES:
        return [Axis(key, words) for key in numbers]
    return [Axis(key) for key in (*numbers, *words)]


def _words(setting: pd.Series[Any]) -> pd.Series[str]:
    return setting.astype(object).where(setting.notna(), "—").astype(str)


def _named(setting: pd.Series[Any], key: str) -> pd.Series[str]:
    """Values as people call them: names of scenarios, strategies and friend graphs."""
    return _words(setting).map(lambda value: choice_label(key, value))


def _group_names(results: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(_grouped(results, groups)))


def _grouped(results: pd.DataFrame, groups: Sequence[str]) -> pd.Series[str]:
    """Values of some settings in one word each run: `hold`, or `hold, mall ban`."""
    columns = [_named(results[key], key) for key in groups]
    whole = columns[0].copy() if columns else pd.Series("", index=results.index)
    for column in columns[1:]:
        whole = whole + ", " + column
    return whole


def draw_platforms(results: pd.DataFrame, measure: str, settings: Sequence[str]) -> Figure:
    """A row of panels a setting, a panel a group; for each value and platform a dot a run, the mean, its interval."""
    platforms = platform_measures(results)[measure]
    words, scale = BY_PLATFORM[measure]
    inks = style.colors(platforms)
    axes_of = layout(results, settings)
    names = _group_names(results, axes_of[0].groups)
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    drawn = Figure(figsize=(WIDE, 1.0 + WIDE_HEIGHT * len(axes_of) * rows), dpi=style.DPI, layout="constrained")
    panels = drawn.subplots(len(axes_of) * rows, columns, squeeze=False, sharey=True)
    grouped = _grouped(results, axes_of[0].groups)
    for row, axis in zip(panels.reshape(len(axes_of), rows * columns), axes_of, strict=True):
        for unused in row[len(names) :]:
            unused.set_axis_off()
        for panel, name in zip(row, names, strict=False):
            own = results[grouped == name]
            for place, platform in enumerate(platforms):
                values = own[f"platforms.{platform}.{measure}"].astype(float) * scale
                aside = (place - (len(platforms) - 1) / 2) * BESIDE
                _series(panel, own, axis.key, values, _seeds(own, settings), inks[platform], aside)
            _finish(panel, results, axis.key)
            if name:
                panel.set_title(name, fontsize=8, fontweight="normal", pad=4)
        row[0].set_ylim(bottom=min(0.0, row[0].get_ylim()[0]))
    style.head(drawn, f"{words}\n{over(axes_of)}".rstrip())
    handles = [
        Line2D([], [], marker="D", linestyle="", color=inks[name], label=style.label(name)) for name in platforms
    ]
    drawn.legend(handles=handles, loc="outside lower center", ncols=3)
    return drawn


def draw(results: pd.DataFrame, metric: str, settings: Sequence[str]) -> Figure:
    """One panel a setting, one below the other, a line a group; one panel with all runs when nothing was swept."""
    axes_of = layout(results, settings)
    names = _group_names(results, axes_of[0].groups)
    drawn = Figure(figsize=(WIDTH, 0.55 + HEIGHT * len(axes_of)), dpi=style.DPI, layout="constrained")
    values = results[metric].astype(float)
    grouped = _grouped(results, axes_of[0].groups)
    for panel, axis in zip(drawn.subplots(len(axes_of), 1, squeeze=False)[:, 0], axes_of, strict=True):
        for place, name in enumerate(names):
            ink = INKS[place] if axis.groups else ""
            aside = (place - (len(names) - 1) / 2) * BESIDE
            there = grouped == name
            _series(panel, results[there], axis.key, values[there], _seeds(results[there], settings), ink, aside)
        _finish(panel, results, axis.key)
    style.head(drawn, f"{metric_words(metric)}\n{over(axes_of)}".rstrip())
    if axes_of[0].groups:
        handles = [
            Line2D([], [], marker="D", linestyle="-", color=ink, label=name)
            for name, ink in zip(names, INKS, strict=False)
        ]
        title = " and ".join(map(setting_words, axes_of[0].groups))
        drawn.legend(handles=handles, loc="outside lower center", ncols=3, title=title, title_fontsize=7.5)
    return drawn


def over(axes_of: Sequence[Axis]) -> str:
    """Which settings a figure is over, in words: `over take rate of JD, by strategy`."""
    keys = [axis.key for axis in axes_of if axis.key]
    said = f"over {listed([setting_words(key) for key in keys])}" if keys else ""
    groups = axes_of[0].groups
    return said + (f", by {listed([setting_words(key) for key in groups])}" if groups else "")


def listed(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])


def setting_words(key: str) -> str:
    """A setting as people say it: `take rate of JD` for platform.jd.take_rate, `users of population`."""
    first, *inner = key.split(".")
    if first in ("strategies", "objectives") and len(inner) == 1:
        return f"{'strategy' if first == 'strategies' else 'objective'} of {style.label(inner[0])}"
    said = " ".join(inner[first == "platform" :]).replace("_", " ")
    if first == "platform" and len(inner) > 1:
        return f"{said} of {style.label(inner[0])}"
    return f"{said} of {first}".replace("_", " ") if said else key.replace("_", " ")


def metric_words(metric: str) -> str:
    """A metric as people say it: Kuaishou: GMV, for platforms.kuaishou.gmv."""
    group, *inner = metric.split(".")
    said = NAMES.get(inner[-1], inner[-1].replace("_", " ")) if inner else metric
    said = f"{style.label(inner[0])}: {said}" if group == "platforms" and len(inner) == 2 else said
    return said[:1].upper() + said[1:]


def _seeds(results: pd.DataFrame, settings: Sequence[str]) -> pd.Series[int]:
    return results[SEED] if SEED in settings else pd.Series(0, index=results.index)


def _places(results: pd.DataFrame, key: str) -> dict[str, float]:
    """Where each value of a setting lies along the bottom: numbers at themselves, others side by side."""
    names = list(dict.fromkeys(_words(results[key]))) if key else ["all runs"]
    if key and is_number(results[key]):
        return {name: float(name) for name in sorted(names, key=float)}
    dated = all(re.fullmatch(r"\d{4}-\d\d-\d\d", name) for name in names)
    return {name: float(place) for place, name in enumerate(sorted(names) if dated else names)}


def _logarithmic(places: Sequence[float]) -> bool:
    return len(places) > 2 and min(places) > 0 and max(places) / min(places) >= FACTOR


def _moved(places: Sequence[float], aside: float) -> list[float]:
    """Numbers a little to the side, so that the intervals of several lines are seen beside one another."""
    if _logarithmic(places):
        return [float(at * (places[-1] / places[0]) ** (ASIDE * aside)) for at in places]
    return [at + ASIDE * aside * (places[-1] - places[0]) for at in places]


def _series(
    axes: Axes,
    results: pd.DataFrame,
    key: str,
    values: pd.Series[float],
    seeds: pd.Series[int],
    ink: str,
    aside: float,
) -> None:
    """A dot a run, and for each value of a setting the mean, with its 95 % interval where there are two seeds.

    Means over numbers are joined by a line. `ink` is that of a platform or group, which over words stands `aside` from
    the others; without one, dots and means have their own.
    """
    number = bool(key) and is_number(results[key])
    names = _words(results[key]) if key else pd.Series("all runs", index=results.index)
    places = _places(results, key)
    dots, shown = ink or DOTS, ink or MEAN
    if number and len(places) > GROUPS and not ink and names.nunique() == len(names):
        axes.plot(list(map(float, names)), values, "o", color=dots, markersize=3, alpha=0.7)
        return
    gap = 0.0 if number else 0.025 if ink else 0.12
    moved = _moved(list(places.values()), aside) if number else [at + aside for at in places.values()]
    means = []
    for name, where in zip(places, moved, strict=True):
        there = (names == name) & values.notna()
        own = values[there]
        axes.plot(np.full(own.size, where - gap), own, "o", color=dots, markersize=3, alpha=0.5, linewidth=0)
        by_seed = np.asarray(own.groupby(seeds[there]).mean(), np.float64)
        if by_seed.size:
            mean, _, margin = mean_and_margin(by_seed)
            spread = margin if by_seed.size > 1 else None
            axes.errorbar(
                where + gap, mean, spread, fmt="D", color=shown, markersize=4, capsize=2.5, linewidth=1.2, zorder=3
            )
            means.append((where, mean))
    if number and len(means) > 1:
        axes.plot(*zip(*means, strict=True), color=shown, linewidth=1.2, zorder=2)


def _finish(axes: Axes, results: pd.DataFrame, key: str) -> None:
    """Ticks and name of what lies along the bottom."""
    places = _places(results, key)
    names, at = list(places), list(places.values())
    axes.set_xlabel(setting_words(key))
    if key and is_number(results[key]):
        if _logarithmic(at):
            axes.set_xscale("log")
        first, last = (np.log(at[0]), np.log(at[-1])) if _logarithmic(at) else (at[0], at[-1])
        edge = EDGE * (last - first) or 1.0
        limits = np.array([first - edge, last + edge])
        axes.set_xlim(*(np.exp(limits) if _logarithmic(at) else limits))
        scaled = np.log(at) if _logarithmic(at) else np.array(at)
        room = np.diff(scaled).min() / np.ptp(scaled) if len(at) > 1 else 1.0
        if room > CLOSEST:
            axes.set_xticks(at, [f"{value:g}" for value in at])
            axes.minorticks_off()
    else:
        words = [choice_label(key, name) for name in names]
        slanting = max(map(len, words)) > LETTERS or len(names) > 8
        axes.set_xticks(at, words, rotation=30 if slanting else 0, ha="right" if slanting else "center")
        axes.set_xlim(-0.6, len(names) - 0.4)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    sns.despine(ax=axes, left=True)
    axes.grid(False, axis="x")
    axes.set_ylabel("")
