"""Flows of attention into each platform by source, from the exact accounts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.run_results import Results

YEAR = 12
"""Months in the trailing sum."""
SHORT = 18
"""Months up to which a platform's bars are months."""
BARS_NAMED = 8
MILLION_HOURS = 60e6
"""Minutes in a million hours."""
INKS = {
    "new": "#222222",
    "outside": "#8A8A8A",
    "budget": "#A9B7C6",
    "lost": "#5B4A1F",
}
WORDS = {"new": "new users", "outside": "other apps", "budget": "length of days", "lost": "apps removed"}
"""Sources in words, the same as on the page of `browse`; users are new in their first year in an app."""
SUM, HALF = "net change", "second half begins"
DASHES = {"new": "-", "outside": "-", "budget": "--"}


def draw(results: Results) -> Figure:
    """All platforms together, over trailing years; below, each platform by calendar year."""
    table = books(results)
    count = len(results.platforms)
    columns = min(3, count)
    rows = -(-count // columns)
    drawn = style.figure(3.1 + 1.7 * rows)
    above, below = np.ravel(np.asarray(drawn.subfigures(2, 1, height_ratios=[2.5, 0.5 + 1.7 * rows])))
    whole = above.subplots()
    sources(whole, results)
    whole.set_title(f"All platforms: {whole.get_title(loc='left').lower()}", y=style.OVER)
    per = "year" if len(table) > SHORT else "month"
    style.head(
        below,
        f"Each platform's change by {per}, million hours a day (scales differ)\n"
        "up: gained, and from where; down: lost, and to whom",
    )
    panels = below.subplots(rows, columns, squeeze=False, sharex=True).flat
    for name in results.platforms:
        _panel(next(panels), results, name, by_source(table, results, name))
    for unused in panels:
        unused.set_axis_off()
    named = [pair for axes in below.axes for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
    shown = {name: handle for handle, name in reversed(named)}
    rivals = [style.label(name) for name in results.platforms]
    order = [name for name in (*WORDS.values(), *rivals, SUM, HALF) if name in shown]
    below.legend([shown[name] for name in order], order, loc="outside lower center", ncols=4, columnspacing=1.5)
    return drawn


def books(results: Results) -> pd.DataFrame:
    """Monthly flows, million hours a day: a row a complete month (its last day), columns platform and source.

    A source is a flow of the books, or the platform on the other side of a transfer.
    """
    flows = results.tables["flows"]
    if flows.empty:
        raise style.NothingToDrawError("no month is complete, so no flow book is closed")
    source = flows["flow"].where(flows["flow"] != "transfer", flows["counterparty"])
    table = flows.assign(source=source).pivot_table(
        index="month", columns=["platform", "source"], values="minutes", aggfunc="sum"
    )
    table.index = pd.PeriodIndex(table.index, freq="M").to_timestamp(how="end").normalize()
    wanted = pd.MultiIndex.from_product([results.platforms, [*INKS, *results.platforms]], names=["platform", "source"])
    whole = pd.date_range(table.index.min(), table.index.max(), freq="ME")
    return table.reindex(index=whole, columns=wanted).fillna(0.0) / MILLION_HOURS


def by_source(table: pd.DataFrame, results: Results, platform: str) -> pd.DataFrame:
    """One platform's monthly flows by source, without itself; `table` as from `books`."""
    sources = [source for source in (*INKS, *results.platforms) if source != platform]
    return pd.DataFrame({source: table[(platform, source)] for source in sources})


def _word(source: str) -> str:
    return WORDS.get(source) or style.label(source)


def sources(axes: Axes, results: Results) -> None:
    """Net inflow into all platforms together by source, summed over the trailing twelve months.

    The second half begins when new users fall behind the largest other source for good (90 days).
    """
    table = books(results).T.groupby("source").sum().T
    months = min(YEAR, len(table))
    trailing = table.rolling(months).sum().dropna()
    marker = "o" if len(trailing) < 3 else None
    lines = {
        name: axes.plot(trailing.index, trailing[name], dashes, color=INKS[name], linewidth=1.6, marker=marker)[0]
        for name, dashes in DASHES.items()
    }
    axes.axhline(0, color=style.INK, linewidth=0.6)
    span = "trailing year" if months == YEAR else f"trailing {months} months" if months > 1 else "one month"
    axes.set_title(f"Net inflow of attention, {span}", y=style.OVER)
    axes.set_ylabel("million hours a day")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.2 * (high - low))  # room for the words beside the second half's line
    style.date_axis(axes)
    style.whole_run(axes, results)
    style.mark_second_half(axes, results)
    style.mark_facts_end(axes, results)
    style.name_lines(axes, lines, WORDS)


def _panel(axes: Axes, results: Results, platform: str, own: pd.DataFrame) -> None:
    """One platform's change by calendar year (by month in short runs), gains up, losses down; the dot is the sum.

    The line is where the platform's own second half begins.
    """
    months = pd.DatetimeIndex(own.index)
    yearly = len(months) > SHORT
    bars = own.groupby(months.year).sum() if yearly else own
    names = [f"’{year % 100:02d}" for year in bars.index] if yearly else list(months.strftime("%b"))
    at = np.arange(len(bars))
    above, below = np.zeros(len(bars)), np.zeros(len(bars))
    inks = INKS | style.colors(results.platforms)
    for name in bars:
        ink, amounts = inks[str(name)], bars[name].to_numpy()
        stands = np.where(amounts < 0, below, above)
        axes.bar(at, amounts, bottom=stands, color=ink, width=0.75, linewidth=0, label=_word(str(name)))
        above, below = above + np.maximum(amounts, 0), below + np.minimum(amounts, 0)
    total = bars.to_numpy().sum(axis=1)
    axes.plot(at, total, "o", color="white", markeredgecolor=style.INK, markersize=4, label=SUM)
    axes.axhline(0, color=style.INK, linewidth=0.6)
    step = -(-len(bars) // BARS_NAMED)
    axes.set_xticks(at[::step], names[::step])
    axes.use_sticky_edges = False
    axes.margins(y=0.08)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(False, axis="x")
    axes.tick_params(axis="x", labelbottom=True)
    axes.set_title(style.label(platform), color=style.colors(results.platforms)[platform], y=style.OVER)

    def place(day: str) -> float:
        return _place(pd.Timestamp(day), months[0], yearly)

    _mark_day(axes, results, platform, place)
    style.mark_facts_end(axes, results, place)
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)


def _place(at: pd.Timestamp, first: pd.Timestamp, yearly: bool) -> float:
    """Where the end of a day lies between the edges of the bars' years (or months), the first of which is `first`."""
    if yearly:
        return float(at.year - first.year + at.day_of_year / (366 if at.is_leap_year else 365) - 0.5)
    return float(YEAR * (at.year - first.year) + at.month - first.month + at.day / at.days_in_month - 0.5)


def _mark_day(axes: Axes, results: Results, platform: str, place: Callable[[str], float]) -> None:
    """The platform's own second half, at its place among the bars."""
    day = results.summary["phases"]["platforms"][platform]["second_half_day"]
    if day is None:
        return
    at = place(day)
    axes.axvline(at, color=style.INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=3, label=HALF)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.16 * (high - low))  # room for the date
    left, right = axes.get_xlim()
    late = at > left + 0.7 * (right - left)  # the date stands where there is room
    style.top_label(axes, at, f"{pd.Timestamp(day):%b %Y}", (3, 2), late, fontsize=7, path_effects=style.HALO)
