"""The market as a Mesa model: stages in order, agents by type, its end, and that it lets go of its memory."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from secondhalf.agents.merchant import Merchant
from secondhalf.agents.platform import Platform
from secondhalf.agents.user import LazyUsers, User
from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.day.stages import STAGES, in_order
from secondhalf.model.market import Market

SMALL = ("population.users=120", "population.merchants=15", "calendar.warm_up=56", "calendar.end=2019-01-10")


@pytest.fixture(scope="module")
def own() -> MarketSettings:
    return load_settings(SMALL)


@pytest.fixture
def market(own: MarketSettings) -> Iterator[Market]:
    market = Market(own)
    yield market
    market.close()


def test_order_of_a_day() -> None:
    assert [name for name, _ in STAGES] == [
        "calendar",
        "platforms",
        "merchants",
        "adoption",
        "interest",
        "attention",
        "choice",
        "books",
    ]


def test_another_order_of_a_day(own: MarketSettings) -> None:
    """The order that ships, written out, is the same market to the bit; another one is another market."""
    names = tuple(name for name, _ in STAGES)
    evening = (*names[:3], *names[4:6], "adoption", *names[6:])
    found = []
    for order in (None, names, evening):
        market = Market(own.model_copy(update={"stage_order": order}))
        market.run_model()
        found.append(np.concatenate([row["minutes"] for row in market.record.daily]))
        assert market.fork().stages == market.stages
        market.close()
    assert (found[0] == found[1]).all()
    assert (found[0] != found[2]).any()


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        (("calendar", "books"), "each of calendar, platforms, merchants, .* is needed once"),
        (("platforms", "calendar", "merchants", "adoption", "interest", "attention", "choice", "books"), "come first"),
        (("calendar", "platforms", "merchants", "adoption", "interest", "attention", "books", "choice"), "books last"),
        (
            ("calendar", "platforms", "merchants", "adoption", "interest", "choice", "attention", "books"),
            "choice comes",
        ),
    ],
)
def test_an_order_that_cannot_be_is_refused(moved: tuple[str, ...], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        in_order(moved)


def test_step_walks_the_stages_once(market: Market, own: MarketSettings) -> None:
    """A day by hand, stage by stage, is the same day to the bit."""
    by_hand = Market(own)
    for _, stage in STAGES:
        stage(by_hand)
    by_hand.day += 1
    market.step()
    assert market.day == by_hand.day == 1
    for name, column in market.population.columns._asdict().items():
        assert (column == getattr(by_hand.population.columns, name)).all(), name
    for name, amounts in market.record.daily[0].items():
        assert (amounts == by_hand.record.daily[0][name]).all(), name
    by_hand.close()


def test_the_calendar_ends(market: Market) -> None:
    days = 0
    while market.running:
        market.step()
        days += 1
    assert days == market.calendar.days == 10
    with pytest.raises(RuntimeError, match="the calendar ends on 2019-01-10"):
        market.step()
    assert market.day == 10


def test_same_settings_same_market(market: Market, own: MarketSettings) -> None:
    again, other = Market(own), Market(own.model_copy(update={"seed": own.seed + 1}))
    for each in (market, again, other):
        while each.running:
            each.step()
    first, second, third = (tables(each) for each in (market, again, other))
    for name, frame in first.items():
        assert frame.equals(second[name]), name
    assert not first["daily"].equals(third["daily"])
    again.close()
    other.close()


def test_agents_by_type(market: Market) -> None:
    known = market.agents_by_type
    assert [len(known[kind]) for kind in (User, Merchant, Platform)] == [120, 15, 5]
    assert [platform.name for platform in known[Platform]] == market.platform_names
    user = known[User][7]
    assert user.row == 7
    market.step()
    assert user.minutes.tolist() == market.population.read("minutes")[:, 7].tolist()
    bits = int(market.population.columns.installed[7])
    assert user.installed == [name for p, name in enumerate(market.platform_names) if bits >> p & 1]
    assert set(user.friends) <= set(range(120))
    slots = [merchant.slot for merchant in known[Merchant]]
    assert slots == list(range(15))
    assert known[Merchant][3].fans.tolist() == market.trade.table.fans[3].tolist()


def test_users_of_a_large_market_are_made_when_asked_for(own: MarketSettings) -> None:
    population = own.population.model_copy(update={"agent_objects": 100})
    market = Market(own.model_copy(update={"population": population}))
    users = market.agents_by_type[User]
    assert isinstance(users, LazyUsers)
    assert len(users) == 120
    assert users[-1].row == 119
    assert [user.row for user in users][:3] == [0, 1, 2]
    with pytest.raises(IndexError, match="user 120 of 120"):
        users[120]
    assert users[5] in users
    assert users.get("row") == list(range(120))
    picked = users.select(lambda user: bool(user.installed), at_most=4)
    assert len(picked) == 4
    assert all(user.installed for user in picked)
    assert len(market.agents) == 15 + 5, "Mesa's registry holds the others only"
    market.close()


def test_objects_change_nothing(own: MarketSettings, market: Market) -> None:
    population = own.population.model_copy(update={"agent_objects": 0})
    lazy = Market(own.model_copy(update={"population": population}))
    lazy.step()
    market.step()
    assert (lazy.population.columns.minutes == market.population.columns.minutes).all()
    lazy.close()


def test_close_frees_the_model(own: MarketSettings) -> None:
    market = Market(own)
    market.step()
    gone, columns = weakref.ref(market), weakref.ref(market.population)
    market.close()
    del market
    gc.collect()
    assert gone() is None
    assert columns() is None


def test_graph_holds_all_ties(market: Market) -> None:
    graph = market.to_networkx()
    kinds = [kind for _, kind in graph.nodes(data="kind")]
    assert [kinds.count(kind) for kind in ("user", "platform")] == [120, 5]
    ties = [tie for _, _, tie in graph.edges(data="tie")]
    columns = market.population.columns
    assert ties.count("install") == int(np.bitwise_count(columns.installed).sum())
    assert ties.count("friend") == market.friends.indices.size // 2
