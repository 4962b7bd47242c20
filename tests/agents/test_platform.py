"""A platform's levers: recruiting bursts end, pools deepen to their target in time, moves cost what they should."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from secondhalf.agents.platform import TEST_COST, Move, Platform
from secondhalf.conf.schema.vocabulary import CAPABILITY_CHANGES, PLATFORM_CHANGES
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market

SMALL = ("population.users=20", "population.merchants=4", "calendar.warm_up=56", "calendar.end=2019-01-31")


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    market = Market(
        load_settings([*SMALL, "strategy=hold", "platforms=[kuaishou]", "capability.mall.launch_cost=1000"])
    )
    yield market
    market.close()


@pytest.fixture
def platform(market: Market) -> Iterator[Platform]:
    """The market's platform; what a test does to it is undone by a fresh one."""
    table, own = market.capabilities, market.platforms[0]
    kept = table.maturity.copy(), table.exposure.copy(), table.skill.copy(), table.prominence.copy()
    yield Platform(market, own.name, 0, own.settings, table, own.strategy, own.growth)
    table.maturity[:], table.exposure[:], table.skill[:], table.prominence[:] = kept


def test_a_recruiting_burst_lasts_its_days(platform: Platform) -> None:
    platform.apply(Move("recruit", value=1.5, days=3))
    factors = []
    for _ in range(4):
        platform.pass_day()
        factors.append(platform.recruit)
    assert factors == [1.5, 1.5, 1.5, 1.0]


def test_market_sees_a_burst_for_its_days(market: Market) -> None:
    """Moves come before the day passes: what the users of the day meet is counted here."""
    own = market.platforms[0]
    own.apply(Move("recruit", value=2.0, days=3))
    hazards = []
    for _ in range(5):
        market.step()
        hazards.append(float(market.offer.innovation[0]))
    assert hazards == pytest.approx([own.settings.innovation * factor for factor in (2, 2, 2, 1, 1)], rel=1e-6)


def test_bursts_multiply_with_the_standing_level(platform: Platform) -> None:
    platform.apply(Move("recruit", value=2.0))
    platform.apply(Move("recruit", value=1.5, days=1))
    platform.apply(Move("recruit", value=3.0, days=2))
    platform.pass_day()
    assert platform.recruit == 9.0
    platform.pass_day()
    assert platform.recruit == 6.0
    platform.pass_day()
    assert platform.recruit == 2.0
    platform.apply(Move("recruit", value=1.0))
    assert platform.recruit == 1.0


@pytest.mark.parametrize(("target", "days"), [(1.4, 90), (0.7, 30), (2.0, 1), (1.0, 10)])
def test_the_pool_reaches_its_depth_in_its_days(platform: Platform, target: float, days: int) -> None:
    platform.apply(Move("deepen", value=target, days=days))
    for day in range(1, days + 1):
        platform.pass_day()
        assert platform.depth == pytest.approx(target ** (day / days), rel=1e-12)
    for _ in range(5):
        platform.pass_day()
    assert platform.depth == pytest.approx(target, rel=1e-12)


def test_a_second_deepening_starts_where_the_first_stands(platform: Platform) -> None:
    platform.apply(Move("deepen", value=1.5, days=10))
    for _ in range(5):
        platform.pass_day()
    platform.apply(Move("deepen", value=1.2, days=4))
    for _ in range(4):
        platform.pass_day()
    assert platform.depth == pytest.approx(1.2, rel=1e-12)


def test_costs_of_a_launch(platform: Platform) -> None:
    launch = platform.capabilities.catalogue["mall"].launch_cost
    assert launch == 1000
    assert platform.apply(Move("test", "mall")) == TEST_COST * launch
    assert platform.apply(Move("open", "mall")) == pytest.approx((1 - TEST_COST) * launch), (
        "test and opening: one launch"
    )
    assert platform.apply(Move("strengthen", "mall")) == TEST_COST * launch
    assert platform.apply(Move("restrict", "mall")) == 0
    assert platform.apply(Move("close", "mall")) == 0
    assert platform.apply(Move("restore", "mall")) == TEST_COST * launch
    platform.apply(Move("close", "mall"))
    assert platform.apply(Move("open", "mall")) == launch
    assert platform.apply(Move("hold")) == 0


def test_running_cost_and_subsidies(platform: Platform) -> None:
    table = platform.capabilities
    table.maturity[:], table.exposure[:] = 0.0, 0.0
    assert platform.running_cost(1e6) == 0
    subsidy, mall = table.column["subsidy"], table.column["mall"]
    table.maturity[0, [subsidy, mall]], table.exposure[0, [subsidy, mall]] = 0.5, 0.8
    table.prominence[0, subsidy] = 0.9
    catalogue = table.catalogue
    running = 0.4 * (catalogue["subsidy"].running_cost + catalogue["mall"].running_cost)
    assert platform.running_cost(1e6) == pytest.approx(
        running
        + 1e6
        * (
            0.4 * 0.9 * catalogue["subsidy"].subsidy_rate
            + 0.4 * table.prominence[0, mall] * catalogue["mall"].subsidy_rate
        )
    )


def test_moves_refuse_what_they_do_not_know() -> None:
    for change in CAPABILITY_CHANGES:
        with pytest.raises(ValueError, match="without a capability"):
            Move(change)
    for change in PLATFORM_CHANGES:
        with pytest.raises(ValueError, match="of capability 'mall'"):
            Move(change, "mall")


def test_presence_and_cash_start_plain(platform: Platform) -> None:
    assert (platform.name, platform.settings.kind, platform.cash) == ("kuaishou", "content", 0.0)
    assert np.isfinite(platform.presence("short_video"))
