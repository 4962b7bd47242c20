"""Sums that a day takes over from the last change of shops or effort: they are those of the shops that are there."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market
from secondhalf.model.state import State

SMALL = ("population.users=200", "population.merchants=40", "calendar.warm_up=56", "calendar.end=2019-03-20")
CLOSING = ("merchants.patience_weeks=1", "merchants.shop_cost=1e6", "merchants.entry_hazard=0.5")
EXCLUSIVE = (
    "scenario.exclusivity.since=2019-01-16",
    "scenario.exclusivity.until=2019-02-27",
    "scenario.exclusivity.share=1",
)
ENTRY = ("scenario.entrants=[{platform: xiaohongshu, date: 2019-02-07}]", "platform.xiaohongshu.shops_at_start=0.5")


def check_shops(market: State) -> None:
    """After every stage: who has shops, whoever changed them."""
    assert (market.trade.has_shop == market.trade.table.shop.any(axis=0)).all(), market.date_label


def check_supply(market: State) -> None:
    """In the evening: shops that cost, the feed's supply, and the part of it that seeds."""
    trade, table = market.trade, market.trade.table
    assert trade.real_shops == pytest.approx(table.weight @ table.shop.sum(axis=1)), market.date_label
    feed = trade.supply * trade.feed
    np.testing.assert_allclose(trade.in_feed, feed.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(trade.planting * trade.in_feed, (feed * trade.seeds).sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("words", [CLOSING, EXCLUSIVE, ENTRY], ids=["closing", "exclusive", "entry"])
def test_what_is_kept_of_shops_and_supply_is_never_of_yesterday(words: tuple[str, ...]) -> None:
    market = Market(load_settings([*SMALL, *words]))
    shops = {market.trade.table.shop.tobytes()}
    while market.running:
        for _, stage in market.stages:
            stage(market)
            check_shops(market)
        check_supply(market)
        market.day, market.running = market.day + 1, market.day + 1 < market.calendar.days
        shops.add(market.trade.table.shop.tobytes())
        if market.day == 30:  # a fork has its own
            fork = market.fork()
            fork.step()
            check_shops(fork)
            check_supply(fork)
            fork.close()
    assert len(shops) > 2, "shops have changed"
    market.close()
