"""Style of every picture: one page width, one colour a platform, names at the ends of lines."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.dates as mdates
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox

from secondhalf.experiments.results.last_fact import FORECAST, fitted_to
from secondhalf.experiments.results.run_results import Results
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.data_files import names

WIDTH = 7.2
"""Width of a page's text, inches; every picture is read at this width."""
DPI = 200
INK = "#333333"
FAINT = "#BBBBBB"
SPARE_COLORS = ("#000000", "#F0E442", "#999999", "#882255", "#44AA99", "#DDCC77")
"""For platforms that data/names.yaml does not know, in order."""
DAYS_DRAWN_SINGLY = 150
"""Longer runs are drawn month by month."""
LATER_GROUND, LATER_INK = "#F1F1F1", "#666666"
"""Ground of the days after the last fact, and ink of the words over them."""
TICK_WIDTH = 0.45
"""Inches for a year along the bottom."""
NAME_GAP = 9.5
"""Points between the names of two lines at least."""
NOTE, STRIP = "note", 0.22
"""Label of the words below a picture, and the height of their strip, inches."""
PALE_BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}
"""Ground of text that lies on lines."""


class NothingToDrawError(ValueError):
    """A run holds nothing that this picture could show; the message says what is missing."""


@contextmanager
def page(font: str | None) -> Iterator[None]:
    """The look of every picture, for the time of drawing it."""
    families = [*([font] if font else []), "DejaVu Sans"]
    look: Any = {
        "font.family": families,
        "font.size": 8,
        "axes.titlesize": 9,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 11,  # room for the words over the last fact, between title and panel
        "axes.labelsize": 8,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": 7.5,
        "ytick.labelsize": 7.5,
        "legend.fontsize": 7.5,
        "legend.frameon": False,
        "grid.color": "#E6E6E6",
        "svg.hashsalt": "secondhalf",  # names inside the file do not change with every drawing
        "savefig.dpi": DPI,  # as the figure: letters are not equally wide at all resolutions
    }
    with sns.axes_style("whitegrid"), mpl.rc_context(look):
        yield


def figure(height: float) -> Figure:
    """An empty figure as wide as a page; it belongs to no window, so no display is needed."""
    return Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")


def head(drawn: Figure | SubFigure, title: str) -> None:
    """One title over all panels."""
    drawn.suptitle(title, x=0.01, ha="left", fontsize=9, fontweight="bold")


def put_note(drawn: Figure, words: str) -> None:
    """Words in a strip below a picture, which leaves everything else where it is; none when there are no words."""
    if words:
        middle = -STRIP / 2 / drawn.get_figheight()
        drawn.text(0.01, middle, words, label=NOTE, va="center", fontsize=7, fontweight="bold").set_in_layout(False)


def save(drawn: Figure, path: Path) -> None:
    """Write a figure, whole or not at all; the ending of `path` is the format."""
    dated = {"Date": None} if path.suffix == ".svg" else None
    if drawn.get_layout_engine() is not None:
        drawn.draw_without_rendering()
        drawn.set_layout_engine("none")  # laid out once, for all formats
    strip: Bbox | None = None
    if any(text.get_label() == NOTE for text in drawn.texts):
        width, height = drawn.get_size_inches()
        strip = Bbox.from_extents(0, -STRIP, width, height)
    with replacing(path) as temporary:
        drawn.savefig(temporary, format=path.suffix[1:], metadata=dated, bbox_inches=strip)


def label(platform: str) -> str:
    """A platform's name as people write it."""
    return str(names().get(platform, {}).get("label", platform))


def colors(platforms: Sequence[str]) -> dict[str, str]:
    """One colour a platform, the same in every picture."""
    unknown = iter(SPARE_COLORS * (len(platforms) // len(SPARE_COLORS) + 1))
    return {name: names()[name]["color"] if name in names() else next(unknown) for name in platforms}


def dash(results: Results, platform: str) -> str:
    """Content platforms are drawn whole, shelf platforms dashed."""
    return "-" if results.kind(platform) == "content" else "--"


def periods(results: Results, dates: pd.Series[str]) -> pd.DatetimeIndex:
    """When to draw each date: in the middle of its month in long runs, else on the day."""
    days = pd.DatetimeIndex(dates)
    if len(results.tables["market"]) <= DAYS_DRAWN_SINGLY:
        return days
    return days.to_period("M").to_timestamp() + pd.Timedelta(days=14)


def share_axis(axes: Axes, whole: bool = False) -> None:
    """Shares from 0 up, to 100 % when `whole`, in percent."""
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}%"))
    axes.set_ylim(0, 1 if whole else None)


def date_axis(axes: Axes, ticks: int | None = None) -> None:
    """At most `ticks` years, months or days along the bottom; by default as many as there is room for."""
    if ticks is None:
        ticks = max(2, int(axes.get_window_extent().width / axes.figure.dpi / TICK_WIDTH))
    locator = mdates.AutoDateLocator(minticks=2, maxticks=ticks)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, show_offset=False))
    axes.set_xlabel("")
    axes.grid(False, axis="x")
    sns.despine(ax=axes, left=True)


