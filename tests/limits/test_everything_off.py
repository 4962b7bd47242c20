"""Everything off: nothing moves and the books stay level."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.mechanisms import Mechanisms
from secondhalf.experiments.results.tables import tables
from secondhalf.model.market import Market
from secondhalf.model.shapes import TENURE

NAMES = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"]
SIZE = ("population.users=600", "population.merchants=40", "calendar.warm_up=56", "calendar.end=2019-03-31")
STILL = (*(f"mechanisms.{name}=false" for name in Mechanisms.model_fields), "strategy=hold", *SIZE)


@pytest.fixture(scope="module")
def market(make_settings: Callable[..., MarketSettings]) -> Iterator[Market]:
    """Three months in which apps are installed and used, and nothing else happens."""
    installed = [f"platform.{name}.installed_at_start=0.5" for name in NAMES]
    liked = [f"platform.{name}.leisure=1" for name in NAMES]  # above the price of time with no habit yet
    nobody = [f"platform.{name}.buyers_at_start=0" for name in NAMES]
    market = Market(make_settings(NAMES, *STILL, *installed, *liked, *nobody))
    while market.running:
        market.step()
    yield market
    market.close()


def test_minutes_are_the_same_to_the_bit(market: Market) -> None:
    first = market.record.daily[0]
    assert (first["minutes"] > 0).all()
    for row in market.record.daily:
        for name in ("minutes", "active_users", "installed_users", "monthly_active_users", "attention_share"):
            assert (row[name] == first[name]).all(), name
    assert all(row["hhi_attention"] == market.record.market[0]["hhi_attention"] for row in market.record.market)


def test_nothing_is_bought_paid_or_returned(market: Market) -> None:
    for row in market.record.daily:
        for name in ("gmv", "net_gmv", "orders", "commission", "cost", "monthly_buyers", "annual_buyers"):
            assert (row[name] == 0).all(), name
    frames = tables(market)
    assert (frames["merchants"]["gmv"] == 0).all()
    assert (frames["products"]["gmv"] == 0).all()
    assert frames["channels"]["gmv"].eq(0).all()


def test_nobody_moves_and_nothing_flows(market: Market) -> None:
    frames = tables(market)
    assert frames["moves"].empty
    assert frames["flows"].empty
    assert not market.record.market[-1]["new_user_share"]
    assert (market.trade.table.fans == 0).all()


def test_merchants_stand_still(market: Market) -> None:
    table = market.trade.table
    share = table.shop / table.shop.sum(axis=1, keepdims=True) / table.effort.shape[2]
    assert table.effort == pytest.approx(np.broadcast_to(share[:, :, None], table.effort.shape), abs=1e-6)
    assert table.next_number == 40
    assert not market.week.closed_merchants


def test_users_keep_what_they_had(market: Market) -> None:
    columns = market.population.columns
    for p in range(len(NAMES)):
        has_app = (columns.installed >> np.uint32(p)) & 1 == 1
        assert has_app.mean() == pytest.approx(0.5, abs=1 / 600)
        assert (columns.marks[p, has_app] >> TENURE > 0).all(), "everybody installed before the start"
    assert (columns.interest == 0).all()
    assert (columns.loyalty == 0).all()


def test_without_apps_all_time_is_outside(make_settings: Callable[..., MarketSettings]) -> None:
    market = Market(make_settings(NAMES, *STILL))
    market.step()
    book = market.book
    assert (book.minutes == 0).all()
    assert book.phone_minutes > 0
    assert market.record.daily[0]["attention_share"].sum() == 0
    market.close()
