"""Mesa page: SolaraViz on the market itself, drawn with Matplotlib."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import solara
from matplotlib.collections import LineCollection
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from mesa.visualization import SolaraViz
from mesa.visualization.utils import update_counter

from secondhalf.experiments.browser.market.fair_lock import COMPUTE_LOCK
from secondhalf.experiments.browser.market.friend_layout import DrawnUsers, drawn_users
from secondhalf.experiments.browser.server.serving import SERVED
from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.last_fact import last_fact_of, plain
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for

LEAST_INTERVAL = 0.1
"""Seconds between two days; faster, SolaraViz draws from lists that are being written."""
OWN, AS_ALL = "strategy_", "as all"
"""What a control of a single platform's strategy is called, and its value for that of all."""
LEAST_DAYS = 30
"""Days that the axis of dates has at least."""
SIZES = (500, 1000, 2000, 5000, 20_000, 50_000)


class MesaMarket(Market):
    """A market with the few settings that the page's controls have; `kwargs` are strategies of single platforms."""

    def __init__(self, users: int, seed: int, scenario: str, strategy: str, network: str, **kwargs: str) -> None:
        own = {name.removeprefix(OWN): "" if chosen == AS_ALL else chosen for name, chosen in kwargs.items()}
        asked = {"users": users, "seed": seed, "scenario": scenario, "strategy": strategy, "network": network}
        self.drawn: DrawnUsers | None = None
        self.stepped = 0.0
        with COMPUTE_LOCK, threads_for(users):
            super().__init__(SERVED.setup.changed({**asked, "strategies": own}).settings)
        self.drawn = drawn_users(self, SERVED.options.nodes)

    def step(self) -> None:
        """Run one day, not sooner than `LEAST_INTERVAL` after the last."""
        time.sleep(max(0.0, self.stepped + LEAST_INTERVAL - time.monotonic()))
        with COMPUTE_LOCK, threads_for(self.population.users):
            super().step()
        self.stepped = time.monotonic()


def parameters() -> dict[str, Any]:
    """The controls, with the command line's market as their values."""
    setup = SERVED.setup
    shown, allowed = setup.shown(), setup.allowed()
    sizes = sorted({*(size for size in SIZES if size <= allowed["users"][1]), shown["users"]})
    chosen = {
        name: {"type": "Select", "label": name.capitalize(), "value": shown[name], "values": allowed[name]}
        for name in ("scenario", "network", "strategy")
    }
    for name in setup.settings.competing:
        value = shown["strategies"].get(name, AS_ALL)
        label, values = f"Strategy of {style.label(name)}", [AS_ALL, *allowed["strategies"]]
        chosen[f"{OWN}{name}"] = {"type": "Select", "label": label, "value": value, "values": values}
    return {
        "users": {"type": "Select", "label": "Users", "value": shown["users"], "values": sizes},
        "seed": {"type": "SliderInt", "label": "Seed", "value": shown["seed"], "min": 0, "max": max(99, shown["seed"])},
        **chosen,
    }


def draw_shares(model: MesaMarket) -> Figure:
    """Attention shares by day."""
    rows = model.record.daily[:]  # one copy: the market goes on while this is drawn
    drawn, axes = _axes("Share of mobile time, one run")
    names = list(model.platform_names)
    inks = style.colors(names)
    shares = [row["attention_share"] for row in rows]
    for p, name in enumerate(names):
        known = [100 * own[p] for own in shares if p < len(own)]
        sign = "o" if len(known) == 1 else ""  # a line needs two days
        days = model.calendar.dates[len(rows) - len(known) : len(rows)]
        axes.plot(days, known, color=inks[name], label=style.label(name), marker=sign, markersize=4)
    start = model.calendar.start
    axes.set_xlim(start, start + dt.timedelta(days=max(len(rows), LEAST_DAYS)))
    axes.xaxis.set_major_locator(locator := AutoDateLocator(maxticks=6))
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    style.mark_last_fact(axes, last_fact_of(plain(model.settings)))
    axes.set_ylabel("percent")
    axes.set_ylim(bottom=0)
    drawn.legend(fontsize=8, ncols=3, loc="outside lower center", frameon=False)  # beside the lines, not on them
    return drawn


def draw_gmv(model: MesaMarket) -> Figure:
    """GMV of the latest 30 days."""
    rows = model.record.daily[-30:]
    drawn, axes = _axes("GMV, billion RMB a day (last 30 days), one run")
    names = list(model.platform_names)
    inks = style.colors(names)
    sold = [np.mean([row["gmv"][p] for row in rows if p < len(row["gmv"])] or [0.0]) / 1e9 for p in range(len(names))]
    axes.barh([style.label(name) for name in names], sold, color=[inks[name] for name in names])
    axes.invert_yaxis()
    return drawn


def draw_friends(model: MesaMarket) -> Figure:
    """A sample of the friend graph, coloured by main app."""
    drawn, axes = _axes("Friends, coloured by main app")
    if model.drawn is None:
        return drawn
    names = list(model.platform_names)
    inks = style.colors(names)
    places, ties = model.drawn.places, model.drawn.ties
    main = model.drawn.now(model)["main"][1]
    axes.add_collection(LineCollection(list(places[ties]), colors=style.FAINT, linewidths=0.4))
    colors = [inks[names[app]] if app < len(names) else "#DDDDDD" for app in main.astype(int)]
    axes.scatter(*places.T, s=9, c=colors, zorder=2)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return drawn


def _axes(title: str) -> tuple[Figure, Any]:
    drawn = Figure(figsize=(5.2, 3.4), layout="constrained")
    axes = drawn.subplots()
    axes.set_title(title, fontsize=10, loc="left", pad=12)
    return drawn, axes


def shown(draw: Callable[[MesaMarket], Figure]) -> Callable[[MesaMarket], Any]:
    """A component that draws the model after every step."""

    @solara.component
    def Picture(model: MesaMarket) -> Any:
        update_counter.get()
        return solara.FigureMatplotlib(draw(model), format="png")

    made: Callable[[MesaMarket], Any] = Picture
    return made


PICTURES = [shown(draw) for draw in (draw_shares, draw_gmv, draw_friends)]
GRID = {"display": "grid", "grid-template-columns": "repeat(2, minmax(0, 520px))", "gap": "8px", "padding": "12px"}
"""Two rows of pictures, which fit on a screen of 1440 by 900."""


@solara.component
def MesaPage() -> Any:
    """SolaraViz with controls; the model of a reset or a closed tab is let go."""
    controls = solara.use_memo(parameters, [])
    values = {name: control["value"] for name, control in controls.items()}
    first = solara.use_memo(lambda: MesaMarket(**values), [])
    model = solara.use_reactive(first)

    def let_go_later() -> Callable[[], None]:
        current: MesaMarket = model.value
        return current.close

    solara.use_effect(let_go_later, [model.value])
    interval = round(1000 * LEAST_INTERVAL)
    # Mesa would put the pictures on a tab called "Page 0", the third of them below the screen.
    with solara.Div() as page:
        SolaraViz(model, components=[], model_params=controls, play_interval=interval, name="Second Half in Mesa")
        with solara.Div(style=GRID):
            for picture in PICTURES:
                picture(model.value)
    return page
