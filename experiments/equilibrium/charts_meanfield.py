"""Picture of the mean-field map: its fixed points along one weight, with long simulations beside them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from secondhalf.experiments.pictures import style

MOST = 3
"""Profiles that there is room for."""
WEIGHTS = {"habit_weight": "weight of habit, times", "social_weight": "weight of friends, times"}


def branches(tipping: pd.DataFrame, beside: pd.DataFrame, labels: dict[str, str]) -> Figure:
    """Minutes per platform along a weight, a panel a profile; solid where the fixed point is stable.

    Parameters
    ----------
    tipping, beside
        tipping.csv and meanfield.csv
    labels
        what a profile is called, by its words
    """
    profiles = list(dict.fromkeys(tipping["profile"]))[:MOST]
    platforms = list(dict.fromkeys(tipping["platform"]))
    colors, drawn = style.colors(platforms), style.figure(3.1)
    panels = drawn.subplots(1, len(profiles), sharex=True, sharey=True, squeeze=False)[0]
    for axes, profile in zip(panels, profiles, strict=True):
        own = tipping[tipping["profile"] == profile]
        for name in platforms:
            _branch(axes, own[own["platform"] == name], colors[name])
        near = beside[(beside["profile"] == profile) & (beside["measure"] == "minutes")]
        for row in near.to_dict("records"):
            axes.plot(1.0, row["simulation"], "o", color=colors[row["platform"]], markersize=5, clip_on=False, zorder=3)
        axes.set_title(labels.get(profile, ""))
    panels[0].set_ylabel("minutes a day and person")
    panels[0].set_ylim(bottom=0)
    panels[len(profiles) // 2].set_xlabel(WEIGHTS[str(tipping["weight"].iloc[0])])
    handles = [Line2D([], [], color=colors[name], label=style.label(name)) for name in platforms]
    handles += [
        Line2D([], [], color=style.INK, linestyle="", marker="o", label="long simulation"),
        Line2D([], [], color=style.INK, linestyle=":", label="not stable"),
    ]
    if (tipping["tips"] == "yes").any():
        handles.append(Line2D([], [], color=style.INK, linestyle="", marker="x", label="tips"))
    drawn.legend(handles=handles, loc="outside lower center", ncols=4)
    style.head(drawn, "Fixed points of infinitely many users")
    return drawn


def _branch(axes: Axes, own: pd.DataFrame, color: str) -> None:
    factor, minutes = own["factor"].to_numpy(float), own["minutes"].to_numpy(float)
    stable = own["radius"].to_numpy(float) < 1
    if factor.size == 1:
        axes.plot(factor, minutes, "|", color=color)
    for number in range(factor.size - 1):
        both = bool(stable[number] and stable[number + 1])
        axes.plot(factor[number : number + 2], minutes[number : number + 2], "-" if both else ":", color=color)
    tips = np.flatnonzero(own["tips"].to_numpy() == "yes")
    axes.plot(factor[tips], minutes[tips], "x", color=color)
