"""Figure of a sensitivity analysis: which parameters matter, and for how much of each quantity's variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from secondhalf.experiments.pictures import style
from secondhalf.experiments.sensitivity.factors import SEED
from secondhalf.experiments.sensitivity.morris import RESAMPLES, importance
from secondhalf.experiments.sensitivity.text import SensitivityResults

BARS = 14
"""Parameters of the screening that are drawn, the seed besides."""
PANELS = 6
"""Quantities whose indices are drawn at most."""
PREFERRED = (
    *("content_attention_share", "kuaishou_dau", "kuaishou_gmv"),
    *("hhi_gmv", "interpenetration_gmv", "leak_rate", "second_half_day"),
)
"""Quantities that are drawn first."""
HEAD = "Screening (Morris): mu* as a share of the largest one, mean over quantities"
CUT = 1.5
"""Largest share of variance drawn: above 1 it is an error of the estimate, which few blocks leave wide."""
TOTAL, FIRST, LUCK = "#9DB8D9", "#2F5D93", "#B9B9B9"
Array = NDArray[np.float64]


def draw(found: SensitivityResults) -> Figure:
    """Weights of the screening above, Sobol indices of some quantities below, whichever of them there are."""
    sobol = found.tables.get("sobol", pd.DataFrame({"quantity": []}))
    quantities = _some(list(dict.fromkeys(sobol["quantity"])))
    rows = -(-len(quantities) // 3)
    bars = min(BARS, max(len(found.box) - 1, 0)) + 1
    factors = sobol["parameter"].nunique() if quantities else 0
    upper, lower = 0.8 + 0.19 * bars, (0.45 + 0.19 * factors) * rows + 0.35
    drawn = style.figure(upper + (lower if quantities else 0.0))
    if not quantities:
        _weights(drawn.subplots(), found, bars)
        style.head(drawn, HEAD)
        return drawn
    parts = drawn.subfigures(2, 1, squeeze=False, height_ratios=(upper, lower))
    top, bottom = parts[0, 0], parts[1, 0]
    _weights(top.subplots(), found, bars)
    style.head(top, HEAD)
    columns = min(3, len(quantities))
    panels = bottom.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, quantity in zip(panels.ravel(), quantities, strict=False):
        _indices(axes, sobol[sobol["quantity"] == quantity], quantity)
    drawn_rows = sobol[sobol["quantity"].isin(quantities)]
    widest = 1.03 * float(drawn_rows[["first", "total", "total_high"]].to_numpy().max())
    panels[0, 0].set_xlim(0, min(max(1.05, widest), CUT))
    for axes in panels.ravel()[len(quantities) :]:
        axes.set_axis_off()
    bottom.legend(
        handles=[Patch(color=TOTAL, label="total"), Patch(color=FIRST, label="first order"), _interval()],
        loc="outside lower center",
        ncols=3,
    )
    style.head(bottom, "Share of variance (Sobol)" + (f"; what is larger is cut at {CUT:g}" if widest > CUT else ""))
    return drawn


def _some(names: list[str]) -> list[str]:
    order = [name for name in PREFERRED if name in names]
    return [*order, *(name for name in names if name not in order)][:PANELS]


def _weights(axes: Axes, found: SensitivityResults, bars: int) -> None:
    """Mean over quantities of mu* as a share of the largest, with the middle 95 % of resamples."""
    weights = importance(found.effects)
    rng = np.random.default_rng(1)
    count = len(found.effects)
    again = np.array([importance(found.effects[rows]) for rows in rng.integers(0, count, (RESAMPLES // 5, count))])
    low, high = np.quantile(again, [0.025, 0.975], axis=0)
    place = found.box.names.index(SEED)
    order = [number for number in np.argsort(-weights, kind="stable") if number != place][: bars - 1]
    order = sorted([*order, place], key=lambda number: -weights[number])
    names = [found.box.names[number] for number in order]
    inks = [LUCK if name == SEED else FIRST for name in names]
    at = np.arange(len(order))
    axes.barh(at, weights[order], color=inks, height=0.7, zorder=2)
    axes.hlines(at, low[order], high[order], color=style.INK, linewidth=0.9, zorder=3)
    axes.axvline(weights[place], color=style.INK, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
    _named(axes, names)
    others = len(found.box) - len(order)
    more = f"; {others} more parameters are not drawn" if others else ""
    axes.set_xlabel(f"grey: what another seed alone does{more}")


def _indices(axes: Axes, rows: pd.DataFrame, quantity: str) -> None:
    at = np.arange(len(rows))
    names = list(rows["parameter"])
    axes.barh(at, rows["total"], color=TOTAL, height=0.7, zorder=2)
    axes.barh(at, rows["first"].clip(lower=0), color=FIRST, height=0.35, zorder=3)
    axes.hlines(at, rows["total_low"], rows["total_high"], color=style.INK, linewidth=0.9, zorder=4)
    _named(axes, names)
    axes.set_title(quantity.replace("_", " "), fontsize=8)


def _named(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(np.arange(len(names)), [short(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(False, axis="y")
    sns.despine(ax=axes, left=True)


def short(name: str) -> str:
    """A parameter's name without the group that says nothing more."""
    words = name.split(".")
    kept = words[1:] if words[0] in ("platform", "strategy") and len(words) > 1 else words
    return " ".join(word.replace("_", " ") for word in kept if word != "open_at_start")


def _interval() -> Line2D:
    return Line2D([], [], color=style.INK, linewidth=0.9, label="95 % interval of the total")
