"""Figure of the posterior beside the prior, a line a parameter, and of parameters that are correlated."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy.special import logit

from secondhalf.experiments.pictures import style
from secondhalf.experiments.validate.report import text as words

NINETY = 1.645
"""Standard deviations to either side that hold 90 % of a normal distribution."""
ROW = 0.175
WIDTH = 4.3
LONGEST = 30
"""Rows in one picture."""
NEUTRAL = "#3B2A6B"
MOST, TIED = 7, 0.3
"""Parameters in the pairs, and the correlation that a pair is shown for."""


def groups(posterior: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Parameters by what they belong to, the best learned first, no more than a picture holds."""
    kind = posterior["parameter"].map(_kind)
    for name in dict.fromkeys(kind):
        own = posterior[kind == name].sort_values("score_sd")
        parts = -(-len(own) // LONGEST)
        for part in range(parts):
            rows = own.iloc[part * len(own) // parts : (part + 1) * len(own) // parts]
            yield f"{name} ({part + 1} of {parts})" if parts > 1 else name, rows


def _kind(parameter: str) -> str:
    keys = parameter.split(".")
    if any(key.endswith("_trend") for key in keys):
        return "Trends: recruiting, depth, appeal"
    return "Platforms" if keys[0] == "platform" else "Users, merchants, market"


def intervals(title: str, rows: pd.DataFrame) -> Figure:
    """Prior and posterior intervals of 90 % on the prior's own scale, the mode as a dot."""
    drawn = Figure(figsize=(WIDTH, 1.1 + ROW * len(rows)), dpi=style.DPI, layout="constrained")
    axes = drawn.subplots()
    for place, row in enumerate(rows.to_dict("records")):
        ink = _ink(row["parameter"])
        half = NINETY * row["score_sd"]
        kept = not row["identified"]
        axes.plot([-NINETY, NINETY], [place] * 2, color="#DDDDDD", linewidth=6, solid_capstyle="butt", zorder=2)
        axes.plot(
            [row["score"] - half, row["score"] + half],
            [place] * 2,
            color=ink,
            linewidth=1.2 if kept else 2.6,
            linestyle=(0, (2, 1)) if kept else "-",
            zorder=3,
        )
        axes.plot(
            [row["score"]], [place], "o", color="white" if kept else ink, markeredgecolor=ink, markersize=4.5, zorder=4
        )
    reach = max(2.2, 1.05 * float((rows["score"].abs() + NINETY * rows["score_sd"]).max()))
    axes.set_xlim(-reach, reach)
    axes.axvline(0, color=style.INK, linewidth=0.7, zorder=1)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [words.parameter(name) for name in rows["parameter"]])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    axes.set_xlabel("prior standard deviations from its mean")
    style.head(drawn, title)
    axes.grid(False, axis="y")
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    drawn.legend(
        handles=[
            Patch(color="#DDDDDD", label="prior, 90 %"),
            Line2D([], [], color=NEUTRAL, marker="o", markersize=4.5, linewidth=2.6, label="posterior, 90 %"),
            Line2D(
                [],
                [],
                color=NEUTRAL,
                marker="o",
                markersize=4.5,
                markerfacecolor="white",
                linewidth=1.2,
                linestyle=(0, (2, 1)),
                label="keeps its prior",
            ),
        ],
        loc="outside lower center",
        ncols=3,
        columnspacing=1.2,
    )
    return drawn


def _ink(parameter: str) -> str:
    owner = words.owner(parameter)
    return style.colors([owner])[owner] if owner else NEUTRAL


def alt_intervals(title: str, rows: pd.DataFrame) -> str:
    """What the lines show, in words."""
    kept = int((rows["identified"] == 0).sum())
    best = rows.iloc[0]
    return (
        f"{title}: {len(rows) - kept} of {len(rows)} parameters are learned, {kept} keep their prior. Best "
        f"learned is {words.parameter(best['parameter'])}, with {words.percent(float(best['score_sd']))} of the "
        "prior’s spread left."
    )


def correlations(posterior: pd.DataFrame, draws: pd.DataFrame) -> pd.DataFrame:
    """Correlations of the parameters that moved among the draws, on the scales they were searched on."""
    table = _searched(posterior, draws)
    return table.corr() if len(table) > 2 else pd.DataFrame()


def chosen(posterior: pd.DataFrame, draws: pd.DataFrame) -> list[str]:
    """The parameters of the pairs: the most correlated that were learned, then those that were learned best."""
    known = correlations(posterior, draws)
    learned = posterior[posterior["identified"] == 1].sort_values("score_sd")["parameter"]
    names = [name for name in learned if name in known]
    tied = known.loc[names, names].abs().to_numpy()
    pairs = sorted(
        ((tied[a, b], names[a], names[b]) for a in range(len(names)) for b in range(a) if tied[a, b] > TIED),
        reverse=True,
    )
    found = dict.fromkeys(name for _, first, second in pairs for name in (first, second))
    return list(dict.fromkeys([*found, *names]))[:MOST]


def pairs(posterior: pd.DataFrame, draws: pd.DataFrame) -> Figure:
    """Draws of each pair below the diagonal, correlations above it."""
    names = chosen(posterior, draws)
    if len(names) < 2:
        raise style.NothingToDrawError("fewer than two parameters were learned")
    table, known = _searched(posterior, draws)[names], correlations(posterior, draws)
    drawn = Figure(figsize=(style.WIDTH, style.WIDTH), dpi=style.DPI, layout="constrained")
    panels = drawn.subplots(len(names), len(names), squeeze=False)
    scales = dict(zip(posterior["parameter"], posterior["scale"], strict=True))
    for row, across in enumerate(names):
        for column, along in enumerate(names):
            axes = panels[row, column]
            axes.grid(False)
            if row == column:
                axes.hist(table[along], bins=20, color=_ink(along), linewidth=0)
                axes.set_yticks([])
            elif row > column:
                axes.plot(table[along], table[across], ".", color=NEUTRAL, alpha=0.35, markersize=2.5, rasterized=True)
            else:
                _correlation(axes, known[across][along])
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(2))
                axis.set_tick_params(labelsize=6.5)
            axes.tick_params(labelbottom=row == len(names) - 1, labelleft=column == 0 < row)
            if row == len(names) - 1:
                axes.set_xlabel(_axis(along, scales[along]), fontsize=6.8)
            if column == 0:
                axes.set_ylabel(_axis(across, scales[across]), fontsize=6.8)
    style.head(drawn, "Draws of the posterior, pair by pair")
    return drawn


