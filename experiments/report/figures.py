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

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.paired_statistics import mean_and_margin

USUAL = ("market.hhi_attention", "market.hhi_gmv", "market.interpenetration_gmv", "market.leak_rate", "value")
"""Metrics shown when none is requested, as far as they exist."""
SEED = "seed"
WIDTH, HEIGHT = 4.6, 1.9
"""Inches of a picture, and of one of its panels; letters stay readable on a phone."""
DOTS, MEAN = "#7A8CA3", "#A33C00"
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


def draw(results: pd.DataFrame, metric: str, settings: Sequence[str]) -> Figure:
    """One panel a setting, one below the other; without a setting but the seed, one panel with all runs."""
    shown = [key for key in settings if key != SEED] or [""]
    drawn = Figure(figsize=(WIDTH, 0.3 + HEIGHT * len(shown)), dpi=style.DPI, layout="constrained")
    values = results[metric].astype(float)
    seeds = results[SEED] if SEED in settings else pd.Series(0, index=results.index)
    for panel, key in zip(drawn.subplots(len(shown), 1, squeeze=False)[:, 0], shown, strict=True):
        _panel(panel, results[key] if key else pd.Series("all runs", index=results.index), values, seeds)
        panel.set_xlabel(key)
    style.head(drawn, metric)
    return drawn


def _panel(axes: Axes, setting: pd.Series[Any], values: pd.Series[float], seeds: pd.Series[int]) -> None:
    names = setting.astype(object).where(setting.notna(), "—").astype(str)
    numbers = pd.to_numeric(names, errors="coerce")
    if numbers.notna().all() and names.nunique() > GROUPS:
        axes.plot(numbers, values, "o", color=DOTS, markersize=3, alpha=0.7)
    else:
        ordered = numbers.notna().all()
        _groups(axes, names, values, seeds, sorted(set(names), key=float) if ordered else list(dict.fromkeys(names)))
    sns.despine(ax=axes, left=True)
    axes.grid(False, axis="x")
    axes.set_ylabel("")


def _groups(
    axes: Axes, names: pd.Series[str], values: pd.Series[float], seeds: pd.Series[int], order: Sequence[str]
) -> None:
    """A column of dots for each value; beside it the mean, with its 95 % interval where there are two seeds."""
    for place, name in enumerate(order):
        there = (names == name) & values.notna()
        own = values[there]
        axes.plot(np.full(own.size, place - 0.12), own, "o", color=DOTS, markersize=3, alpha=0.6, linewidth=0)
        by_seed = np.asarray(own.groupby(seeds[there]).mean(), np.float64)
        if by_seed.size:
            mean, _, margin = mean_and_margin(by_seed)
            spread = margin if by_seed.size > 1 else None
            axes.errorbar(place + 0.12, mean, spread, fmt="D", color=MEAN, markersize=4, capsize=2.5, linewidth=1.2)
    slanting = max(map(len, order)) > LETTERS or len(order) > 8
    axes.set_xticks(range(len(order)), order, rotation=30 if slanting else 0, ha="right" if slanting else "center")
    axes.set_xlim(-0.6, len(order) - 0.4)
