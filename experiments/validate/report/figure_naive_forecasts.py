"""Figures of the model beside naive forecasts: errors ahead of time, and coverage of the model's band."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from secondhalf.experiments.pictures import style
from secondhalf.experiments.validate.report import text as words
from secondhalf.experiments.validate.report.data import NAIVE_FORECASTS

BAR = 0.145
"""Inches a bar."""
WIDTH = 4.3
MODEL, RULER, BEST = "#3B2A6B", "#C9C9C9", "#8A8A8A"
FURTHEST = 4.0
"""Bars longer than this many times the third largest are cut, with their number beside them."""
SIGNS = ("o", "s", "D", "^", "v", "P")


def errors(rulers: pd.DataFrame, origin: pd.Timestamp) -> Figure:
    """Mean absolute errors of the counted series of one origin, a group a series."""
    own = rulers[(rulers["counted"] == 1) & (rulers["origin"] == origin)]
    if own.empty:
        raise style.NothingToDrawError(f"no series counts from {origin:%Y-%m-%d}")
    bars: list[tuple[float, str, float, str]] = []
    heads: list[tuple[float, str, str]] = []
    at = 0.0
    for row in own.to_dict("records"):
        sign = "✓ model" if row["won"] else f"✗ {words.NAIVE_FORECASTS.get(row['best_ruler'], row['best_ruler'])}"
        heads.append((at, words.title(f"{words.metric(row['metric'])}, {words.platform(row['platform'])}"), sign))
        at += 1
        for name in ("model", *NAIVE_FORECASTS):
            if row[name] == row[name]:  # a naive forecast without a number here is left out
                ink = MODEL if name == "model" else BEST if name == row["best_ruler"] else RULER
                bars.append((at, words.NAIVE_FORECASTS.get(name, name), float(row[name]), ink))
                at += 1
        at += 0.5
    drawn = Figure(figsize=(WIDTH, 0.7 + BAR * at), dpi=style.DPI, layout="constrained")
    axes = drawn.subplots()
    ranked = sorted((value for *_, value, _ in bars), reverse=True)
    edge = min(ranked[0], FURTHEST * ranked[min(2, len(ranked) - 1)])
    for place, _, value, ink in bars:
        axes.barh(place, min(value, edge), color=ink, height=0.82, linewidth=0)
        note = words.percent(value) + (" →" if value > edge else "")
        axes.annotate(note, (min(value, edge), place), (3, 0), textcoords="offset points", va="center", fontsize=6.8)
    for place, name, sign in heads:
        axes.text(0, place, f"{name}  ", fontsize=7.4, fontweight="bold", va="center")
        axes.text(1.0, place, sign, fontsize=7.2, va="center", ha="right", transform=axes.get_yaxis_transform())
    axes.set_yticks([place for place, *_ in bars], [name for _, name, *_ in bars])
    axes.set_ylim(at - 0.7, -0.8)
    axes.set_xlim(0, edge * 1.12)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: words.percent(share) if share else "0"))
    style.head(drawn, f"Known until {style.written(f'{origin:%Y-%m-%d}')}: mean error after it")
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    return drawn


def coverage(rulers: pd.DataFrame) -> Figure:
    """Share of the facts after each origin that the model's band held; it should be about nine in ten."""
    own = rulers[(rulers["counted"] == 1) & rulers["covered"].notna()]
    if own.empty:
        raise style.NothingToDrawError("no series counts")
    series = list(dict.fromkeys(zip(own["metric"], own["platform"], strict=True)))
    drawn = Figure(figsize=(WIDTH, 1.0 + 0.22 * len(series)), dpi=style.DPI, layout="constrained")
    axes = drawn.subplots()
    origins = sorted(own["origin"].unique())
    for number, origin in enumerate(origins):
        mine = own[own["origin"] == origin]
        places = [series.index(pair) for pair in zip(mine["metric"], mine["platform"], strict=True)]
        shift = 0.5 * ((number + 0.5) / len(origins) - 0.5)
        axes.plot(
            mine["covered"],
            [place + shift for place in places],
            SIGNS[number % len(SIGNS)],
            color=MODEL if number % 2 else "white",
            markeredgecolor=MODEL,
            markersize=5,
            clip_on=False,
            zorder=4,
            label=f"known until {pd.Timestamp(origin):%Y-%m-%d}",
        )
    axes.axvline(0.9, color=style.INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    axes.set_yticks(
        range(len(series)), [words.title(f"{words.metric(metric)}, {words.platform(name)}") for metric, name in series]
    )
    axes.set_ylim(len(series) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f} %"))
    style.head(drawn, "Later facts within the 90 % band (dashed: 90 %)")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    drawn.legend(loc="outside lower center", ncols=2)
    return drawn


def alt_errors(rulers: pd.DataFrame, origin: pd.Timestamp) -> str:
    """What the bars show, in words."""
    own = rulers[(rulers["counted"] == 1) & (rulers["origin"] == origin)]
    told = [
        f"{words.metric(row['metric'])} of {words.platform(row['platform'])}: model {words.percent(row['model'])}, "
        f"best naive forecast {words.NAIVE_FORECASTS.get(row['best_ruler'], row['best_ruler'])} "
        f"{words.percent(row.get(row['best_ruler'], float('nan')))}"
        for row in own.to_dict("records")
    ]
    return (
        f"From {origin:%Y-%m-%d} the model is best in {int(own['won'].sum())} of {len(own)} series. {'; '.join(told)}."
    )


def alt_coverage(rulers: pd.DataFrame) -> str:
    """What the dots show, in words."""
    own = rulers[(rulers["counted"] == 1) & rulers["covered"].notna()]
    held = (own["covered"] * own["tests"]).sum() / own["tests"].sum()
    return f"Of all facts after the origins the 90 % band held {words.percent(float(held))}, over {len(own)} series."
