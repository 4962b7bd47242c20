"""The record of festivals."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market


def test_sales_of_a_festival_are_those_of_its_days() -> None:
    """Also where merchants that have sold leave before it ends."""
    market = Market(
        load_settings(
            [
                "population.users=200",
                "population.merchants=40",
                "calendar.start=2020-05-20",
                "calendar.end=2020-06-25",
                "merchants.patience_weeks=1",
                "merchants.shop_cost=4000000",
            ]
        )
    )
    held = [market.platform_names.index(name) for name in ("taobao", "jd", "pinduoduo")]
    booked = {}
    left = 0
    while market.running:
        date = market.calendar.labels[market.day]
        market.step()
        booked[date] = market.book.platform_gmv[held].sum()
        if date == "2020-06-01":
            left = len(market.week.closed_merchants)
        if date == "2020-06-18":
            assert len(market.week.closed_merchants) > left, "or this tests nothing"
    (festival,) = [row for row in market.record.festivals if row["festival"] == "six_eighteen"]
    during = [amount for date, amount in booked.items() if "2020-06-01" <= date <= "2020-06-18"]
    assert len(during) == 18
    assert festival["gmv"] == pytest.approx(np.sum(during), rel=1e-12)
    market.close()
