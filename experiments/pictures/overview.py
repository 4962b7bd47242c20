"""Overview of a run in one picture: attention, trade, sources of attention, and interpenetration."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from secondhalf.experiments.pictures import flows, shares, style
from secondhalf.experiments.results.run_results import Results


def draw(results: Results) -> Figure:
    """Four panels, wide as a slide."""
    drawn = style.figure(4.6)
    (attention, trade), (sources, mixing) = drawn.subplots(2, 2)
    shares.attention_shares(attention, results)
    shares.gmv_shares(trade, results)
    flows.sources(sources, results)
    interpenetration(mixing, results)
    return drawn


def interpenetration(axes: Axes, results: Results) -> None:
    """How alike the channel mixes of content and of shelf platforms are, by GMV and by minutes."""
    market = results.tables["market"]
    when = style.periods(results, market["date"])
    names = {"interpenetration_gmv": "GMV", "interpenetration_minutes": "minutes"}
    table = market.groupby(when)[list(names)].mean()
    marker = "o" if len(table) < 3 else None
    lines = {
        name: axes.plot(table.index, table[name], color=style.MEASURES[name], linewidth=1.4, marker=marker)[0]
        for name in names
    }
    axes.set_title("Interpenetration of channels (1: same)", y=style.OVER)
    axes.set_ylim(0, 1)
    style.date_axis(axes)
    style.whole_run(axes, results)
    style.mark_second_half(axes, results, named=False)
    style.mark_facts_end(axes, results)
    style.name_lines(axes, lines, names)
