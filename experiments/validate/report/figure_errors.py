"""Figure of errors: how far the model is from each fact, a line a series."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from secondhalf.experiments.pictures import style
from secondhalf.experiments.pictures.facts import SIGNS
from secondhalf.experiments.validate.report import text as words
from secondhalf.experiments.validate.report.figure_series import sign

ROW = 0.19
WIDTH = 4.4
DASHES = {"A": "-", "B": "--", "D": ":"}
FURTHEST = 0.5
"""Larger errors stand at the edge, with their number."""


def draw(targets: pd.DataFrame) -> Figure:
    """Model less fact as a share of the fact: filled within the model's 90 % band, hollow outside of it."""
    series = [
        (metric, platform)
        for metric in dict.fromkeys(targets["metric"])
        for platform in words.in_order(targets.loc[targets["metric"] == metric, "platform"])
    ]
    drawn = Figure(figsize=(WIDTH, 1.0 + ROW * len(series)), dpi=style.DPI, layout="constrained")
    axes = drawn.subplots()
    edge = min(FURTHEST, 1.08 * max(0.1, float(targets["error"].abs().max())))
    for row, (metric, platform) in enumerate(series):
        own = targets[(targets["metric"] == metric) & (targets["platform"] == platform)]
        for fact in own.itertuples():
            ink, error = words.ink(platform), float(str(fact.error))
            axes.plot(
                [float(np.clip(error, -edge, edge))],
                [row],
                SIGNS.get(str(fact.grade), "x"),
                color=ink,
                markerfacecolor=ink if fact.inside else "white",
                markeredgecolor=style.INK if fact.inside else ink,
                markeredgewidth=0.6 if fact.inside else 1.2,
                markersize=5,
                alpha=0.9,
                clip_on=False,
                zorder=4,
            )
            if abs(error) > edge:
                axes.annotate(
                    words.percent(error, signed=True),
                    (float(np.clip(error, -edge, edge)), row),
                    xytext=(-6 if error > 0 else 6, 0),
                    textcoords="offset points",
                    ha="right" if error > 0 else "left",
                    va="center",
                    fontsize=7,
                )
    axes.axvline(0, color=style.INK, linewidth=0.8, zorder=1)
    axes.set_xlim(-edge, edge)
    axes.set_ylim(len(series) - 0.4, -0.6)
    axes.set_yticks(
        range(len(series)), [f"{words.title(words.metric(metric))}, {words.platform(name)}" for metric, name in series]
    )
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda share, _: f"{100 * share:+.3g} %".replace("-", "−") if share else "0")
    )
    style.head(drawn, "Error of the model as a share of each fact")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    drawn.legend(handles=[sign(grade) for grade in words.GRADES], loc="outside lower center", ncols=2)
    return drawn


def cumulative(targets: pd.DataFrame) -> Figure:
    """Share of the facts with a smaller error, by grade."""
    drawn = Figure(figsize=(WIDTH, 3.2), dpi=style.DPI, layout="constrained")
    axes = drawn.subplots()
    edge = min(FURTHEST, 1.08 * max(0.1, float(targets["error"].abs().max())))
    lines = [("all facts", targets, "-", 2.2)]
    for grade, dashes in DASHES.items():
        own = targets[targets["grade"] == grade]
        if not own.empty:
            lines.append((f"{words.GRADES[grade]} ({grade})", own, dashes, 1.1))
    for label, own, dashes, width in lines:
        errors = np.sort(own["error"].abs().to_numpy(float))
        shares = np.arange(1, len(errors) + 1) / len(errors)
        axes.step(
            [0.0, *errors, max(edge, errors[-1])],
            [0.0, *shares, 1.0],
            where="post",
            color="#3B2A6B" if width > 2 else style.INK,
            linestyle=dashes,
            linewidth=width,
            label=f"{label}: {len(errors)}",
        )
    axes.set_xlim(0, edge)
    axes.set_ylim(0, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
    axes.set_xlabel("absolute error, share of the fact")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="lower right", frameon=True, edgecolor="none")
    style.head(drawn, "Share of the facts that the model meets more closely")
    return drawn


def alt(targets: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    errors = targets["error"].abs()
    worst = targets.iloc[int(errors.to_numpy().argmax())]
    return (
        f"Errors of {len(targets)} facts: half are below {words.percent(float(errors.median()))}, nine in ten "
        f"below {words.percent(float(errors.quantile(0.9)))}; the largest is "
        f"{words.percent(float(worst['error']), signed=True)} "
        f"({words.metric(worst['metric'])}, {words.platform(worst['platform'])}, "
        f"{words.period(worst['period_start'], worst['period_end'])})."
    )
