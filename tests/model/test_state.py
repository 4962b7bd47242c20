"""The declared state: nothing that a market holds is left out, and nothing by platform stays short when one enters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import mesa
import numpy as np
import pytest
from pydantic import BaseModel

from secondhalf.agents import axes
from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.initial_state import apply_settings
from secondhalf.model.market import Market
from secondhalf.model.state import OWN, SETTINGS, SHARED, Kind, State, fields

SMALL = ("population.users=150", "population.merchants=40", "calendar.warm_up=56", "calendar.end=2019-03-31")
CLOSING = ("merchants.patience_weeks=1", "merchants.shop_cost=1e7")
"""Shops close at once, so that the archives of merchants and products are not empty."""
PREFERENCE = "scenario.self_preferencing=[{platform: taobao, factor: 2, own: [brand]}]"
NAME, DATE = "xiaohongshu", "2019-02-13"
FIRST = "platforms=[kuaishou,douyin,taobao,jd,pinduoduo"
Shapes = dict[str, set[tuple[int, ...]]]


def settings(*words: str) -> MarketSettings:
    return load_settings([*SMALL, *CLOSING, PREFERENCE, *words])


@cache
def entered() -> Market:
    """The evening of the day on which a platform enters."""
    return run_past(Market(settings(f"scenario.entrants=[{{platform: {NAME}, date: {DATE}}}]")))


@cache
def there_from_the_start() -> Market:
    """The same evening where the platform has been there all the time."""
    return run_past(Market(settings(f"{FIRST},{NAME}]")))


def run_past(market: Market) -> Market:
    while market.day <= market.calendar.labels.index(DATE):
        market.step()
    return market


def arrays(thing: Any, path: str, seen: set[int]) -> Iterator[tuple[str, np.ndarray]]:
    """All arrays under an object with where they are; entries of lists and dicts of many count as one place."""
    if isinstance(thing, np.ndarray):
        yield path, thing
        return
    if id(thing) in seen or isinstance(thing, (str, BaseModel, type)) or callable(thing):
        return
    seen.add(id(thing))
    inner: Iterator[tuple[str, Any]] = iter(())
    if hasattr(thing, "_asdict"):
        inner = iter(thing._asdict().items())
    elif isinstance(thing, dict):
        inner = ((key if isinstance(key, str) else "*", value) for key, value in thing.items())
    elif isinstance(thing, (list, tuple)):
        inner = (("*" if isinstance(thing, list) else str(n), value) for n, value in enumerate(thing))
    elif hasattr(thing, "__dict__"):
        inner = iter(vars(thing).items())
    for name, value in inner:
        if not isinstance(value, mesa.Model):
            yield from arrays(value, f"{path}.{name}", seen)


def shapes(market: Market) -> Shapes:
    """Shapes of all arrays of a market by place; how many have left the tables is left out of their archives."""
    found: Shapes = {}
    for name in fields():
        for path, array in arrays(getattr(market, name), name, set()):
            found.setdefault(path, set()).add(array.shape[1:] if ".closed_" in path else array.shape)
    return found


def different(one: Market, other: Market) -> dict[str, Any]:
    first, second = shapes(one), shapes(other)
    return {
        path: (first.get(path), second.get(path))
        for path in first.keys() | second.keys()
        if first.get(path) != second.get(path)
    }


def test_every_field_is_declared() -> None:
    """What a stage, or anybody, puts on a market without declaring it would be lost by a fork and a checkpoint."""
    of_mesa = set(vars(mesa.Model())) | {"_user_step", "step"}
    assert set(vars(entered())) - (of_mesa - {"running"}) == set(fields())
    kinds = [name for kind in Kind for name in fields(kind)]
    assert sorted(kinds) == sorted(fields())
    assert set(fields()) == set(State.__annotations__) - {"recorder"}


def test_settings_give_what_they_are_said_to_give() -> None:
    given = SimpleNamespace(platform_names=["jd"])
    apply_settings(cast(State, given), settings())
    assert {*vars(given), "stages"} - {"platform_names"} == set(fields(SETTINGS))


def test_a_fork_shares_and_copies_as_declared() -> None:
    market = entered()
    child = market.fork()
    for name in fields(SETTINGS, SHARED):
        assert getattr(child, name) is getattr(market, name), name
    for name in fields(OWN):
        own = dict(arrays(getattr(market, name), name, set()))
        for path, array in arrays(getattr(child, name), name, set()):
            assert not np.shares_memory(array, own[path]), path
    child.close()


def test_nothing_stays_short_when_a_platform_enters() -> None:
    """Found by walking everything a market holds, declared or not: what has a platform more where one enters has as
    many as where it was there from the start."""
    market = entered()
    assert market.platform_names == there_from_the_start().platform_names
    assert len(market.week.closed_merchants) > 0
    walked = shapes(market)
    assert len(walked) > 150
    assert {"trade.favour", "record.flows.*", "week.closed_merchants.*.gmv", "population.columns.habit"} <= set(walked)
    assert not different(market, there_from_the_start())


def test_a_forgotten_array_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its axis an array keeps its length, and the test above says which."""
    declared = axes.declared

    def without(kind: type) -> dict[str, axes.Axes]:
        return {name: mark for name, mark in declared(kind).items() if name not in ("_month", "last_used")}

    market = Market(settings(f"scenario.entrants=[{{platform: {NAME}, date: {DATE}}}]"))
    monkeypatch.setattr(axes, "declared", without)
    while market.day < market.calendar.labels.index(DATE):
        market.step()
    with pytest.raises((IndexError, ValueError)):
        market.step()
    assert {"record._month.gmv", "population.columns.last_used"} <= set(different(market, there_from_the_start()))
    market.close()


def test_declared_axes_hold() -> None:
    """A letter is one length in all arrays of a market."""
    market = entered()
    sizes = {"P": 6, "O": 7, "R": 8, "N": 150, "M": 40, "C": 6, "K": len(market.settings.capability)}
    columns, table = market.population.columns, market.trade.table
    holders = (market, columns, table, table.products, market.trade, market.capabilities, market.reports, market.record)
    count = 0
    for holder in holders:
        for name, (letters, _) in axes.declared(type(holder)).items():
            for path, array in arrays(getattr(holder, name), name, set()):
                assert array.ndim == len(letters) or isinstance(getattr(holder, name), (list, dict)), path
                for letter, length in zip(letters, array.shape, strict=False):
                    if letter in sizes:
                        assert length == sizes[letter], (path, letters, array.shape)
                count += 1
    assert count > 60


def test_places_of_an_entrant_hold_the_declared_fill() -> None:
    holder = SimpleNamespace(habit=np.ones((2, 3)), flows=[np.ones((1, 2, 4))])
    for values, letters, fill, where in (
        (holder.habit, "PN", 7.0, np.s_[2]),
        (holder.flows[0], "-PR", 5.0, np.s_[:, :, 2]),
    ):
        longer = axes._longer(values, axes.Axes(letters, fill))
        assert (longer[where] == fill).all()
        assert (longer == 1).sum() == values.size
