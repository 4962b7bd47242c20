"""A platform that enters: nowhere before its date, in the books from it on."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from secondhalf.agents.move import Move
from secondhalf.agents.strategies import Hold
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.day.market_view import MarketView
from secondhalf.model.market import Market

SMALL = ("population.users=300", "population.merchants=60", "calendar.warm_up=56", "calendar.end=2019-04-30")
DATE = "2019-02-13"
ENTRANTS = ("xiaohongshu", "newcomer_shelf")
KEEN = ("merchants.shop_cost=0", "merchants.entry_hazard=0.2", "scenario.exclusivity.share=0.9")


def words(name: str, date: str = DATE) -> list[str]:
    """The entry of one platform that is quick to be installed, as a market this small needs it."""
    return [
        f"scenario.entrants=[{{platform: {name}, date: {date}}}]",
        f"platform.{name}.innovation=0.01",
        f"platform.{name}.shops_at_start=0.5",
    ]


@cache
def played(*overrides: str) -> tuple[Market, dict[str, pd.DataFrame]]:
    market = Market(load_settings([*SMALL, *overrides]))
    while market.running:
        market.step()
    market.close()
    return market, tables(market)


@pytest.mark.parametrize("name", ENTRANTS)
@pytest.mark.parametrize("seed", [0, 1])
def test_nobody_notices_before_the_date(name: str, seed: int) -> None:
    _, without = played(f"seed={seed}")
    _, with_it = played(f"seed={seed}", *words(name))
    for table in ("daily", "market"):
        before = [frame[table][frame[table]["date"] < DATE] for frame in (without, with_it)]
        if table == "daily":
            entrant = before[1]["platform"] == name
            assert (before[1][entrant].drop(columns=["date", "platform"]) == 0).all(axis=None)
            before[1] = before[1][~entrant]
        pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in before), check_exact=True)
    channels = [frame["channels"][frame["channels"]["month"] == "2019-01"] for frame in (without, with_it)]
    channels[1] = channels[1][channels[1]["platform"] != name]
    pd.testing.assert_frame_equal(*(frame.reset_index(drop=True) for frame in channels), check_exact=True)


@pytest.mark.parametrize("name", ENTRANTS)
def test_it_grows_from_the_date_on(name: str) -> None:
    market, frames = played("seed=0", *words(name))
    assert market.platform_names[-1] == name
    own = frames["daily"][frames["daily"]["platform"] == name].set_index("date")
    assert own.loc["2019-02-12", "installed_users"] == 0
    assert own.loc["2019-02-12", "cost"] == 0
    assert own.loc[DATE, "cost"] > 0
    assert own["installed_users"].iloc[-1] > own["installed_users"].loc[:"2019-02-20"].max() > 0
    for column in ("minutes", "gmv", "orders", "commission"):
        assert own[column].iloc[-30:].sum() > 0, column
    assert frames["merchants"][name].sum() == pytest.approx(own["gmv"].sum())
    assert frames["merchants"]["gmv"].sum() == pytest.approx(frames["daily"]["gmv"].sum())
    flows = frames["flows"]
    assert flows.loc[(flows["platform"] == name) & (flows["flow"] == "new"), "minutes"].sum() > 0
    counter = flows[flows["counterparty"].isin(market.platform_names)].groupby("month")["minutes"].sum()
    assert np.allclose(counter, 0, atol=1e-6 * flows["minutes"].abs().sum())


def test_it_takes_from_its_own_line() -> None:
    minutes = []
    for chosen in ([], words("xiaohongshu")):
        table = played("seed=0", *chosen)[1]["daily"]
        table = table[(table["date"] >= "2019-04-01") & table["platform"].isin(["kuaishou", "douyin"])]
        minutes.append(table["minutes"].sum())
    assert minutes[1] < minutes[0]


def test_it_may_enter_on_the_first_day_or_never() -> None:
    market, frames = played("seed=0", *words("xiaohongshu", "2019-01-01"))
    own = frames["daily"][frames["daily"]["platform"] == "xiaohongshu"]
    assert own["cost"].iloc[0] > 0
    market, frames = played("seed=0", *words("xiaohongshu", "2030-01-01"))
    assert "xiaohongshu" not in market.platform_names
    pd.testing.assert_frame_equal(frames["daily"], played("seed=0")[1]["daily"], check_exact=True)


def test_it_may_be_named_among_the_platforms() -> None:
    names = "platforms=[xiaohongshu,kuaishou,douyin,taobao,jd,pinduoduo]"
    pd.testing.assert_frame_equal(
        played("seed=0", names, *words("xiaohongshu"))[1]["daily"],
        played("seed=0", *words("xiaohongshu"))[1]["daily"],
        check_exact=True,
    )


def test_merchants_that_are_bound_stay_away() -> None:
    market, _ = played("seed=0", *KEEN, *words("newcomer_shelf"))
    bound = market.exclusivity.bound(market.trade.table)
    assert bound.sum() > 10
    assert not market.trade.table.shop[bound, -1].any()
    assert market.trade.table.shop[~bound, -1].any()


def test_a_ban_closes_what_an_entrant_brings() -> None:
    ban = "scenario.bans=[{platform: xiaohongshu, capability: search, since: 2019-01-01}]"
    market, frames = played("seed=0", ban, *words("xiaohongshu"))
    row = frames["moves"].query("platform == 'xiaohongshu'")
    assert row[["date", "change", "capability"]].to_numpy().tolist() == [[DATE, "close", "search"]]
    assert market.capabilities.exposure[-1, market.capabilities.column["search"]] == 0


def test_its_moves_and_those_of_its_strategy_are_made() -> None:
    moves = "scenario.moves=[{date: 2019-03-01, platform: xiaohongshu, change: open, capability: mall}]"
    market, frames = played("seed=0", moves, "strategies.xiaohongshu=hold", *words("xiaohongshu"))
    assert frames["moves"].query("platform == 'xiaohongshu'")["date"].tolist() == ["2019-03-01"]
    assert isinstance(market.platforms[-1].strategy, Hold)


def test_forks_go_the_same_way_and_leave_the_origin_alone() -> None:
    """Whole forks, taken before and after an entry."""
    market = Market(load_settings([*SMALL, *words("xiaohongshu"), "calendar.end=2019-02-28"]))
    while market.day < 40:
        market.step()
    early = market.fork()
    while early.running:
        early.step()
    assert len(early.platforms) == 6
    assert len(market.platforms) == len(market.record.daily[0]["gmv"]) == 5
    while market.day < 50:
        market.step()
    late = market.fork()
    for other in (market, late):
        while other.running:
            other.step()
    frames = [tables(other)["daily"] for other in (market, early, late)]
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0], check_exact=True)
    for other in (market, early, late):
        other.close()


def test_nobody_foresees_it() -> None:
    """Copies in which a platform tries moves out hold no entrant."""
    market = Market(load_settings([*SMALL, *words("xiaohongshu"), "strategy=hold"]))
    market.step()
    market.day -= 1
    tried = MarketView(market, market.platforms[0], quarter=True).try_out([Move("hold")], quarters=1, users=50)
    assert len(tried) == 1
    assert len(market.platforms) == 5
    market.close()


def test_reports_have_as_many_quarters_as_the_others() -> None:
    market, _ = played("seed=0", *words("xiaohongshu", "2019-04-10"))
    closed = market.reports.closed
    assert [len(closed[name]) for name in market.platform_names] == [1] * 6
    assert closed["xiaohongshu"][0].days == closed["jd"][0].days
    assert closed["xiaohongshu"][0].active_users == 0