def _searched(posterior: pd.DataFrame, draws: pd.DataFrame) -> pd.DataFrame:
    found = {}
    for name, scale in zip(posterior["parameter"], posterior["scale"], strict=True):
        values = draws[name].to_numpy(float)
        low, high = (0.0, 1.0) if scale == "logit" else (0.0, np.inf)
        if scale != "linear" and not ((values > low) & (values < high)).all():
            continue  # has no place on its scale
        moved = values if scale == "linear" else logit(values) if scale == "logit" else np.log(values)
        if moved.std() > 0:
            found[name] = moved
    return pd.DataFrame(found)


def _axis(parameter: str, scale: str) -> str:
    short = words.parameter(parameter).split(" ")
    half = -(-len(short) // 2)
    told = " ".join(short[:half]) + "\n" + " ".join(short[half:])
    return told if scale == "linear" else f"{told}\n({'log odds' if scale == 'logit' else 'log'})"


def _correlation(axes: Axes, value: float) -> None:
    axes.set_facecolor((0.23, 0.16, 0.42, 0.55 * abs(value)))
    axes.text(
        0.5, 0.5, f"{value:.2f}".replace("-", "−"), ha="center", va="center", transform=axes.transAxes, fontsize=8
    )
    axes.set_xticks([])
    axes.set_yticks([])


def alt_pairs(posterior: pd.DataFrame, draws: pd.DataFrame) -> str:
    """What the pairs show, in words."""
    names, known = chosen(posterior, draws), correlations(posterior, draws)
    told = sorted(((known[a][b], a, b) for at, a in enumerate(names) for b in names[:at]), key=lambda it: -abs(it[0]))[
        :3
    ]
    strong = "; ".join(
        f"{words.parameter(a)} and {words.parameter(b)} ({words.number(round(value, 2))})" for value, a, b in told
    )
    return f"Draws of {len(names)} parameters, pair by pair. Strongest correlations: {strong}."
