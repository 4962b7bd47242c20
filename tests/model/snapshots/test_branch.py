"""A market that branches off another is the market run with its own settings from the first day, to the byte."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from secondhalf.agents.strategies import History
from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.experiments.run.study import summarise
from secondhalf.model.market import Market
from secondhalf.model.snapshots.branch import branch, first_difference

SMALL = ("population.users=150", "population.merchants=20", "calendar.warm_up=56", "calendar.end=2019-08-10")
CASES = {
    "strategy=hold": "2019-04-15",
    "strategies.pinduoduo=hold": "2019-06-15",
    "scenario.exclusivity.until=2019-05-05": "2019-05-05",
    "scenario.moves=[{date: 2019-05-02, platform: jd, change: open, capability: short_video}]": "2019-05-02",
    "scenario.bans=[{platform: content, capability: live, since: 2019-06-03}]": "2019-06-03",
    "scenario.caps=[{take_rate: 0.001, load: 0.01, since: 2019-04-20}]": "2019-04-20",
    "scenario.entrants=[{platform: xiaohongshu, date: 2019-05-10}]": "2019-05-10",
    "scenario.shocks=[{planned_needs: 0.5, since: 2019-03-05, until: 2019-04-01}]": "2019-03-05",
    "scenario.self_preferencing=[{platform: jd, factor: 3.0, own: [brand], since: 2019-05-15}]": "2019-05-15",
    "+calendar.festivals.six_eighteen.traffic_package={2018: 0.5}": "2019-06-01",
    "scenario.without=[{platform: pinduoduo, capability: subsidy, dates: [2019-06-15]}]": "2019-06-15",
}
FROM_THE_START = (
    "seed=1",
    "population.users=160",
    "mechanisms.habit=false",
    "strategy=reservoir",
    "scenario.exclusivity=null",
    "scenario.exclusivity.share=0.3",
    "scenario.caps=[{take_rate: 0.001, since: 2018-01-01}]",
    "scenario.self_preferencing=[{platform: jd, factor: 3.0, own: [brand]}]",
    "calendar.festivals.six_eighteen.demand=2.0",
    "calendar.warm_up=70",
)


@dataclass
class Walk:
    """The baseline, run to the days on which alternatives branch off in order of their dates."""

    settings: MarketSettings
    market: Market


@pytest.fixture(scope="module")
def walk() -> Iterator[Walk]:
    settings = load_settings(SMALL)
    market = Market(settings)
    yield Walk(settings, market)
    market.close()


@pytest.mark.parametrize("words", sorted(CASES, key=lambda words: CASES[words]))
def test_branching_equals_running_from_the_start(walk: Walk, words: str) -> None:
    settings = load_settings([*SMALL, words])
    day = first_difference(walk.settings, settings)
    assert day is not None
    assert walk.market.calendar.labels[day] == CASES[words]
    while walk.market.day < day:
        walk.market.step()
    branched, whole = branch(walk.market, settings), Market(settings)
    for market in (branched, whole):
        while market.running:
            market.step()
    expected = tables(whole)
    for name, table in tables(branched).items():
        assert table.to_csv() == expected[name].to_csv(), name
    assert summarise(branched)["festivals"] == summarise(whole)["festivals"]
    whole.close()
    branched.close()


def test_the_market_that_was_branched_goes_on_as_if_nothing_had_happened(walk: Walk) -> None:
    whole = Market(walk.settings)
    for market in (walk.market, whole):
        while market.running:
            market.step()
    expected = tables(whole)
    assert all(table.to_csv() == expected[name].to_csv() for name, table in tables(walk.market).items())
    whole.close()


@pytest.mark.parametrize("words", FROM_THE_START)
def test_what_has_no_date_differs_from_the_start(walk: Walk, words: str) -> None:
    assert first_difference(walk.settings, load_settings([*SMALL, words])) == 0


def test_a_platform_that_decides_may_look_ahead() -> None:
    """Its forks know the scenario, so that no day is certain to be shared."""
    decides = [*SMALL, "strategies.jd=reservoir"]
    banned = "scenario.bans=[{platform: content, capability: live, since: 2019-06-03}]"
    assert first_difference(load_settings(decides), load_settings([*decides, banned])) == 0


class Own(History):
    """History, and whatever else comes to its mind."""


def test_a_strategy_of_ones_own_is_not_taken_for_history(walk: Walk) -> None:
    own = walk.settings.strategy.model_copy(update={"name": f"{__name__}:Own"})
    settings = walk.settings.model_copy(update={"strategies": {"jd": own}})
    assert first_difference(walk.settings, settings) == 0


def test_a_later_start_begins_with_what_was_before() -> None:
    late = ["population.users=150", "calendar.start=2021-03-01", "calendar.end=2021-03-31"]
    assert first_difference(load_settings(late), load_settings([*late, "strategy=hold"])) == 0


def test_nothing_differs_within_the_days(walk: Walk) -> None:
    assert first_difference(walk.settings, walk.settings) is None
    never_mall = load_settings([*SMALL, "scenario=kuaishou_never_mall"])
    assert first_difference(walk.settings, never_mall) is None


@pytest.mark.parametrize(
    ("scenario", "date"),
    [
        ("kuaishou_never_mall", "2022-06-15"),
        ("kuaishou_first", "2021-06-15"),
        ("no_exclusivity_ban", "2021-04-10"),
        ("nobody_crosses", "2020-01-15"),
        ("entrant_shelf", "2021-01-01"),
    ],
)
def test_scenarios_that_ship_share_days_with_the_baseline(scenario: str, date: str) -> None:
    baseline = load_settings()
    day = first_difference(baseline, load_settings([f"scenario={scenario}"]))
    assert day == (dt.date.fromisoformat(date) - baseline.calendar.start).days
