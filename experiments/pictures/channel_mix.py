"""Channel mix: by which channels each platform sells."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.run_results import Results

INKS = {
    "short_video": "#3B2A6B",
    "live_store": "#7B68B5",
    "live_expert": "#C5BCE2",
    "mall": "#5B4A1F",
    "search": "#A8905A",
    "store": "#E0D3B0",
}
"""Violet for what is sold in a feed, brown for the pan-shelf: not the hues of the platforms."""

WORDS = {"live_store": "own live", "live_expert": "expert live"}
"""Channels in words where they differ, the same as on the page of `browse`."""


def draw(results: Results) -> Figure:
    """Shares of the six channels in each platform's GMV, a panel a platform."""
    sold = results.tables["channels"]
    if sold["gmv"].sum() <= 0:
        raise style.NothingToDrawError("nothing was sold")
    columns = min(3, len(results.platforms) + 1)
    rows = -(-(len(results.platforms) + 1) // columns)
    drawn = style.figure(0.5 + 1.75 * rows)
    panels = drawn.subplots(rows, columns, squeeze=False, sharey=True).flat
    for name in results.platforms:
        panel(next(panels), results, name)
    _legend(next(panels))
    for unused in panels:
        unused.set_axis_off()
    style.head(drawn, "Channels: share of each platform's GMV")
    return drawn


def panel(axes: Axes, results: Results, platform: str) -> None:
    """One platform's mix, stacked to 100 %; months without a sale are left out."""
    sold = results.tables["channels"]
    own = sold[sold["platform"] == platform]
    table = own.pivot_table(index="month", columns="channel", values="gmv", aggfunc="sum")
    table = table[[name for name in CHANNELS if name in table]]
    table = table.div(table.sum(axis=1).where(lambda total: total > 0), axis=0).dropna()
    axes.set_title(style.label(platform), color=style.colors(results.platforms)[platform], y=style.OVER)
    style.share_axis(axes, whole=True)
    if table.empty:
        axes.text(0.5, 0.5, "nothing sold", transform=axes.transAxes, ha="center", fontsize=7.5)
        axes.set_xticks([])
        return
    months = pd.to_datetime(table.index)
    table = pd.concat([table.set_index(months), table.iloc[[-1]].set_index(months[-1:] + pd.offsets.MonthEnd(1))])
    axes.stackplot(table.index, table.T, colors=[INKS[str(name)] for name in table], linewidth=0)
    style.date_axis(axes, ticks=4)
    style.whole_run(axes, results)
    style.mark_facts_end(axes, results, filled=True)


def _legend(axes: Axes) -> None:
    axes.set_axis_off()
    patches = [Patch(color=ink, label=WORDS.get(name, name.replace("_", " "))) for name, ink in INKS.items()]
    axes.legend(handles=patches[::-1], loc="center left", title="channel", alignment="left")
