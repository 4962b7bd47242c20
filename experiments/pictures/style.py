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
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Affine2D, Bbox, Transform

from secondhalf.experiments.results.last_fact import FORECAST, ONE_RUN, fitted_to
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
MEASURES = {
    "interpenetration_gmv": INK,
    "interpenetration_minutes": "#7B68B5",
    "hhi_attention": "#44AA99",
    "hhi_gmv": "#999933",
    "leak_rate": "#882255",
}
"""Colours of the market's measures, the same in every picture."""
DAYS_DRAWN_SINGLY = 150
"""Longer runs are drawn month by month."""
LATER_GROUND, LATER_INK = "#F1F1F1", "#666666"
"""Ground of the days after the last fact, and ink of the words over them."""
TICK_WIDTH = 0.45
"""Inches for a year along the bottom."""
NAME_GAP, NAME_DISTANCE = 9.5, 8
"""Points between the names of two lines at least, and between a panel and the names beside it."""
OVER = 1.0
"""Where the title of a panel stands, as a part of its height; with none given Matplotlib looks for words in its way."""
NOTE, STRIP = "note", 0.22
"""Label of the words below a picture, and the height of their strip, inches."""
HALO = [withStroke(linewidth=2.5, foreground="white")]
"""Around letters that lie on lines; a box would also hide the ground behind them."""


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
    engine = drawn.get_layout_engine()
    if engine is not None:  # laid out once for all formats; with an engine left, each would be drawn unseen before
        engine.execute(drawn)
        drawn.set_layout_engine(None)
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


class _DateLocator(mdates.AutoDateLocator):
    """Works ticks out once for the same limits; a panel asks a dozen times while it is laid out and drawn."""

    def __init__(self, ticks: int) -> None:
        super().__init__(minticks=2, maxticks=ticks)  # type: ignore[no-untyped-call]
        self._limits: tuple[float, ...] = ()
        self._ticks: Any = None

    def __call__(self) -> Any:
        assert self.axis is not None
        limits = self.axis.get_view_interval()
        if tuple(limits) != self._limits:
            self._limits, self._ticks = tuple(limits), super().__call__()  # type: ignore[no-untyped-call]
        return self._ticks


def date_axis(axes: Axes, ticks: int | None = None) -> None:
    """At most `ticks` years, months or days along the bottom; by default as many as there is room for."""
    if ticks is None:
        ticks = max(2, int(axes.get_window_extent().width / axes.figure.dpi / TICK_WIDTH))
    locator = _DateLocator(ticks)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, show_offset=False))
    axes.set_xlabel("")
    axes.grid(False, axis="x")
    sns.despine(ax=axes, left=True)


def number(day: str | pd.Timestamp) -> float:
    """Where a day lies on a date axis."""
    return float(mdates.date2num(pd.Timestamp(day)))


def whole_run(axes: Axes, results: Results) -> None:
    """From the first day to the last."""
    first, last = (number(results.summary[key]) for key in ("first_day", "last_day"))
    axes.set_xlim(first, max(last, first + 1))


class LineName(Annotation):
    """A line's name to the right of its panel, with a leader to where the line ends.

    The names of a panel are pushed apart when they are drawn, so that layout and limits may still change before; a
    leader goes from the left edge of its name to the last point of its line, and so never through another name.
    """

    def __init__(self, line: Line2D, name: str, siblings: list[LineName]) -> None:
        self.line, self.siblings = line, siblings
        across, up = np.asarray(line.get_xdata()), np.asarray(line.get_ydata(), float)
        last = int(np.flatnonzero(np.isfinite(up))[-1])
        leader = {"arrowstyle": "-", "color": line.get_color(), "linewidth": 0.6, "shrinkA": 1, "shrinkB": 0}
        super().__init__(
            name,
            xy=(across[last], float(up[last])),
            xytext=(NAME_DISTANCE, 0),
            xycoords="data",
            textcoords=self._beside,
            va="center",
            color=line.get_color(),
            fontsize=7.5,
            arrowprops=leader | {"relpos": (0, 0.5)},
            annotation_clip=False,
        )
        siblings.append(self)

    def get_window_extent(self, renderer: RendererBase | None = None, dpi: float | None = None) -> Bbox:
        """The name's own box: its leader lies within the panel, so that no layout has to look at it."""
        if renderer is not None:
            self.update_positions(renderer)
        return Text.get_window_extent(self, renderer, dpi)

    def end(self) -> float:
        """Height of the line's end above the bottom of the panel, points."""
        axes = self.line.axes
        assert axes is not None
        return float((axes.transData.transform((0, self.xy[1]))[1] - axes.bbox.y0) * 72 / self._dots_per_inch())

    def _beside(self, _: RendererBase) -> Transform:
        """Points to the right of the panel's right edge, and above where the siblings leave room."""
        axes, dots = self.line.axes, self._dots_per_inch()
        assert axes is not None
        order = sorted(self.siblings, key=LineName.end)
        placed = spread(np.array([one.end() for one in order]), NAME_GAP, axes.bbox.height * 72 / dots)
        up = float(placed[order.index(self)]) * dots / 72
        return Affine2D().scale(dots / 72).translate(axes.bbox.x1, axes.bbox.y0 + up)

    def _dots_per_inch(self) -> float:
        assert self.line.figure is not None
        return float(self.line.figure.dpi)


def name_lines(axes: Axes, lines: Mapping[str, Line2D], labels: Mapping[str, str]) -> None:
    """Write each line's name beside its panel, with a leader to the line's end; a line without a point gets none."""
    siblings: list[LineName] = []
    for name, line in lines.items():
        if np.isfinite(np.asarray(line.get_ydata(), float)).any():
            axes.add_artist(LineName(line, labels[name], siblings)).set_clip_on(False)


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
        top_label(axes, at, f"second half begins\n{written(day)}", fontsize=7.5, path_effects=HALO)


def mark_facts_end(axes: Axes, results: Results, place: Callable[[str], float] = number, filled: bool = False) -> None:
    """The ground and words of `mark_last_fact` in a picture of one run."""
    mark_last_fact(axes, results.last_fact, place, filled, ONE_RUN)


def mark_last_fact(
    axes: Axes,
    last_fact: str | None,
    place: Callable[[str], float] = number,
    filled: bool = False,
    later: str = FORECAST,
) -> None:
    """A pale ground over the days after the last fact, and above the panel the words `fitted to 2024 | forecast`.

    Nothing of a run that ends before; a run that begins later has the ground all over, and the word for what it is.
    Call when the limits along the bottom are final.

    Parameters
    ----------
    last_fact
        `calendar.last_fact` of the run; None when it is not known
    place
        where the end of a day lies along the bottom; by default a date axis
    filled
        the panel is filled to its edges: a white line stands for the ground
    later
        what the days after the last fact are
    """
    if last_fact is None:
        return
    first, last = axes.get_xlim()
    begin = place(last_fact)
    if begin >= last:
        return
    if not filled:
        axes.axvspan(max(begin, first), last, color=LATER_GROUND, linewidth=0, zorder=-1)
    elif begin > first:
        axes.axvline(begin, color="white", linewidth=0.9)
    axes.set_xlim(first, last)
    words = [(fitted_to(last_fact), -2.5, "right"), ("|", 0.0, "center"), (later, 2.5, "left")]
    for said, across, side in words if begin > first else words[-1:]:
        axes.annotate(
            said,
            xy=(max(begin, first), 1),
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
