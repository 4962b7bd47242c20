"""Shares of attention and trade by platform, with the launches marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Affine2D, BboxBase, Transform

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.run_results import Results

MARKED = {"open": "", "close": " closed", "restore": " back"}
"""Changes of capabilities that are marked, and what is added to the capability's name."""
WORDS = {"short_video": "video", "external_links": "links", "expert_distribution": "experts"}
"""Short names of capabilities, where they differ."""
SIZE = 6.2
"""Of the labels' letters, points."""
MARK_SIZE = 5.0
BESIDE, STEP, CLEAR = 4.2, 6.5, 1.5
"""Points between a mark and its label, between a label's line and the next, and between two labels at least."""


class Opening(NamedTuple):
    """A launch (or closing) as it is marked."""

    at: pd.Timestamp
    platform: str
    label: str


def draw(results: Results) -> Figure:
    """Attention shares and GMV shares below a strip of launches."""
    rows = 0.27 * len(results.platforms)
    drawn = style.figure(4.85 + rows)
    strip, attention, trade = drawn.subplots(3, 1, sharex=True, height_ratios=[rows, 2, 2])
    launches(strip, results)
    attention_shares(attention, results, room=0.2 if results.summary["second_half_day"] else 0.0)
    gmv_shares(trade, results)
    for axes in (attention, trade):
        _lines_of_launches(axes, results)
        style.mark_second_half(axes, results, named=axes is attention)
    return drawn


def attention_shares(axes: Axes, results: Results, room: float = 0.0) -> None:
    """Share of all mobile time, a line a platform; `room` above them for words, as a part of the panel's height."""
    daily = results.tables["daily"]
    _lines(axes, results, daily["attention_share"], room=room)
    style.mark_facts_end(axes, results)
    axes.set_title("Attention: share of all mobile time", y=style.OVER)


def gmv_shares(axes: Axes, results: Results) -> None:
    """Share of the platforms' GMV, a line a platform."""
    daily = results.tables["daily"]
    if daily["gmv"].sum() <= 0:
        raise style.NothingToDrawError("nothing was sold")
    _lines(axes, results, daily["gmv"], of_total=True)
    style.mark_facts_end(axes, results)
    axes.set_title("Trade: share of the platforms' GMV", y=style.OVER)


def _lines(axes: Axes, results: Results, values: pd.Series[float], of_total: bool = False, room: float = 0.0) -> None:
    daily = results.tables["daily"]
    when = style.periods(results, daily["date"])
    table = values.groupby([when, daily["platform"]]).mean().unstack()[results.platforms]
    if of_total:
        table = table.div(table.sum(axis=1), axis=0).dropna()
    inks = style.colors(results.platforms)
    marker = "o" if len(table) < 3 else None
    lines = {
        name: axes.plot(
            table.index,
            table[name],
            color=inks[name],
            linestyle=style.dash(results, name),
            marker=marker,
            linewidth=1.4,
        )[0]
        for name in results.platforms
    }
    style.share_axis(axes)
    axes.set_ylim(top=axes.get_ylim()[1] * (1 + room))
    style.date_axis(axes)
    style.whole_run(axes, results)
    style.name_lines(axes, lines, {name: style.label(name) for name in results.platforms})


def openings(results: Results) -> list[Opening]:
    """Capabilities opened, closed and restored, as they follow each other."""
    moves = results.tables["moves"]
    shown = moves[moves["change"].isin(MARKED) & (moves["capability"] != "")]
    return [
        Opening(
            pd.Timestamp(row["date"]),
            row["platform"],
            WORDS.get(row["capability"], row["capability"].replace("_", " ")) + MARKED[row["change"]],
        )
        for row in shown.sort_values("date", kind="stable").to_dict("records")
    ]


class LaunchName(Annotation):
    """Words beside a mark, where no other words and no mark are.

    The places of all are chosen together when they are drawn, from the letters' true widths: beside the mark, before
    it, a line higher, a line lower; else where least is covered.
    """

    def __init__(self, words: str, at: float, row: float, siblings: list[LaunchName]) -> None:
        self.siblings = siblings
        super().__init__(
            words, (at, row), xytext=(0, 0), textcoords=self._place, ha="left", va="center", fontsize=SIZE, zorder=3
        )
        self.set_in_layout(False)
        siblings.append(self)

    def _place(self, renderer: RendererBase) -> Transform:
        places = _free_places(self.siblings, renderer)
        return Affine2D().translate(*places[self.siblings.index(self)])


def _free_places(names: Sequence[LaunchName], renderer: RendererBase) -> list[tuple[float, float]]:
    """Left edge and middle of each label, pixels; the earlier label chooses first."""
    axes, drawn = names[0].axes, names[0].figure
    assert axes is not None
    assert drawn is not None
    dot = float(drawn.dpi) / 72
    mark, gap, step, clear = MARK_SIZE / 2 * dot, BESIDE * dot, STEP * dot, CLEAR * dot
    marks = axes.transData.transform([name.xy for name in names])
    _, high, _ = renderer.get_text_width_height_descent("lp", names[0].get_fontproperties(), ismath=False)
    taken = np.hstack([marks - mark, marks + mark])  # a row a box: left, bottom, right, top
    places: list[tuple[float, float]] = []
    for name, (x, y) in zip(names, marks, strict=True):
        wide, _, _ = renderer.get_text_width_height_descent(name.get_text(), name.get_fontproperties(), ismath=False)
        choices = np.array([(left, y + up) for up in (0.0, step, -step) for left in (x + gap, x - gap - wide)])
        to_left, to_right = np.array([clear, high / 2]), np.array([wide + clear, high / 2])
        boxes = np.hstack([choices - to_left, choices + to_right])
        covered = _common(boxes, taken) + _outside(boxes, axes.bbox)
        best = int(np.argmax(covered < 1) if (covered < 1).any() else np.argmin(covered))
        places.append((float(choices[best, 0]), float(choices[best, 1])))
        taken = np.vstack([taken, boxes[best]])
    return places


def _common(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Area that each box shares with the others, pixels squared."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared: np.ndarray = np.clip(high - low, 0, None).prod(axis=2).sum(axis=1)
    return shared


def _outside(boxes: np.ndarray, within: BboxBase) -> np.ndarray:
    """Area by which each box leaves the panel at its sides."""
    beyond = np.clip(within.x0 - boxes[:, 0], 0, None) + np.clip(boxes[:, 2] - within.x1, 0, None)
    area: np.ndarray = beyond * (boxes[:, 3] - boxes[:, 1])
    return area


def launches(axes: Axes, results: Results) -> None:
    """A row a platform, a mark a launch."""
    inks = style.colors(results.platforms)
    rows = {name: -number for number, name in enumerate(results.platforms)}
    named: list[LaunchName] = []
    for launch in openings(results):
        at, row = style.number(launch.at), rows[launch.platform]
        axes.plot(at, row, marker="v", markersize=MARK_SIZE, color=inks[launch.platform], clip_on=False)
        axes.add_artist(LaunchName(launch.label, at, row, named))
    axes.set_yticks(list(rows.values()), [style.label(name) for name in rows])
    for tick, name in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color(inks[name])
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_title("Launches", y=style.OVER)
    style.date_axis(axes)
    style.whole_run(axes, results)
    style.mark_facts_end(axes, results)


def _lines_of_launches(axes: Axes, results: Results) -> None:
    for launch in openings(results):
        axes.axvline(style.number(launch.at), color="#DDDDDD", linewidth=0.6, zorder=0)
