"""A platform's levers: recruiting bursts end, pools deepen to their target in time, moves cost what they should."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np
import pytest

from secondhalf.agents.platform import TEST_COST, Move, Platform, trend
from secondhalf.conf.schema import SettingsError
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
    """Moves come before the day passes: what the users of the day meet is counted here, times the day's trend."""
    own, first, last_fact = market.platforms[0], market.day, market.settings.calendar.last_fact
    days = [market.calendar.dates[first + day] for day in range(5)]
    own.apply(Move("recruit", value=2.0, days=3))
    hazards = []
    for _ in range(5):
        market.step()
        hazards.append(float(market.offer.innovation[0]))
    expected = [
        own.settings.innovation * trend(own.settings.recruit_trend, day, last_fact) * factor
        for day, factor in zip(days, (2, 2, 2, 1, 1), strict=True)
    ]
    assert hazards == pytest.approx(expected, rel=1e-6)


def test_bursts_multiply(platform: Platform) -> None:
    platform.apply(Move("recruit", value=1.5, days=1))
    platform.apply(Move("recruit", value=3.0, days=2))
    platform.pass_day()
    assert platform.recruit == 4.5
    platform.pass_day()
    assert platform.recruit == 3.0
    platform.pass_day()
    assert platform.recruit == 1.0


def test_a_campaign_without_days_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^days=None of the change 'recruit': a campaign needs a number of days$"):
        Move("recruit", value=2.0)


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


def test_running_cost(platform: Platform) -> None:
    """Of what is open, by how far it has grown and who sees it; price cuts cost by sales (`Bookkeeper.book`)."""
    table = platform.capabilities
    table.maturity[:], table.exposure[:] = 0.0, 0.0
    assert platform.running_cost() == 0
    subsidy, mall = table.column["subsidy"], table.column["mall"]
    table.maturity[0, [subsidy, mall]], table.exposure[0, [subsidy, mall]] = 0.5, 0.8
    catalogue = table.catalogue
    running = 0.4 * (catalogue["subsidy"].running_cost + catalogue["mall"].running_cost)
    assert running > 0
    assert platform.running_cost() == pytest.approx(running)


LAST_FACT = dt.date(2024, 12, 31)
KNOTS = {dt.date(2020, 1, 1): 1.2, dt.date(2021, 12, 31): 0.5}


@pytest.mark.parametrize(
    ("date", "factor"),
    [
        ("2019-01-01", 1.0),
        ("2019-07-02", 1.2 ** (182 / 365)),
        ("2020-01-01", 1.2),
        ("2020-12-31", 1.2 * (0.5 / 1.2) ** (365 / 730)),
        ("2021-12-31", 0.5),
        ("2030-01-01", 0.5),
    ],
)
def test_a_trend_is_straight_in_logs_and_flat_after_its_last_knot(date: str, factor: float) -> None:
    assert trend(KNOTS, dt.date.fromisoformat(date), LAST_FACT) == pytest.approx(factor, rel=1e-12)
    assert trend({}, dt.date.fromisoformat(date), LAST_FACT) == 1.0


def test_a_trend_is_the_interpolation_of_its_logs_on_every_day() -> None:
    start, logs = dt.date(2019, 1, 1), [0.0, *(math.log(factor) for factor in KNOTS.values())]
    knots = [day.toordinal() for day in (start, *KNOTS)]
    for day in range(start.toordinal(), start.toordinal() + 1500):
        expected = math.exp(np.interp(day, knots, logs))
        assert trend(KNOTS, dt.date.fromordinal(day), LAST_FACT) == pytest.approx(expected, rel=1e-14)


def test_factors_of_a_trend_may_come_in_any_order() -> None:
    """A date given on the command line stands behind those of the file; none lies before the first day."""
    own = load_settings(["+platform.jd.depth_trend={2023-01-01: 2.0, 2020-01-01: 4.0}"]).platform["jd"].depth_trend
    assert list(own) == sorted(own)
    assert trend(own, dt.date(2020, 1, 1), LAST_FACT) == pytest.approx(4.0)
    with pytest.raises(SettingsError, match=r"platform\.jd\.depth_trend: 2019-01-01 is not after 2019-01-01"):
        load_settings(["+platform.jd.depth_trend={2019-01-01: 2.0}"])


@pytest.mark.parametrize("strategy", ["hold", "history", "reservoir"])
def test_trends_are_no_moves_and_reach_the_offer(strategy: str) -> None:
    """Whatever moves the platform: hazards and depth follow the dates of its file, and no move says so."""
    given = load_settings([*SMALL, "platforms=[kuaishou]", f"strategy={strategy}"])
    trends = {
        "recruit_trend": {dt.date(2019, 1, 11): 0.5},
        "depth_trend": {dt.date(2019, 1, 21): 3.0},
        "appeal_trend": {dt.date(2019, 1, 21): 0.25},
    }
    kuaishou = given.platform["kuaishou"].model_copy(update=trends)
    own = Market(given.model_copy(update={"platform": given.platform | {"kuaishou": kuaishou}}))
    recruited, deep, appeal = [], [], []
    while own.running:
        own.step()
        recruited.append(float(own.offer.imitation[0]) / own.settings.platform["kuaishou"].imitation)
        appeal.append(float(own.offer.tier_value[0, 0]))
        deep.append(float(own.offer.gamma[0]) / own.settings.platform["kuaishou"].gamma)
    moved = {row["change"] for row in own.record.moves}
    own.close()
    assert not moved & {"recruit", "deepen"}
    assert [recruited[day] for day in (0, 5, 10, 30)] == pytest.approx([1, 0.5**0.5, 0.5, 0.5], rel=1e-5)
    assert [deep[day] for day in (0, 10, 20, 30)] == pytest.approx([1, 3**0.5, 3, 3], rel=1e-5)
    lost = math.log(0.25)
    assert [appeal[day] - appeal[0] for day in (10, 20, 30)] == pytest.approx([lost / 2, lost, lost], abs=1e-5)


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
