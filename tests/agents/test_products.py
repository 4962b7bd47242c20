"""Products: launched, tested by short video, the best scaled; what leaves the shelf keeps its GMV in the archive."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from secondhalf.agents.products import EMPTY, ProductTable
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import products as product_rows
from secondhalf.model.market import Market


@pytest.fixture
def table() -> ProductTable:
    """Two merchants with four slots; the first sells three products, the second one."""
    table = ProductTable.empty(2, 4)
    for slot, appeal in enumerate([0.5, -0.2, 0.1]):
        table.launch(np.array([0]), np.array([slot]), 0, np.array([appeal], np.float32))
    table.launch(np.array([1]), np.array([0]), 3, np.array([0.3], np.float32))
    return table


def test_numbers_are_given_once(table: ProductTable) -> None:
    assert table.number.tolist() == [[0, 1, 2, EMPTY], [3, EMPTY, EMPTY, EMPTY]]
    assert table.count().tolist() == [3, 1]
    table.launch(np.array([0, 1]), np.array([3, 1]), 9, np.zeros(2, np.float32))
    assert table.number[[0, 1], [3, 1]].tolist() == [4, 5]


def test_exposure_is_spread_until_a_product_is_tested(table: ProductTable) -> None:
    week = np.array([0.9, 0.4])
    merchants, slots = table.expose(week, 0.5)
    assert table.exposure[0, :3] == pytest.approx([0.3] * 3)
    assert merchants.size == 0
    merchants, slots = table.expose(week, 0.5)
    assert list(zip(merchants.tolist(), slots.tolist(), strict=True)) == [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert not table.tested.any()
    table.test(merchants, slots, 0.1, np.full(merchants.size, 2.0))
    assert table.tested.tolist() == [[True, True, True, False], [True, False, False, False]]
    assert table.signal[0, :3] == pytest.approx([0.7, 0.0, 0.3], abs=1e-6), "appeal + noise x luck"
    exposure = table.exposure.copy()
    merchants, slots = table.expose(week, 0.5)
    assert merchants.size == 0, "a signal is read once"
    assert (table.exposure == exposure).all(), "tested products need no more"


def test_the_best_tested_are_scaled(table: ProductTable) -> None:
    table.scale(2)
    assert not table.scaled.any(), "nothing is tested yet"
    table.tested[:] = table.on_sale
    table.signal[:] = [[0.7, 0.2, 0.3, 0.0], [-0.1, 0, 0, 0]]
    table.scale(2)
    assert table.scaled.tolist() == [[True, False, True, False], [False] * 4], "the best two, and none below average"
    table.scale(1)
    assert table.scaled[0].tolist() == [True, False, False, False]
    table.scale(0)
    assert not table.scaled.any()
    assert table.ever_scaled[0].tolist() == [True, False, True, False]


def test_shares_follow_appeal_and_scaling(table: ProductTable) -> None:
    table.scaled[0, 1] = True
    shares = table.shares(boost=0.7)
    weights = np.exp([0.5, -0.2 + 0.7, 0.1])
    assert shares[0] == pytest.approx([*(weights / weights.sum()), 0], rel=1e-6)
    assert shares[1] == pytest.approx([1, 0, 0, 0])
    assert table.catalogue(shares) == pytest.approx([(shares[0, :3] * np.exp([0.5, -0.2, 0.1])).sum(), np.exp(0.3)])
    assert ProductTable.empty(1, 2).shares(1.0).sum() == 0


def test_a_new_product_takes_an_empty_slot_then_the_worst(table: ProductTable) -> None:
    assert table.slot_for_new(np.array([0, 1])).tolist() == [3, 1]
    table.launch(np.array([0]), np.array([3]), 5, np.zeros(1, np.float32))
    table.tested[0] = [True, True, False, True]
    table.signal[0] = [0.1, -0.4, 0.0, -0.6]
    table.scaled[0, 3] = True
    assert table.slot_for_new(np.array([0]))[0] == 1, "the tested one of least signal; scaled ones are kept"


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    """Half a year with products thrown out every week."""
    overrides = [
        "population.users=300",
        "population.merchants=30",
        "calendar.warm_up=56",
        "calendar.end=2019-06-30",
        "merchants.products.slots=3",
        "merchants.products.at_start=2",
        *(f"merchants.kinds.{kind}.launches_per_year=60" for kind in ("brand", "shop", "factory")),
    ]
    market = Market(load_settings(overrides))
    while market.running:
        market.step()
    yield market
    market.close()


def test_the_archive_keeps_gmv(market: Market) -> None:
    rows = product_rows(market)
    sold = sum(row["gmv"].sum() for row in market.record.daily)
    assert len(market.week.closed_products) > 10
    assert rows["gmv"].sum() == pytest.approx(sold, rel=1e-9)
    assert rows["product"].is_unique
    assert rows["product"].tolist() == sorted(rows["product"])


def test_products_go_from_launch_to_test_to_scale(market: Market) -> None:
    products = market.trade.table.products
    assert products.tested.any()
    assert products.scaled.any()
    assert not (products.scaled & ~products.tested).any()
    assert (products.scaled.sum(axis=1) <= market.settings.merchants.products.max_scaled).all()