def number(day: str | pd.Timestamp) -> float:
    """Where a day lies on a date axis."""
    return float(mdates.date2num(pd.Timestamp(day)))


def last_values(table: pd.DataFrame) -> dict[str, float]:
    """The last row, by column."""
    return {str(name): float(value) for name, value in table.iloc[-1].items()}


def whole_run(axes: Axes, results: Results) -> None:
    """From the first day to the last."""
    first, last = (number(results.summary[key]) for key in ("first_day", "last_day"))
    axes.set_xlim(first, max(last, first + 1))


def name_lines(axes: Axes, ends: Mapping[str, float], inks: Mapping[str, str], labels: Mapping[str, str]) -> None:
    """Write each line's name beside its end, pushed apart where they would lie on one another.

    Call when the limits of the axes are final.
    """
    if not ends:
        return
    height = axes.bbox.height * 72 / axes.figure.dpi  # points, before the layout, which makes panels a little higher
    low, high = axes.get_ylim()
    order = sorted(ends, key=lambda name: ends[name])
    wanted = np.array([(ends[name] - low) / (high - low) * height for name in order])
    placed = spread(wanted, NAME_GAP, height)
    for name, at, to in zip(order, wanted, placed, strict=True):
        axes.annotate(
            labels[name],
            xy=(1.0, at / height),
            xytext=(8, to - at),
            xycoords="axes fraction",
            textcoords="offset points",
            va="center",
            color=inks[name],
            fontsize=7.5,
            arrowprops={"arrowstyle": "-", "color": inks[name], "linewidth": 0.6, "shrinkA": 1, "shrinkB": 1},
            annotation_clip=False,
        )


def spread(wanted: np.ndarray, gap: float, height: float) -> np.ndarray:
    """Ascending positions moved as little as needed to stand `gap` apart, within [0, height] where they fit."""
    placed = np.array(wanted, float)
    for _ in range(200):
        overlap = gap - np.diff(placed)
        if (overlap <= 1e-3).all():
            break
        push = np.maximum(overlap, 0) / 2
        placed[:-1] -= push
        placed[1:] += push
        placed = np.clip(placed, 0, max(height, gap * (len(placed) - 1)))
    return placed


def top_label(axes: Axes, at: float, text: str, gap: tuple[int, int] = (3, 3), left: bool = False, **look: Any) -> None:
    """Text at the top of the axes: to the right of the place `at`, or `left` of it, `gap` points across and down."""
    axes.annotate(
        text,
        xy=(at, 1),
        xytext=(-gap[0] if left else gap[0], -gap[1]),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
        **look,
    )


def mark_second_half(axes: Axes, results: Results, named: bool = True) -> None:
    """A thin line on the day the second half begins, when it does within the run."""
    day = results.summary["second_half_day"]
    if day is None:
        return
    at = number(day)
    axes.axvline(at, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=1)
    if named:
        top_label(axes, at, f"second half\nbegins {written(day)}", fontsize=7.5, bbox=PALE_BOX)


def mark_last_fact(
    axes: Axes, last_fact: str | None, place: Callable[[str], float] = number, filled: bool = False
) -> None:
    """A pale ground over the days after the last fact, and above the panel the words `fitted to 2024 | forecast`.

    Nothing of a run that ends before, or begins later. Call when the limits along the bottom are final.

    Parameters
    ----------
    last_fact
        `calendar.last_fact` of the run; None when it is not known
    place
        where the end of a day lies along the bottom; by default a date axis
    filled
        the panel is filled to its edges: a white line stands for the ground
    """
    if last_fact is None:
        return
    first, last = axes.get_xlim()
    begin = place(last_fact)
    if not first < begin < last:
        return
    if filled:
        axes.axvline(begin, color="white", linewidth=0.9)
    else:
        axes.axvspan(begin, last, color=LATER_GROUND, linewidth=0, zorder=-1)
    axes.set_xlim(first, last)
    for words, across, side in ((fitted_to(last_fact), -2.5, "right"), ("|", 0.0, "center"), (FORECAST, 2.5, "left")):
        axes.annotate(
            words,
            xy=(begin, 1),
            xytext=(across, 2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha=side,
            va="bottom",
            fontsize=6,
            color=LATER_INK,
        )


def written(day: str) -> str:
    """2021-01-31 as people write it: 31 January 2021."""
    date = dt.date.fromisoformat(day)
    return f"{date.day} {date:%B %Y}"


def known_font(font: str) -> bool:
    """Whether a family of this name is installed."""
    return font in font_manager.get_font_names()


def missing_letters(caught: Sequence[warnings.WarningMessage]) -> bool:
    """Whether Matplotlib said that the font lacks letters."""
    return any("missing from" in str(entry.message) for entry in caught)
