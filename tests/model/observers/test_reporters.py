"""Columns of one's own beside those that ship: what is taken down, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.accounts.day_book import BooksError
from secondhalf.model.market import Market

SMALL = ("population.users=60", "population.merchants=8", "calendar.warm_up=56", "calendar.end=2019-01-03")
HERE = "tests.model.observers.test_reporters"


def day(market: Market) -> int:
    """One number."""
    return market.day


def levers(market: Market) -> Any:
    """One number a platform, and a state that changes."""
    counted = market.active_share
    counted[0] = market.day
    return counted


def nothing(market: Market) -> float:
    """No number."""
    return float("nan")


def word(market: Market) -> str:
    """No number either."""
    return "many"


def market(*words: str) -> Market:
    return Market(load_settings([*SMALL, *words]))


def test_own_columns_come_last_and_are_copies() -> None:
    own = market(f"measures.market.day={HERE}:day", f"measures.daily.levers={HERE}:levers")
    while own.running:
        own.step()
    frames = tables(own)
    assert frames["market"].columns[-1] == "day"
    assert frames["market"]["day"].tolist() == [0, 1, 2]
    assert frames["daily"].columns[-1] == "levers"
    first = frames["daily"]["platform"] == own.platform_names[0]
    assert frames["daily"].loc[first, "levers"].tolist() == [0, 1, 2]
    plain = market()
    while plain.running:
        plain.step()
    assert list(tables(plain)["market"].columns) == [*frames["market"].columns[:-1]]
    for table in (own, plain):
        table.close()


@pytest.mark.parametrize("name", ["nothing", "word", "levers"])
def test_what_is_no_number_stops_the_run(name: str) -> None:
    own = market(f"measures.market.mine={HERE}:{name}")
    with pytest.raises(BooksError, match=r"^stage books, 2019-01-01: measures\.market\.mine: one finite number is"):
        own.step()
    own.close()


@pytest.mark.parametrize("name", ["nothing", "word", "day"])
def test_what_is_no_number_a_platform_stops_the_run(name: str) -> None:
    own = market(f"measures.daily.mine={HERE}:{name}")
    with pytest.raises(BooksError, match=r"^stage books, 2019-01-01: measures\.daily\.mine: one finite number a pla"):
        own.step()
    own.close()


@pytest.mark.parametrize("column", ["market.hhi_gmv", "market.date", "daily.gmv", "daily.platform"])
def test_a_column_that_is_there_is_not_replaced(column: str) -> None:
    with pytest.raises(SettingsError, match=rf"^measures\.{column}={HERE}:day: .*\.csv has this column already$"):
        market(f"measures.{column}={HERE}:day")


def test_an_import_path_is_looked_up_with_the_settings() -> None:
    for path, message in (
        (f"{HERE}:nobody", "module tests.model.observers.test_reporters has no function or class 'nobody'"),
        ("hhi", "an import path module:function is needed"),
    ):
        with pytest.raises(SettingsError, match=rf"^measures\.market\.mine={path}: {message}"):
            load_settings([f"measures.market.mine={path}"])
