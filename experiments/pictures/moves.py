"""Moves of platforms: a lane for every capability that a platform opened, tested or closed, and who had it before."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.run_results import Results

PARTLY = 0.35
"""How strongly a lane is coloured while only some see the capability."""
WHOLLY = 1.0
SIGNS = {"strengthen": "^", "recruit": "|", "deepen": "_"}
RECALLED = "#9A9A9A"
"""Ink of signs of launches that are only recalled (grade R)."""
HELD = 0.5
"""Part of the users who must see a capability for the platform to count as one that has it."""
BLOCKED = "blocked"
"""Change of a move that the scenario stopped."""
GROWTH = "recruit, deepen"
"""Lane of the moves that concern no capability."""
Stage = tuple[pd.Timestamp, float]
Lane = tuple[str, str]


def draw(results: Results) -> Figure:
    """Lanes under their platforms; before a lane begins, a dot for every platform that had the capability already."""
    moves = results.tables["moves"]
    if moves.empty:
        raise style.NothingToDrawError("nobody moved")
    stages = {lane: stages_of(results, *lane) for lane in lanes(results)}
    stages = {lane: own for lane, own in stages.items() if lane[1] == GROWTH or any(part for _, part in own)}
    drawn = style.figure(1.1 + 0.17 * len(stages))
    axes = drawn.subplots()
    inks = style.colors(results.platforms)
    for row, lane in enumerate(stages):
        _lane(axes, -row, lane, stages[lane], results, inks)
    _names(axes, list(stages), inks)
    axes.set_title("Moves, and who had the capability before", y=style.OVER)
    style.date_axis(axes)
    style.whole_run(axes, results)
    axes.grid(False)
    style.mark_second_half(axes, results, named=False)
    style.mark_facts_end(axes, results)
    drawn.legend(handles=_legend(results), loc="outside lower center", ncols=8, handlelength=1.4, columnspacing=1.0)
    return drawn


def lanes(results: Results) -> list[Lane]:
    """Platform and capability of every lane, in order of platforms and of first moves."""
    moves = results.tables["moves"]
    named = moves["capability"].where(moves["capability"] != "", GROWTH)
    seen = dict.fromkeys(zip(moves["platform"], named, strict=True))
    order = {name: number for number, name in enumerate(results.platforms)}
    return sorted(seen, key=lambda lane: (order[lane[0]], lane[1] == GROWTH))


def stages_of(results: Results, platform: str, capability: str) -> list[Stage]:
    """From when on which part of the users sees a capability: the first day, then a stage a move."""
    first = pd.Timestamp(results.summary["first_day"])
    shown = results.summary["exposure_at_start"].get(platform, {}).get(capability, 0.0)
    stages: list[Stage] = [(first, shown)]
    moves = results.tables["moves"]
    own = moves[(moves["platform"] == platform) & (moves["capability"] == capability) & (moves["change"] != BLOCKED)]
    for row in own.to_dict("records"):
        before = stages[-1][1]
        after = {"close": 0.0, "test": max(before, PARTLY), "restrict": min(before, PARTLY)}
        stages.append((pd.Timestamp(row["date"]), after.get(row["change"], WHOLLY)))
    return stages


def holders(results: Results, platform: str, capability: str, at: pd.Timestamp) -> list[str]:
    """Other platforms at which most users saw the capability before a day."""
    found = []
    for other in results.platforms:
        shown = [part for since, part in stages_of(results, other, capability) if since < at]
        if other != platform and shown and shown[-1] >= HELD:
            found.append(other)
    return found


def _lane(axes: Axes, row: int, lane: Lane, stages: list[Stage], results: Results, inks: Mapping[str, str]) -> None:
    platform, capability = lane
    end = pd.Timestamp(results.summary["last_day"])
    for (since, part), (until, _) in zip(stages, [*stages[1:], (end, 0.0)], strict=True):
        if part > 0:
            left, right = style.number(since), style.number(until)
            axes.barh(
                row, right - left, left=left, height=0.5, color=inks[platform], alpha=max(part, PARTLY), linewidth=0
            )
    moves = results.tables["moves"]
    named = moves["capability"].where(moves["capability"] != "", GROWTH)
    for move in moves[(moves["platform"] == platform) & (named == capability)].to_dict("records"):
        if move["change"] in SIGNS:
            at = style.number(move["date"])
            ink = RECALLED if move["grade"] == "R" else style.INK
            axes.plot(at, row, SIGNS[move["change"]], color=ink, markersize=4.5, markeredgewidth=1.1, zorder=3)
    if stages[0][1] == 0 and len(stages) > 1:
        begin = stages[1][0]
        owners = holders(results, platform, capability, begin)
        for place, owner in enumerate(reversed(owners)):
            axes.annotate(
                "●",
                (style.number(begin), row),
                xytext=(-6 - 6 * place, 0),
                textcoords="offset points",
                ha="center",
                va="center_baseline",
                color=inks[owner],
                fontsize=7,
            )


def _names(axes: Axes, shown: list[Lane], inks: Mapping[str, str]) -> None:
    """Capabilities beside the lanes, platforms beside their groups."""
    axes.set_yticks([-row for row in range(len(shown))], [capability.replace("_", " ") for _, capability in shown])
    axes.tick_params(axis="y", labelsize=7)
    axes.set_ylim(-len(shown) + 0.4, 0.6)
    for name in dict.fromkeys(platform for platform, _ in shown):
        rows = [row for row, (platform, _) in enumerate(shown) if platform == name]
        middle = -(rows[0] + rows[-1]) / 2
        axes.annotate(
            style.label(name).replace(" and ", "\nand " if len(rows) > 1 else " and "),
            (0, middle),
            xytext=(-92, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            ha="right",
            va="center",
            color=inks[name],
            fontweight="bold",
        )
        if rows[0]:
            axes.axhline(-rows[0] + 0.5, xmin=-0.42, color=style.FAINT, linewidth=0.6, clip_on=False)


def _legend(results: Results) -> list[Patch | Line2D]:
    def sign(marker: str, name: str) -> Line2D:
        return Line2D([], [], marker=marker, color=style.INK, linestyle="", markersize=4.5, label=name)

    recalled = Line2D([], [], marker="|", color=RECALLED, linestyle="", markersize=4.5, label="recalled (R)")
    half = Line2D([], [], color=style.INK, linewidth=0.9, linestyle="--", label="second half begins")
    return [
        Patch(color=style.INK, alpha=PARTLY, label="in part"),
        Patch(color=style.INK, label="open"),
        *(sign(marker, name) for name, marker in SIGNS.items()),
        *([recalled] if (results.tables["moves"]["grade"] == "R").any() else []),
        sign("o", "who had it before"),
        *([half] if results.summary["second_half_day"] else []),
    ]
