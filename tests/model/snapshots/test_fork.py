"""Forks of a running market: the same future or another one, and never a trace in the market they came from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from secondhalf.agents.move import Move
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.day.market_view import MarketView, form_beliefs, long_enough
from secondhalf.model.market import Market

SMALL = ("population.users=300", "population.merchants=30", "calendar.warm_up=56", "calendar.end=2019-07-31")
AT = 100
"""Day of the forks: in the middle of a week and a month."""
CHILDREN = 80


def market_at(day: int = AT, *words: str) -> Market:
    market = Market(load_settings([*SMALL, *words]))
    run_to(market, day)
    return market


def run_to(market: Market, day: int) -> None:
    while market.day < day:
        market.step()


def same(first: dict[str, pd.DataFrame], second: dict[str, pd.DataFrame]) -> bool:
    return all(first[name].equals(second[name]) for name in first)


def state(market: Market) -> list[Any]:
    """Everything that a stage could change, as plain copies."""
    table, skills = market.trade.table, market.capabilities
    arrays = [*market.population.columns, table.effort, table.gmv, table.fans, table.attraction, table.products.gmv]
    arrays += [
        skills.maturity,
        skills.exposure,
        skills.skill,
        skills.believed,
        skills.doubt,
        market.trade.pending_direct,
    ]
    plain = [(platform.cash, platform.depth, platform.recruit) for platform in market.platforms]
    return [*(np.array(array) for array in arrays), plain, market.day, len(market.record.daily), market.settings.seed]


def equal(first: list[Any], second: list[Any]) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) if isinstance(a, np.ndarray) else a == b
               for a, b in zip(first, second, strict=True))  # fmt: skip


@pytest.fixture(scope="module")
def plain() -> dict[str, pd.DataFrame]:
    """Tables of a market that was never forked."""
    market = market_at(212)
    found = tables(market)
    market.close()
    return found


def test_a_whole_fork_and_its_origin_have_the_same_future(plain: dict[str, pd.DataFrame]) -> None:
    market = market_at()
    other = market.fork()
    for one in (other, market):
        run_to(one, 212)
        assert not one.running
        assert same(tables(one), plain)
        one.close()


def test_moves_in_a_fork_stay_there(plain: dict[str, pd.DataFrame]) -> None:
    market = market_at()
    other = market.fork()
    other.platforms[1].apply(Move("open", "mall"))
    other.trade.table.effort[:] = 0.0
    run_to(other, 130)
    run_to(market, 212)
    assert same(tables(market), plain)
    assert not tables(other)["daily"].equals(plain["daily"].iloc[: 130 * 5])


def test_trying_out_leaves_no_trace(plain: dict[str, pd.DataFrame]) -> None:
    market = market_at()
    before = state(market)
    sight = MarketView(market, market.platforms[0], quarter=True)
    payoffs = sight.try_out(sight.options()[:4], quarters=1, users=CHILDREN)
    assert len(set(payoffs)) == 4
    assert equal(state(market), before)
    run_to(market, 212)
    assert same(tables(market), plain)


def test_candidates_share_their_luck_and_never_the_real_future() -> None:
    market = market_at()
    first, second = market.fork(users=CHILDREN, reseed=1), market.fork(users=CHILDREN, reseed=1)
    other, real = market.fork(users=CHILDREN, reseed=2), market.fork(users=CHILDREN)
    for one in (first, second, other, real):
        run_to(one, 140)
    assert same(tables(first), tables(second))
    draws = {int(one.streams.contact) for one in (first, other, real)}
    assert len(draws) == 3
    assert first.week.seed == first.settings.seed != market.settings.seed
    run_to(market, 140)
    assert int(real.streams.contact) == int(market.streams.contact) != int(first.streams.contact)
    assert first.streams.shock.tolist() == second.streams.shock.tolist() != market.streams.shock.tolist()


def test_the_sample_keeps_state_weight_and_degrees() -> None:
    market = market_at()
    part = market.fork(users=CHILDREN, reseed=1)
    assert part.population.users == CHILDREN
    assert part.population.weight * CHILDREN == pytest.approx(market.population.weight * 300)
    whole, kept = market.population.columns, part.population.columns
    place = {traits: row for row, traits in enumerate(zip(*whole.taste, whole.need_rate, strict=True))}
    rows = [place[traits] for traits in zip(*kept.taste, kept.need_rate, strict=True)]
    assert len(place) == 300, "everybody is told apart"
    assert rows == sorted(rows)
    assert len(set(rows)) == CHILDREN
    for name, column in market.population.columns._asdict().items():
        assert np.array_equal(getattr(part.population.columns, name), column[..., rows]), name
    indptr, indices = part.friends
    assert np.array_equal(np.diff(indptr), np.diff(market.friends.indptr)[rows])
    owner = np.repeat(np.arange(CHILDREN), np.diff(indptr))
    assert ((indices >= 0) & (indices < CHILDREN) & (indices != owner)).all()
    inside = {(rows[a], rows[b]) for a, b in zip(owner.tolist(), indices.tolist(), strict=True)}
    kept = [
        (a, int(b))
        for a in rows
        for b in market.friends.indices[market.friends.indptr[a] : market.friends.indptr[a + 1]]
        if b in rows
    ]
    assert set(kept) <= inside


def test_books_of_a_small_fork_are_in_real_people() -> None:
    market = market_at()
    part = market.fork(users=150, reseed=1)
    market.step()
    part.step()
    # Half the users: the relative error of a share s of n is sqrt((1 - s) / (s n)), four of them.
    share = market.book.installed / market.settings.population.people
    assert np.allclose(
        part.book.installed / market.book.installed, 1, atol=4 * np.sqrt((1 - share) / share / 150).max()
    )


def test_nobody_tries_out_what_nobody_knows() -> None:
    """Payoffs depend on what is believed of a skill, not on what it is."""
    market = market_at(AT, "platform.douyin.open_at_start.mall={maturity: 0, exposure: 0}")
    table, move = market.capabilities, Move("open", "mall")
    column = table.column["mall"]
    sight = MarketView(market, market.platforms[1], quarter=True)
    before = sight.try_out([move], 1, CHILDREN)
    table.skill[1, column] *= 3
    assert sight.try_out([move], 1, CHILDREN) == before
    table.believed[1, column] += np.log(2)
    assert sight.try_out([move], 1, CHILDREN) != before
    form_beliefs(market)
    assert table.skill[1, column] == pytest.approx(np.exp(table.believed[1, column]))


def test_looking_beyond_the_end_of_the_calendar() -> None:
    market = market_at(200)
    calendar = long_enough(market, 91)
    assert calendar.days > 200 + 91
    assert np.array_equal(calendar.phone_minutes[:212], market.calendar.phone_minutes)
    assert long_enough(market, 91) is calendar
    assert long_enough(market, 5) is market.calendar
    sight = MarketView(market, market.platforms[0], quarter=True)
    assert np.isfinite(sight.try_out(sight.options()[:1], 2, CHILDREN)).all()


def test_payoffs_are_those_of_the_objective() -> None:
    """Attention adds up mean shares of mobile time, GMV adds up RMB; each platform may have its own."""
    market = market_at(AT, "objective=gmv", "objectives.kuaishou=attention")
    goals = [market.objectives[name].goal for name in ("kuaishou", "douyin")]
    assert goals == ["attention", "gmv"]
    (share,), (gmv,) = (
        MarketView(market, market.platforms[p], True).try_out([Move("hold")], 2, CHILDREN) for p in (0, 1)
    )
    assert 0 < share < 2
    assert gmv > 1e6
