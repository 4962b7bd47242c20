"""Markets that go on with a profile, or in a world that stands still; what they are worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.optimize import minimize

from secondhalf.agents.legal_moves import choosable
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market
from secondhalf.model.observers.welfare import merchants_keep, time_surplus, users_surplus
from secondhalf.model.snapshots.capability_profile import Choice, current_capabilities, with_profile
from secondhalf.model.snapshots.frozen_world import DRIVERS, continuation

SMALL = (
    "population.users=80",
    "population.merchants=15",
    "calendar.warm_up=56",
    "calendar.start=2022-09-20",
    "calendar.end=2022-10-31",
)
AMONG = frozenset({"mall", "search"})


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    """On the eve of Kuaishou's mall (2022-10-15) and its festival."""
    found = Market(load_settings(SMALL))
    for _ in range(11):
        found.step()
    yield found
    found.close()


def exposure(market: Market, platform: str, capability: str) -> float:
    table = market.capabilities
    return float(table.exposure[market.platform_names.index(platform), table.column[capability]])


def test_a_profile_opens_and_closes_and_is_kept(market: Market) -> None:
    profile = {"kuaishou": Choice(AMONG, frozenset()), "douyin": Choice(AMONG, AMONG)}
    child = with_profile(market, profile)
    while child.running:
        child.step()
    moves = [(row["platform"], row["change"], row["capability"], row["reason"]) for row in child.record.moves]
    assert ("kuaishou", "close", "mall", "profile") in moves  # its test, under way since June
    assert exposure(child, "kuaishou", "mall") == 0  # the opening of 2022-10-15 did not happen
    assert exposure(child, "douyin", "mall") == exposure(child, "douyin", "search") == 1
    assert not [move for move in moves if move[0] == "douyin" and move[2] == "mall" and move[3] != "profile"]
    assert ("kuaishou", "restore", "external_links") in {move[:3] for move in moves}  # all other moves go on
    assert current_capabilities(child)["douyin"] >= AMONG
    assert not current_capabilities(child)["kuaishou"] & AMONG
    child.close()


def test_a_choice_about_nothing_keeps_the_set_as_it_is(market: Market) -> None:
    child = with_profile(market, {"kuaishou": Choice(frozenset(), frozenset())})
    before = exposure(market, "kuaishou", "mall")
    while child.running:
        child.step()
    assert exposure(child, "kuaishou", "mall") == before
    assert exposure(market, "kuaishou", "mall") == before
    assert set(choosable(child.platforms[0])) <= child.platforms[0].strategy.settled  # type: ignore[attr-defined]
    child.close()


def test_players_without_a_choice_go_on(market: Market) -> None:
    child = with_profile(market, {"douyin": Choice(AMONG, frozenset())})
    while child.running:
        child.step()
    assert exposure(child, "kuaishou", "mall") == 1
    child.close()


def test_the_world_stands_still(market: Market) -> None:
    child = continuation(market, 40)
    at = market.day
    online = None
    for day in range(at, at + 40):
        child.step()
        online = online or child.book.online
        assert child.book.online == online
        assert child.today.season == 1.0 if hasattr(child.today, "season") else True
        for name in DRIVERS:
            values = getattr(child.calendar, name)
            np.testing.assert_array_equal(values[day], values[at])
    assert not child.running
    assert child.calendar.pull[at:].sum() == 0
    assert [row["date"] for row in child.record.moves if row["date"] >= child.calendar.labels[at]] == []
    assert not child.record.festivals[len(market.record.festivals) :]
    child.close()


def test_the_surplus_of_time_is_that_of_the_optimum() -> None:
    """Utility of the best split less that of a day without platforms, over the marginal utility of time."""
    psi, gamma, budget, outside = np.array([3.0, 1.2]), np.array([20.0, 10.0]), 300.0, 1.0
    weight = outside * budget

    def utility(x: np.ndarray) -> float:
        return float(weight * np.log(budget - x.sum()) + (gamma * psi * np.log1p(x / gamma)).sum())

    best = minimize(lambda x: -utility(x), [10.0, 1.0], bounds=[(0, 200), (0, 90)], tol=1e-12).x
    price = weight / (budget - best.sum())
    known = (utility(best) - weight * np.log(budget)) / price
    found = time_surplus(best[:, None], gamma, np.array([budget]))
    assert found == pytest.approx([known], rel=1e-4)
    assert time_surplus(np.zeros((2, 1)), gamma, np.array([budget])) == pytest.approx([0.0])
    # Shopping may fill a day, and rounding may overfill it: then nothing is left outside, and the sum is still one.
    full = np.array([[budget / 2], [budget / 2 * (1 + 1e-7)]])
    assert np.isfinite(time_surplus(full, gamma, np.array([budget]))).all()


def test_measures_of_the_sides(market: Market) -> None:
    assert users_surplus(market) > 0
    assert 0 < merchants_keep(market) < market.book.platform_gmv.sum()
