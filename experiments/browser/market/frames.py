"""Frames that the page receives: days that it has not received yet, and the present state of everything else."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.experiments.browser.market.arrays import Arrays, packed
from secondhalf.experiments.browser.market.friend_layout import DrawnUsers
from secondhalf.experiments.browser.market.twin_market import MarketHistory, TwinMarket
from secondhalf.model.market import Market
from secondhalf.model.observers.second_half import YEAR, phase, trailing_years

DAILY = (
    "attention_share",
    "gmv",
    "minutes",
    "active_users",
    "monthly_active_users",
    "commission",
    "ad_revenue",
    "cost",
    "profit",
)
"""Columns of daily.csv that the page has of every day."""
MARKET = (
    "new_user_share",
    "hhi_attention",
    "hhi_gmv",
    "interpenetration_gmv",
    "leak_rate",
    "multi_homing_users",
    "people_online",
)
"""Columns of market.csv that the page has of every day."""


class SentSoFar(NamedTuple):
    """Counts of days and moves that the page has received."""

    days: int = 0
    twin_days: int = 0
    moves: int = 0


def frame(world: TwinMarket, drawn: DrawnUsers | None, seen: SentSoFar) -> tuple[dict[str, Any], bytes]:
    """The state of a world.

    Parameters
    ----------
    drawn
        users in the drawing of the friend graph; None while it is laid out
    seen
        days and moves that are not told again

    Returns
    -------
    tuple
        header and payload; new days, and everything else as it is now
    """
    market = world.market
    now, arrays = present(world, drawn)
    arrays["daily"] = ("f8", _daily(market, seen.days))
    arrays["market"] = ("f8", _market(market, seen.days))
    begin = max(seen.twin_days, world.twin_shown_from)
    if world.twin is not None:
        arrays["twin_daily"] = ("f8", _daily(world.twin, begin))
        arrays["twin_market"] = ("f8", _market(world.twin, begin))
    index, payload = packed(arrays)
    header = {
        **now,
        "from": seen.days,
        "kinds": [platform.settings.kind for platform in market.platforms],
        "moves": market.record.moves[seen.moves :],
        "moves_from": seen.moves,
        "twin_from": begin,
        "twin_first": world.twin_shown_from,
        "arrays": index,
    }
    return header, payload


def present(world: TwinMarket, drawn: DrawnUsers | None) -> tuple[dict[str, Any], Arrays]:
    """What the page shows of the present day alone: the part of a frame that no other day can be read from."""
    market = world.market
    arrays = _now(market, world.watch)
    if world.twin is not None and world.twin_watch is not None:
        arrays |= {f"twin_{name}": value for name, value in _now(world.twin, world.twin_watch).items()}
    if drawn is not None:
        arrays |= drawn.now(market)
    header = {
        "day": market.day,
        "platforms": list(market.platform_names),
        "books": market.record.months[len(market.record.closed) - 1] if market.record.closed else "",
        "second_half": second_half(market),
        "twin": world.twin is not None,
        "twin_since": world.twin_since,
        "twin_is_earlier_run": world.twin_is_earlier_run,
    }
    return header, arrays


def second_half(market: Market) -> int | None:
    """Day on which the second half began, as far as the run has come; None for not yet."""
    flows = np.array(market.record.flows)
    return phase(flows, market.record.closed, market.day).day if len(flows) else None


def _daily(market: Market, since: int) -> NDArray[np.float64]:
    """[days, columns, P]."""
    rows = [[row[name] for name in DAILY] for row in market.record.daily[since:]]
    return np.array(rows, float).reshape(-1, len(DAILY), len(market.platform_names))


def _market(market: Market, since: int) -> NDArray[np.float64]:
    """[days, columns]."""
    rows = [[row[name] for name in MARKET] for row in market.record.market[since:]]
    return np.array(rows, float).reshape(-1, len(MARKET))


def _now(market: Market, watch: MarketHistory) -> Arrays:
    """What has no history on the page."""
    table, flows = market.capabilities, np.array(market.record.flows)
    platforms = len(market.platform_names)
    year = flows[-YEAR:].sum(axis=0) if len(flows) else np.zeros((5, platforms, platforms + 2))
    cells = sum(watch.cells) / len(watch.cells) if watch.cells else np.zeros((platforms, len(market.settings.channels)))
    return {
        "flows": ("f4", year),
        "sources": ("f8", trailing_years(flows) if len(flows) else np.zeros((0, 4))),
        "closed": ("i4", np.array(market.record.closed)),
        "maturity": (
            "f4",
            np.divide(table.maturity, table.skill, out=np.zeros_like(table.skill), where=table.skill > 0),
        ),
        "exposure": ("f4", table.exposure),
        "copied": ("i1", watch.copied),
        "opened": ("i4", watch.opened),
        "cells": ("f8", np.asarray(cells)),
        "effort": ("f8", market.trade.supply),
        "shelf": ("f8", np.array([row["pan_shelf_share"] for row in market.record.monthly]).reshape(-1, platforms)),
    }
