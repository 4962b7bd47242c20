"""Figures of a sweep: a metric over each setting that was swept, a dot a run, with the mean and its interval.

Runs under one seed share their random numbers: an interval is over seeds, of each the mean of its runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.paired_statistics import mean_and_margin

USUAL = ("market.hhi_attention", "market.hhi_gmv", "market.interpenetration_gmv", "market.leak_rate", "value")
"""Metrics shown when none is requested, as far as they exist."""
SEED = "seed"
WIDTH, HEIGHT = 4.6, 1.9
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
"""Inches of the pictures of platforms, and the distance of their columns, values."""
GROUPS = 12
"""Values of a setting up to which each has a place of its own; more numbers lie on an axis."""
LETTERS = 14
"""Longer names of values are written slanting."""


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


def draw_platforms(results: pd.DataFrame, measure: str, settings: Sequence[str]) -> Figure:
    """One panel a setting; for each value and platform a dot a run, and beside them the mean with its interval."""
    platforms = platform_measures(results)[measure]
    words, scale = BY_PLATFORM[measure]
    inks = style.colors(platforms)
    shown = [key for key in settings if key != SEED] or [""]
    drawn = Figure(figsize=(WIDE, 0.7 + WIDE_HEIGHT * len(shown)), dpi=style.DPI, layout="constrained")
    seeds = results[SEED] if SEED in settings else pd.Series(0, index=results.index)
    for panel, key in zip(drawn.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
        setting = results[key] if key else pd.Series("all runs", index=results.index)
        for place, platform in enumerate(platforms):
            values = results[f"platforms.{platform}.{measure}"].astype(float) * scale
            aside = (place - (len(platforms) - 1) / 2) * BESIDE
            _panel(panel, setting, values, seeds, inks[platform], aside)
        panel.set_ylim(bottom=min(0.0, panel.get_ylim()[0]))
        panel.set_xlabel(setting_words(key))
    style.head(drawn, words)
    handles = [
        Line2D([], [], marker="D", linestyle="", color=inks[name], label=style.label(name)) for name in platforms
    ]
    drawn.legend(handles=handles, loc="outside lower center", ncols=3)
    return drawn


def setting_words(key: str) -> str:
    """A setting as people say it, with its key where that is more than the words."""
    words = key.replace(".", " ").replace("_", " ")
    return words if words == key else f"{words} ({key})"


def draw(results: pd.DataFrame, metric: str, settings: Sequence[str]) -> Figure:
    """One panel a setting, one below the other; without a setting but the seed, one panel with all runs."""
    shown = [key for key in settings if key != SEED] or [""]
    drawn = Figure(figsize=(WIDTH, 0.3 + HEIGHT * len(shown)), dpi=style.DPI, layout="constrained")
    values = results[metric].astype(float)
    seeds = results[SEED] if SEED in settings else pd.Series(0, index=results.index)
    for panel, key in zip(drawn.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
        _panel(panel, results[key] if key else pd.Series("all runs", index=results.index), values, seeds)
        panel.set_xlabel(setting_words(key))
    style.head(drawn, metric_words(metric))
    return drawn


def metric_words(metric: str) -> str:
    """A metric as people say it: Kuaishou: gmv, for platforms.kuaishou.gmv."""
    group, *inner = metric.split(".")
    said = NAMES.get(inner[-1], inner[-1].replace("_", " ")) if inner else metric
    return f"{style.label(inner[0])}: {said}" if group == "platforms" and len(inner) == 2 else said


def _panel(
    axes: Axes,
    setting: pd.Series[Any],
    values: pd.Series[float],
    seeds: pd.Series[int],
    ink: str = "",
    aside: float = 0.0,
) -> None:
    names = setting.astype(object).where(setting.notna(), "—").astype(str)
    numbers = pd.to_numeric(names, errors="coerce")
    if numbers.notna().all() and names.nunique() > GROUPS:
        axes.plot(numbers, values, "o", color=ink or DOTS, markersize=3, alpha=0.7)
    else:
        ordered = numbers.notna().all()
        order = sorted(set(names), key=float) if ordered else list(dict.fromkeys(names))
        _groups(axes, names, values, seeds, order, ink, aside)
    sns.despine(ax=axes, left=True)
    axes.grid(False, axis="x")
    axes.set_ylabel("")


def _groups(
    axes: Axes,
    names: pd.Series[str],
    values: pd.Series[float],
    seeds: pd.Series[int],
    order: Sequence[str],
    ink: str,
    aside: float,
) -> None:
    """A column of dots for each value; beside it the mean, with its 95 % interval where there are two seeds.

    `ink` is that of a platform, whose column stands `aside` from the middle; without one, dots and mean have their own.
    """
    gap = 0.12 if not ink else 0.025
    for place, name in enumerate(order):
        there = (names == name) & values.notna()
        own = values[there]
        axes.plot(
            np.full(own.size, place + aside - gap), own, "o", color=ink or DOTS, markersize=3, alpha=0.6, linewidth=0
        )
        by_seed = np.asarray(own.groupby(seeds[there]).mean(), np.float64)
        if by_seed.size:
            mean, _, margin = mean_and_margin(by_seed)
            spread = margin if by_seed.size > 1 else None
            at, shown = place + aside + gap, ink or MEAN
            axes.errorbar(at, mean, spread, fmt="D", color=shown, markersize=4, capsize=2.5, linewidth=1.2)
    slanting = max(map(len, order)) > LETTERS or len(order) > 8
    axes.set_xticks(range(len(order)), order, rotation=30 if slanting else 0, ha="right" if slanting else "center")
    axes.set_xlim(-0.6, len(order) - 0.4)
