"""The days of settling in: what a later start finds under way, and what the first month is compared with."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market
from secondhalf.model.shapes import ACTIVE_LAST_MONTH, NEVER

SMALL = ("population.users=200", "population.merchants=15")
CAMPAIGN = 1.5
"""Factor of the campaign that Kuaishou runs for 60 days from 2020-01-24 (data/launches.csv, strategy `history`)."""


@pytest.mark.parametrize("warm_up", [56, 120])
def test_a_later_start_leaves_campaigns_their_days(warm_up: int) -> None:
    """However long the settling in: the campaign ends on its date, and the pool is as deep as it was to be."""
    dates = ["calendar.start=2020-02-01", "calendar.end=2020-04-30", f"calendar.warm_up={warm_up}"]
    settings = load_settings([*SMALL, *dates])
    market, declared = Market(settings), settings.strategy.parameters
    kuaishou = market.platforms[0]
    standing = declared["recruit"]["kuaishou"]["2020-01-01"]
    before, after = (declared["deepen"]["kuaishou"][date] for date in ("2019-07-01", "2020-01-01"))
    assert kuaishou.depth == pytest.approx(before * (after / before) ** (31 / 180))  # on its way since 2020-01-01
    recruits = {}
    while market.running:
        date = market.calendar.labels[market.day]
        market.step()
        recruits[date] = kuaishou.recruit
    assert recruits["2020-02-01"] == pytest.approx(standing * CAMPAIGN)
    assert recruits["2020-03-23"] == pytest.approx(standing * CAMPAIGN), "its sixtieth day"
    assert recruits["2020-03-24"] == pytest.approx(standing)
    market.close()


def test_the_first_month_is_compared_with_thirty_days() -> None:
    """Whoever used an app earlier only, while the market settled in, is not active in the month before."""
    market = Market(load_settings([*SMALL, "calendar.warm_up=200", "calendar.end=2019-01-10"]))
    columns = market.population.columns
    for p in range(len(market.platforms)):
        held = columns.last_used[p] != NEVER
        active = (columns.marks[p] & ACTIVE_LAST_MONTH) != 0
        np.testing.assert_array_equal(active[held], columns.last_used[p, held] >= -30)
    market.close()
