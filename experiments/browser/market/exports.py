"""Exports: a view as CSV, and the command line that repeats the run."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.experiments.browser.market.frames import MARKET
from secondhalf.experiments.browser.market.friend_layout import NO_APP, NOT_ONLINE, DrawnUsers
from secondhalf.experiments.browser.market.interventions import override
from secondhalf.experiments.browser.market.twin_market import MarketHistory, TwinMarket
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.results import tables
from secondhalf.experiments.results.schema.csv_files import csv_text
from secondhalf.model.market import Market

PEOPLE = ("monthly_active_users", "active_users", "minutes", "ad_revenue", "commission")
"""Columns of the view that shows one of several measures."""
WORLD, RUN, TWIN = "world", "run", "twin"
"""The column that is put in front when there is a twin, and what stands in it."""


def csv_of(world: TwinMarket, view: str, drawn: DrawnUsers | None) -> str:
    """The numbers of a view as CSV.

    Those that `secondhalf run` writes too are under the names that they have there. With a twin, the first column says
    of which market a row is.

    Raises
    ------
    KeyError
        for a view that there is none of
    """
    if view == "friends":
        return csv_text(friends(world.market, drawn))
    table = VIEWS[view]
    frame = table(world.market, world.watch)
    if world.twin is not None and world.twin_watch is not None:
        frame = pd.concat([frame.assign(**{WORLD: RUN}), table(world.twin, world.twin_watch).assign(**{WORLD: TWIN})])
        frame.insert(0, WORLD, frame.pop(WORLD))
    return csv_text(frame)


def _capabilities(market: Market, watch: MarketHistory) -> pd.DataFrame:
    table = market.capabilities
    names = market.platform_names

    def rows() -> Iterator[tuple[object, ...]]:
        for p, platform in enumerate(names):
            for k, capability in enumerate(table.names):
                opened, copied = int(watch.opened[p, k]), int(watch.copied[p, k])
                yield (
                    platform,
                    capability,
                    table.maturity[p, k],
                    table.exposure[p, k],
                    table.entrance[p][k],
                    market.calendar.labels[opened] if opened >= 0 else "",
                    names[copied] if copied >= 0 else "",
                )

    columns = ["platform", "capability", "maturity", "exposure", "entrance", "opened", "copied_from"]
    return pd.DataFrame(rows(), columns=columns)


def _cells(market: Market, values: np.ndarray, name: str) -> pd.DataFrame:
    rows = [
        (platform, channel, values[p, c])
        for p, platform in enumerate(market.platform_names)
        for c, channel in enumerate(CHANNELS)
    ]
    return pd.DataFrame(rows, columns=["platform", "channel", name])


def _channels(market: Market, watch: MarketHistory) -> pd.DataFrame:
    nothing = np.zeros((len(market.platform_names), len(CHANNELS)))
    recent = np.asarray(sum(watch.cells) / len(watch.cells)) if watch.cells else nothing
    return _cells(market, recent, "gmv_a_day")


def friends(market: Market, drawn: DrawnUsers | None) -> pd.DataFrame:
    """A row a user of the drawing, with friends and fan ties within it."""
    if drawn is None:
        return pd.DataFrame(columns=["user", "main_app", "friends", "fan_of"])
    now = {name: values for name, (_, values) in drawn.now(market).items()}
    apps = {NO_APP: "none", NOT_ONLINE: "not online"} | dict(enumerate(market.platform_names))
    friends_of: list[list[str]] = [[] for _ in drawn.users]
    for a, b in drawn.ties:
        friends_of[a].append(str(drawn.users[b]))
        friends_of[b].append(str(drawn.users[a]))
    fans = [
        " ".join(
            f"{market.platform_names[p]}:{shop}"
            for p, shop in zip(now["fan_platform"][:, n], now["fan_merchant"][:, n], strict=True)
            if shop >= 0
        )
        for n in range(len(drawn.users))
    ]
    return pd.DataFrame(
        {
            "user": drawn.users,
            "main_app": [apps[int(main)] for main in now["main"]],
            "friends": [" ".join(known) for known in friends_of],
            "fan_of": fans,
        }
    )


def _people(market: Market, watch: MarketHistory) -> pd.DataFrame:
    return tables.daily(market)[["date", "platform", *PEOPLE]]


VIEWS: dict[str, Callable[[Market, MarketHistory], pd.DataFrame]] = {
    "attention": lambda market, watch: tables.daily(market),
    "gmv": lambda market, watch: tables.daily(market)[["date", "platform", "gmv"]],
    "people": _people,
    "reservoirs": lambda market, watch: tables.flows(market),
    "capabilities": _capabilities,
    "channels": _channels,
    "effort": lambda market, watch: _cells(market, market.trade.supply, "effort"),
    "balance": lambda market, watch: tables.market_days(market)[["date", *MARKET]],
    "books": lambda market, watch: tables.daily(market),
}
"""By the name of a view, its numbers; the friend graph has none of a twin."""
NAMES = (*VIEWS, "friends")
"""All views that there are numbers of."""


def page_link(setup: Setup, world: TwinMarket | None) -> str:
    """The end of an address of the page at which the same market, interventions and day are opened again."""
    shown = setup.shown()
    own = shown.pop("strategies")
    entries = [*shown.items(), *((f"strategies.{platform}", name) for platform, name in own.items())]
    if world is not None:
        start = setup.settings.calendar.start
        for move in world.interventions:
            parts = [(move.date - start).days, move.platform, move.change, move.capability]
            entries.append(("move", ":".join(str(part) for part in [*parts, *([move.share] if move.share else [])])))
        entries.append(("day", world.market.day))
    return f"#{urlencode([*entries, ('of', setup.digest)])}"


def command_line(setup: Setup, world: TwinMarket | None) -> str:
    """The command that runs the same market without the page, with everything that was done to it."""
    moves = world.market.settings.scenario.moves if world is not None and world.interventions else []
    words = [*setup.overrides, *setup.folders, *override(moves)]
    return shlex.join(["secondhalf", "run", *words])
