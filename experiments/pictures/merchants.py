"""Merchants' inequality: the tail of their sales."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.last_fact import ONE_RUN
from secondhalf.experiments.results.run_results import Results

INKS = {"brand": "#3B2A6B", "shop": "#7B68B5", "factory": "#A8905A"}
YEAR = 365.0
TAIL = 0.1
"""Part of the sample, from the top, that the slope of the tail is read from."""
BARS = {1e7: "10 million", 1e8: "100 million RMB"}
"""Sizes that the article's targets speak of."""


def draw(results: Results) -> Figure:
    """Number of real merchants that sell at least so much a year, on two logarithmic scales."""
    sold = sales(results)
    if sold.empty:
        raise style.NothingToDrawError("no merchant sold anything")
    drawn = style.figure(3.6)
    axes = drawn.subplots()
    sns.ecdfplot(
        sold, x="sales", weights="weight", stat="count", complementary=True, log_scale=(True, True), ax=axes,
        color=style.INK, linewidth=1.6, label="all",
    )  # fmt: skip
    kinds = [kind for kind in dict.fromkeys(results.tables["merchants"]["kind"]) if (sold["kind"] == kind).any()]
    spare = iter(style.SPARE_COLORS)
    for kind in kinds:
        sns.ecdfplot(
            sold[sold["kind"] == kind], x="sales", weights="weight", stat="count", complementary=True, ax=axes,
            color=INKS.get(kind) or next(spare), linewidth=1.2, label=kind,
        )  # fmt: skip
    _tail(axes, sold)
    for bar, name in BARS.items():
        axes.axvline(bar, color="#999999", linewidth=0.8, linestyle="--", zorder=0)
        style.top_label(axes, bar, name, fontsize=7)
    axes.set_xlabel("sales of one merchant, RMB a year (mean over the run)")
    axes.set_ylabel("merchants that sell at least as much")
    ahead = f" (years after {results.last_fact}: {ONE_RUN})" if results.ends_in_forecast else ""
    axes.set_title(f"Merchants: distribution of sales{ahead}", y=style.OVER)
    axes.grid(False, axis="x")
    axes.legend(loc="lower left")
    sns.despine(ax=axes, left=True)
    return drawn


def sales(results: Results) -> pd.DataFrame:
    """Kind, weight (real merchants) and sales of one of them, RMB a year; those without a sale are left out."""
    merchants = results.tables["merchants"]
    days = len(results.tables["market"])
    yearly = merchants["gmv"] / merchants["weight"] / (days / YEAR)
    return merchants.assign(sales=yearly).loc[yearly > 0, ["kind", "weight", "sales"]]


def tail_exponent(sold: pd.DataFrame) -> tuple[float, float] | None:
    """Exponent of the tail and where it begins, RMB a year; None with fewer than ten merchants in it.

    The maximum-likelihood exponent of a Pareto law (Hill 1975), weighted by real merchants, from the largest tenth of
    the merchants in the sample.
    """
    top = sold.nlargest(int(len(sold) * TAIL), "sales")
    if len(top) < 10:
        return None
    begin = float(top["sales"].min())
    mean = float(np.average(np.log(top["sales"] / begin), weights=top["weight"]))
    return (1 / mean, begin) if mean > 0 else None


def _tail(axes: Axes, sold: pd.DataFrame) -> None:
    found = tail_exponent(sold)
    if found is None:
        return
    exponent, begin = found
    above = float(sold.loc[sold["sales"] >= begin, "weight"].sum())
    ends = np.array([begin, float(sold["sales"].max())])
    axes.plot(
        ends, above * (ends / begin) ** -exponent, color=style.INK, linewidth=1, linestyle=":",
        label=f"Pareto tail, exponent {exponent:.2f}",
    )  # fmt: skip
