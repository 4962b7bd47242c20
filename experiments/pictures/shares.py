"""Shares of attention and trade by platform, with the launches marked."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.run_results import Results

MARKED = {"open": "", "close": " closed", "restore": " back"}
"""Changes of capabilities that are marked, and what is added to the capability's name."""
WORDS = {"short_video": "video", "external_links": "links", "expert_distribution": "experts"}
"""Short names of capabilities, where they differ."""
LETTER = 0.0081
"""Width of a letter of a label, as a share of the run."""
BESIDE, ABOVE, BELOW, BEFORE = range(4)
"""Where a label stands: to the right of its mark, a step higher, a step lower, or to the left."""
MARGIN, MARK = 1.5, 1.0
"""Letters between a label and the next, and half the width of a mark."""


class Opening(NamedTuple):
    """A launch (or closing) as it is marked."""

    at: pd.Timestamp
    platform: str
    label: str
    step: int


def draw(results: Results) -> Figure:
    """Attention shares and GMV shares below a strip of launches."""
    drawn = style.figure(6.2)
    strip, attention, trade = drawn.subplots(3, 1, sharex=True, height_ratios=[1.35, 2, 2])
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
    axes.set_title("Attention: share of all mobile time")


def gmv_shares(axes: Axes, results: Results) -> None:
    """Share of the platforms' GMV, a line a platform."""
    daily = results.tables["daily"]
    if daily["gmv"].sum() <= 0:
        raise style.NothingToDrawError("nothing was sold")
    _lines(axes, results, daily["gmv"], of_total=True)
    style.mark_facts_end(axes, results)
    axes.set_title("Trade: share of the platforms' GMV")


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
    """Capabilities opened, closed and restored; labels stand where no other label or mark of the platform is."""
    moves = results.tables["moves"]
    shown = moves[moves["change"].isin(MARKED) & (moves["capability"] != "")]
    first, last = (pd.Timestamp(results.summary[key]) for key in ("first_day", "last_day"))
    letter = (last - first) * LETTER
    found: list[Opening] = []
    for platform, rows in shown.groupby("platform", sort=False):
        marks = [*pd.to_datetime(rows["date"]), last + letter * 99]
        free = {BESIDE: first, ABOVE: first, BELOW: first}
        for row, at, following in zip(rows.to_dict("records"), marks, marks[1:], strict=False):
            word = WORDS.get(row["capability"], row["capability"].replace("_", " ")) + MARKED[row["change"]]
            width = letter * (len(word) + MARGIN)
            if free[BESIDE] <= at and at + width + letter * MARK <= following:
                step = BESIDE
            elif at - width >= free[BESIDE]:
                step = BEFORE
            else:
                step = ABOVE if free[ABOVE] <= at or free[ABOVE] <= free[BELOW] else BELOW
            free[BESIDE] = max(free[BESIDE], at + letter * MARK)
            if step != BEFORE:
                free[step] = at + width
            found.append(Opening(at, str(platform), word, step))
    return found


def launches(axes: Axes, results: Results) -> None:
    """A row a platform, a mark a launch."""
    inks = style.colors(results.platforms)
    rows = {name: -number for number, name in enumerate(results.platforms)}
    for launch in openings(results):
        at, row = style.number(launch.at), rows[launch.platform]
        axes.plot(at, row, marker="v", markersize=5, color=inks[launch.platform], clip_on=False)
        across, up = {BESIDE: (4, 0), ABOVE: (4, 6.5), BELOW: (4, -6.5), BEFORE: (-4, 0)}[launch.step]
        axes.annotate(
            launch.label,
            (at, row),
            xytext=(across, up),
            textcoords="offset points",
            ha="right" if launch.step == BEFORE else "left",
            va="center",
            fontsize=6.2,
        )
    axes.set_yticks(list(rows.values()), [style.label(name) for name in rows])
    for tick, name in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_color(inks[name])
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_title("Launches")
    style.date_axis(axes)
    style.whole_run(axes, results)
    style.mark_facts_end(axes, results)


def _lines_of_launches(axes: Axes, results: Results) -> None:
    for launch in openings(results):
        axes.axvline(style.number(launch.at), color="#DDDDDD", linewidth=0.6, zorder=0)
