"""Markets that go on with other settings: the past stays, and what it has fixed is refused by name."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.market import Market
from secondhalf.model.snapshots.resume import check_change, go_on

SMALL = ("population.users=120", "population.merchants=20", "calendar.warm_up=56", "calendar.end=2019-05-31")
AT = 100
DATE = dt.date(2019, 4, 11)


def run_to(market: Market, day: int) -> Market:
    while market.day < day:
        market.step()
    return market


@pytest.fixture(scope="module")
def half() -> Iterator[Market]:
    market = run_to(Market(load_settings(SMALL)), AT)
    yield market
    market.close()


def other(settings: MarketSettings, **groups: Any) -> MarketSettings:
    """Settings with single entries of some groups changed."""
    raw = settings.model_dump(mode="json")
    for name, values in groups.items():
        raw[name] = raw[name] | values if isinstance(values, dict) else values
    return MarketSettings.from_dict(raw)


def test_a_longer_calendar_is_that_of_a_longer_run(half: Market) -> None:
    longer = other(half.settings, calendar={"end": "2019-07-10"})
    market, whole = go_on(half, longer), Market(longer)
    for one in (market, whole):
        run_to(one, whole.calendar.days)
    for name, table in tables(whole).items():
        assert tables(market)[name].equals(table), name
    for one in (market, whole):
        one.close()


def test_users_come_online_under_the_longer_calendar(half: Market) -> None:
    market = go_on(half, other(half.settings, calendar={"end": "2023-12-31"}))
    before, after = (one.population.columns.online_from for one in (half, market))
    never = np.iinfo(np.int16).max
    assert (after[before == never] < never).any()
    assert np.array_equal(after[before < never], before[before < never])
    market.close()


def test_forks_into_scenarios_leave_their_origin_alone(half: Market, tmp_path: Path) -> None:
    before = half.save(tmp_path / "before.market").read_bytes()
    found = []
    for scenario in (
        {"bans": [{"platform": "content", "capability": "live", "since": "2019-04-20"}]},
        {"caps": [{"take_rate": 0.001, "since": "2019-04-20"}]},
        {"shocks": [{"since": "2019-04-20", "until": "2019-05-10", "planned_needs": 0.5}]},
        {"entrants": [{"platform": "xiaohongshu", "date": "2019-04-20"}]},
    ):
        market = run_to(go_on(half, other(half.settings, scenario=scenario)), AT + 20)
        found.append(tables(market)["daily"].drop(columns="platform").groupby("date").sum())
        market.close()
    unchanged = run_to(half.fork(), AT + 20)
    base = tables(unchanged)["daily"].drop(columns="platform").groupby("date").sum()
    unchanged.close()
    for one in found:
        assert one.iloc[:109].equals(base.iloc[:109])
        assert not one.iloc[109:].equals(base.iloc[109:])
    assert half.save(tmp_path / "after.market").read_bytes() == before


def test_what_a_cap_lowered_comes_back(half: Market) -> None:
    capped = go_on(
        half, other(half.settings, scenario={"caps": [{"take_rate": 0.001, "load": 0.01, "since": str(DATE)}]})
    )
    run_to(capped, AT + 1)
    assert capped.take_rate.max() == pytest.approx(0.001)
    free = run_to(go_on(capped, half.settings), AT + 2)
    assert np.array_equal(free.take_rate, half.take_rate)
    assert [platform.load for platform in capped.platforms] == [
        min(platform.settings.selling_load, 0.01) for platform in half.platforms
    ]
    assert [platform.load for platform in free.platforms] == [
        platform.settings.selling_load for platform in half.platforms
    ]
    assert max(platform.load for platform in free.platforms) > 0.01, "or this tests nothing"
    for one in (capped, free):
        one.close()


def test_exclusivity_may_begin_later(half: Market) -> None:
    ended = go_on(
        half, other(half.settings, scenario={"exclusivity": {"platform": "taobao", "share": 0.15, "until": DATE}})
    )
    run_to(ended, AT + 1)
    assert not ended.trade.table.barred.any()
    again = {"platform": "jd", "share": 0.9, "since": "2019-04-20"}
    market = go_on(ended, other(ended.settings, scenario={"exclusivity": again}))
    assert not run_to(market, AT + 9).trade.table.barred.any()
    assert run_to(market, AT + 10).trade.table.barred.any()
    for one in (ended, market):
        one.close()


def test_who_decides_as_before_keeps_what_it_learned() -> None:
    market = run_to(Market(load_settings([*SMALL, "strategy=ewa", "calendar.end=2019-08-31"])), 185)
    own: Any = market.platforms[0].strategy
    assert own._learner.attraction.any()
    same: Any = go_on(market, other(market.settings, scenario={"name": "another"})).platforms[0].strategy
    assert np.array_equal(same._learner.attraction, own._learner.attraction)
    assert same._learner is not own._learner
    sharper: Any = go_on(market, other(market.settings, strategy={"sharpness": 50.0})).platforms[0].strategy
    assert sharper._names is None
    assert sharper.parameters.sharpness == 50.0
    market.close()


def test_objectives_and_growth_change(half: Market) -> None:
    market = go_on(half, other(half.settings, objective={"goal": "gmv"}, growth={"recruit_days": 7}))
    assert {one.goal for one in market.objectives.values()} == {"gmv"}
    assert {platform.growth.recruit_days for platform in market.platforms} == {7}
    assert {one.goal for one in half.objectives.values()} == {"profit"}
    market.close()


ENTRANT = {"platform": "xiaohongshu", "date": "2019-03-01"}
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "seed=3: it was 0 until now; a market that goes on may change scenario, strategy": ({}, {"seed": 3}),
    "population.users=60: it was 120 until now": ({}, {"population": {"users": 60}}),
    "calendar.start=2019-02-01: it was 2019-01-01 until now": ({}, {"calendar": {"start": "2019-02-01"}}),
    "mechanisms.habit=False: it was True until now": ({}, {"mechanisms": {"habit": False}}),
    "platforms=['jd', 'douyin', 'taobao']: it was": ({}, {"platforms": ["jd", "douyin", "taobao"]}),
    "calendar.end=2019-04-10: the market goes on from 2019-04-11; allowed is that day or later": (
        {},
        {"calendar": {"end": "2019-04-10"}},
    ),
    "scenario.moves.0.date=2019-04-10: the market goes on from 2019-04-11, so that it would have no effect": (
        {},
        {"scenario": {"moves": [{"date": "2019-04-10", "platform": "jd", "change": "open", "capability": "live"}]}},
    ),
    "scenario.shocks.0.until=2019-04-11: the market goes on from 2019-04-11": (
        {},
        {"scenario": {"shocks": [{"since": "2019-02-01", "until": "2019-04-11"}]}},
    ),
    "scenario.exclusivity=null: one is in force; to end it, set scenario.exclusivity.until=2019-04-11": (
        {},
        {"scenario": {"exclusivity": None}},
    ),
    "scenario.exclusivity: taobao's is in force on 2019-04-11; only its `until` may change": (
        {},
        {"scenario": {"exclusivity": {"platform": "taobao", "share": 0.5}}},
    ),
    "scenario.exclusivity.since=None: none is in force on 2019-04-11; allowed are that day or later ones": (
        {"scenario": {"exclusivity": None}},
        {"scenario": {"exclusivity": {"platform": "jd", "share": 0.5}}},
    ),
    "scenario.entrants: xiaohongshu has entered before 2019-04-11 and cannot be left out": (
        {"scenario": {"entrants": [ENTRANT]}},
        {"scenario": {"entrants": []}},
    ),
    "scenario.entrants: xiaohongshu has competed before 2019-04-11 and cannot enter on 2019-06-01": (
        {"scenario": {"entrants": [ENTRANT]}},
        {"scenario": {"entrants": [ENTRANT | {"date": "2019-06-01"}]}},
    ),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_the_past_has_fixed_is_refused(half: Market, reason: str) -> None:
    before, after = REFUSED[reason]
    settings = other(half.settings, **before)
    with pytest.raises(SettingsError, match=re.escape(reason)):
        check_change(settings, other(settings, **after), DATE)


def test_a_finished_market_has_no_day_left(half: Market) -> None:
    market = half.fork()
    run_to(market, market.calendar.days)
    with pytest.raises(SettingsError, match="has reached its last day, 2019-05-31; there is no day left"):
        go_on(market, other(half.settings, calendar={"end": "2019-12-31"}))
    market.close()
