"""Where a need is met: nested logit shares by hand, their limits and identities, and books that are expectations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import (
    FEED,
    KIND_IMPULSE,
    KIND_PLANNED,
    KIND_REPEAT,
    KIND_RIPENED,
    NEED_IMPULSE,
    NEED_PLANNED,
    NEED_RIPENED,
    NOBODY,
    SHELF,
    Offer,
    Shops,
)
from secondhalf.model.users.attention import ACTIVE, MINUTES, SHOPPING
from secondhalf.model.users.choice import NEEDS, WANTED, nested_shares, sample
from secondhalf.model.users.user_stages import Purchases, UserStages

Array = NDArray[np.float64]
EPS = float(np.finfo(np.float32).eps)
ONE_TIER = ("users.spending.amounts=[100]", "users.spending.incomes=[{name: all, share: 1.0, tiers: [1.0]}]")
NAMES = ["douyin", "taobao", "jd"]


class Met(NamedTuple):
    """Where one need is met."""

    chances: Array  # [P]
    feed: Array  # [P] part of the feed's channels
    gain: float


def meet(value: Any, channels: Any = None, nest: float = 1.0, platform_nest: float = 1.0, **need: Any) -> Met:
    """One need; what is not given is zero, everything is within reach and every platform has one channel of value one.

    `channels` is [2, P] for all kinds of need or [4, 2, P] by kind.
    """
    size, f = len(value), np.float32
    if channels is None:
        channels = np.stack([np.zeros(size), np.ones(size)])
    by_kind = np.broadcast_to(np.array(channels, f), (4, 2, size)).copy()
    chances, feed = np.empty(size, f), np.empty(size, f)
    gain = nested_shares(
        chances,
        feed,
        np.array(need.get("reachable", np.ones(size)), np.uint8),
        np.array(value, f),
        np.array(need.get("attachment", np.zeros(size)), f),
        np.array(need.get("bonus", np.zeros(size)), f),
        by_kind,
        f(np.exp(need.get("like_feed", 0.0))),
        f(np.exp(need.get("like_shelf", 0.0))),
        need.get("kind", KIND_PLANNED),
        need.get("tie", NOBODY),
        f(need.get("repeat_bonus", 0.0)),
        f(nest),
        f(platform_nest),
    )
    return Met(chances.astype(float), feed.astype(float), float(gain))


def logit(*values: float) -> Array:
    """Shares against walking away, whose utility is zero."""
    weights = np.exp(values)
    return np.asarray(weights / (1 + weights.sum()))


def test_one_platform_is_a_logistic_curve() -> None:
    for value in (-3.0, 0.0, 1.7):
        assert meet([value]).chances == pytest.approx([1 / (1 + np.exp(-value))], rel=8 * EPS)


def test_nothing_within_reach_means_walking_away() -> None:
    met = meet([5.0, 5.0], reachable=[0, 0])
    assert (met.chances == 0).all()
    assert met.gain == 0
    assert (meet([5.0, 5.0], channels=np.zeros((2, 2))).chances == 0).all()
    assert sample(np.zeros(2, np.float32), np.float32(0.0)) == NOBODY


pairs = st.lists(st.tuples(st.floats(-6, 6), st.floats(0.01, 20), st.floats(0.01, 20)), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None)
@given(pairs, st.floats(-2, 2), st.floats(-2, 2))
def test_without_nests_all_pairs_of_platform_and_channel_are_one_logit(
    platforms: list[tuple[float, float, float]], like_feed: float, like_shelf: float
) -> None:
    """lambda = mu = 1: the reference is written by hand over all pairs."""
    value, feed, shelf = np.array(platforms, np.float32).astype(float).T
    met = meet(value, [feed, shelf], like_feed=like_feed, like_shelf=like_shelf)
    pair = np.exp(value) * np.stack([np.exp(like_feed) * feed, np.exp(like_shelf) * shelf])
    by_hand = pair / (1 + pair.sum())
    assert met.chances == pytest.approx(by_hand.sum(axis=0), rel=64 * EPS, abs=1e-30)
    assert met.chances * met.feed == pytest.approx(by_hand[FEED], rel=64 * EPS, abs=1e-30)
    assert met.gain == pytest.approx(np.log1p(pair.sum()), rel=64 * EPS, abs=8 * EPS)


def test_shares_of_two_levels_by_hand() -> None:
    """Two platforms, two groups of channels each, lambda 0.5 and mu 0.8: all numbers worked out step by step."""
    inclusive = np.log([1.0 + 3.0, 0.5 + 0.5])
    utility = np.array([0.3, -0.2]) + 0.5 * inclusive
    weights = np.exp(utility / 0.8)
    bought = weights.sum() ** 0.8 / (1 + weights.sum() ** 0.8)
    met = meet([0.3, -0.2], [[1.0, 0.5], [3.0, 0.5]], nest=0.5, platform_nest=0.8)
    assert met.chances == pytest.approx(bought * weights / weights.sum(), rel=16 * EPS)
    assert met.feed == pytest.approx([0.25, 0.5], rel=4 * EPS)
    assert met.gain == pytest.approx(-np.log(1 - bought), rel=16 * EPS)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.05, 1.0), st.floats(0.0, 1.0), st.floats(0.01, 0.95))
def test_a_mall_raises_utility_by_the_share_that_it_takes(nest: float, loose: float, share: float) -> None:
    """All else held, a channel that ends with share s of a platform's sales adds exactly -lambda ln(1 - s) to V.

    V is read off the odds of buying: with one platform they are ``exp(V)``, whatever mu is.
    """
    platform_nest = nest + (1 - nest) * loose
    before = meet([0.4], [[1.0], [0.0]], nest, platform_nest).chances[0]
    after = meet([0.4], [[1.0], [share / (1 - share)]], nest, platform_nest)
    assert 1 - after.feed[0] == pytest.approx(share, rel=1e-5)
    gain = np.log(after.chances[0] / (1 - after.chances[0])) - np.log(before / (1 - before))
    assert gain == pytest.approx(-nest * np.log(1 - share), rel=1e-4, abs=1e-5)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=2, max_size=5), st.floats(0.3, 1.0), st.floats(0.5, 4.0))
def test_own_price_elasticity_of_spending(values: list[float], platform_nest: float, weight: float) -> None:
    """``d ln share / d ln price = -eta ((1 - w) / mu + w (1 - B))``: w the share within what is bought, B what is bought."""
    price = 0.02
    dear, cheap = (
        meet([values[0] + sign * weight * price, *values[1:]], platform_nest=platform_nest).chances for sign in (-1, 1)
    )
    at = meet(values, platform_nest=platform_nest).chances
    bought, within = at.sum(), at[0] / at.sum()
    formula = -weight * ((1 - within) / platform_nest + within * (1 - bought))
    assert (np.log(dear[0]) - np.log(cheap[0])) / (2 * price) == pytest.approx(formula, rel=5e-3)


def test_a_nest_against_walking_away_leaves_the_ratio_within() -> None:
    """Taking a platform out leaves the others' ratio, and rivals get more of its buyers than in proportion to shares."""
    all_three, two = (meet([0.5, 2.0, -1.0], platform_nest=0.5, reachable=here).chances for here in ([1] * 3, [1, 0, 1]))
    assert two[1] == 0
    assert two[0] / two[2] == pytest.approx(all_three[0] / all_three[2], rel=16 * EPS)
    rivals = all_three[[0, 2]].sum()
    diverted = (two.sum() - rivals) / all_three[1]
    assert diverted > 1.5 * rivals / (1 - all_three[1])
    loose, left = (meet([0.5, 2.0, -1.0], reachable=here).chances for here in ([1] * 3, [1, 0, 1]))
    in_proportion = loose[[0, 2]].sum() / (1 - loose[1])
    assert (left.sum() - loose[[0, 2]].sum()) / loose[1] == pytest.approx(in_proportion, rel=64 * EPS)


def test_every_term_by_hand() -> None:
    met = meet([-1.0, -0.5], attachment=[0.2, 0.0], bonus=[0.3, 0.6], kind=KIND_IMPULSE)
    assert met.chances == pytest.approx(logit(-1.0 + 0.2 + 0.3, -0.5 + 0.6), rel=16 * EPS)


def test_repeat_need_is_a_planned_one_away_from_its_tie() -> None:
    by_kind = np.zeros((4, 2, 2))
    by_kind[KIND_PLANNED, SHELF], by_kind[KIND_REPEAT, SHELF] = [5.0, 1.2], [2.0, 9.0]
    met = meet([0.0, -0.3], by_kind, kind=KIND_REPEAT, tie=0, repeat_bonus=1.5)
    assert met.chances == pytest.approx(logit(np.log(2.0) + 1.5, np.log(1.2) - 0.3), rel=16 * EPS)


def test_samples_meet_the_probabilities() -> None:
    """An even grid of marks gives each platform its share to within one mark."""
    shares = np.array([0.2, 0.05, 0.4], np.float32)
    places = np.array([sample(shares, np.float32((i + 0.5) / 4000)) for i in range(4000)])
    for p, share in enumerate(shares):
        assert np.mean(places == p) == pytest.approx(share, abs=1.5 / 4000)
    assert np.mean(places == NOBODY) == pytest.approx(0.35, abs=1.5 / 4000)


FIXED = ("users.loyalty_weight=1.2", "users.loyalty_step=0.3", "users.fan.slots=1", "users.opening_cost=0.7", *ONE_TIER)
PLAIN = ("users.channel_nest=1", "users.platform_nest=1", "mechanisms.taste=false")


@pytest.fixture(scope="module")
def market_users(
    make_settings: Callable[..., MarketSettings], make_users: Callable[[MarketSettings], UserStages]
) -> tuple[UserStages, MarketCalendar]:
    own = make_settings(NAMES, "population.users=30000", *FIXED, *PLAIN)
    return make_users(own), MarketCalendar(own.calendar, own.users, NAMES, own.mechanisms)


@pytest.fixture
def offer(make_offer: Callable[..., Offer]) -> Offer:
    bonus = np.zeros((4, 3))
    bonus[0] = [0.8, 0.4, 0.4]
    return make_offer(3, tier_value=[[-1, -1.2, -1.5]], sells=[1, 1, 1], bonus=bonus)


def buy(users: UserStages, calendar: MarketCalendar, offer: Offer, day: int, seed: int = 0) -> Purchases:
    merchants = 4
    shops = Shops(np.ones((3, merchants), np.float32), np.ones(merchants, np.float32), np.zeros((3, merchants)))
    users.columns.installed[:] = 0b111
    bought, seen = users.buy(offer, shops, RandomStreams(seed, NAMES, 1).day(day), calendar.day(day))
    users.seen = seen
    return bought


def test_books_are_expectations_of_what_users_do(market_users: tuple[UserStages, MarketCalendar], offer: Offer) -> None:
    """First day, one need each: the books hold the sum of probabilities, the users' orders are draws from them.

    Half have not opened the third app today: planned and ripened needs may open it at a cost, impulses may not.
    """
    users, calendar = market_users
    columns, n = users.columns, users.population.users
    columns.needs[:] = np.repeat([NEED_PLANNED, NEED_IMPULSE, NEED_RIPENED], n // 3)
    columns.impulse_origin[:], columns.interest_origin[:] = 0, 0
    columns.last_used[:] = 3
    columns.last_used[2, ::2] = 2
    columns.loyalty[:] = 0.0
    columns.minutes[:] = 0.0
    bought = buy(users, calendar, offer, 3)
    expected = np.zeros((4, 4, 3))
    value = offer.tier_value[0].astype(float)
    for kind, origin in ((KIND_PLANNED, 3), (KIND_IMPULSE, 0), (KIND_RIPENED, 0)):
        there = value + offer.bonus[origin]
        closed = [*logit(*there[:2]), 0.0] if kind == KIND_IMPULSE else logit(*there[:2], there[2] - 0.7)
        expected[kind, origin] = (logit(*there) + np.array(closed)) * (n / 6)
    assert bought.orders == pytest.approx(expected, rel=1e-6)
    assert bought.spending.sum(axis=3) == pytest.approx(100 * expected, rel=1e-6)
    assert bought.needs[[NEEDS, WANTED]] == pytest.approx([n, 100 * n])
    orders = np.array([np.count_nonzero(columns.last_bought[p] == 3) for p in range(3)])
    booked = bought.orders.sum(axis=(0, 1))
    assert (np.abs(orders - booked) <= 4 * np.sqrt(booked * (1 - booked / n))).all()
    assert columns.loyalty[columns.last_bought == 3] == pytest.approx(0.3, rel=4 * EPS)


def test_a_need_that_opens_an_app_counts_one_visit_and_one_session(
    market_users: tuple[UserStages, MarketCalendar], offer: Offer
) -> None:
    users, calendar = market_users
    columns = users.columns
    columns.needs[:] = NEED_PLANNED
    columns.last_used[:], columns.minutes[:] = 3, 0.0
    users._sums[:], users._totals[:] = 0.0, 0.0
    buy(users, calendar, offer, 4)
    visits = (columns.last_used == 4).sum(axis=1)
    sums = users.seen[0]
    assert visits.sum() == np.count_nonzero(columns.last_bought == 4) > 1000
    assert sums[:, ACTIVE] == pytest.approx(visits)
    session = float(users.population.behaviour.session)
    assert sums[:, MINUTES] == pytest.approx(session * visits)
    assert sums[:, SHOPPING] == pytest.approx(session * visits)
    assert columns.minutes[columns.last_used == 4] == pytest.approx(session)


def test_sessions_end_with_the_day(market_users: tuple[UserStages, MarketCalendar], offer: Offer) -> None:
    """Where no time outside is left, a need adds no minutes."""
    users, calendar = market_users
    columns, day = users.columns, calendar.day(5)
    columns.needs[:] = NEED_PLANNED
    columns.last_used[:] = 5
    columns.minutes[0] = columns.budget_factor * day.budget - np.float32(2.0)
    columns.minutes[1:] = 0.0
    buy(users, calendar, offer, 5)
    spent = columns.minutes.sum(axis=0)
    bought = (columns.last_bought == 5).any(axis=0)
    assert spent[bought] == pytest.approx((columns.budget_factor * day.budget)[bought], rel=1e-5)


def test_needs_of_one_day_see_the_morning_loyalty(market_users: tuple[UserStages, MarketCalendar], offer: Offer) -> None:
    """Two needs a day: loyalty won by the first changes tomorrow's choice, not today's second."""
    users, calendar = market_users
    columns, n = users.columns, users.population.users
    columns.needs[:] = NEED_PLANNED | NEED_RIPENED
    columns.interest_origin[:] = 0
    columns.last_used[:] = 6
    columns.loyalty[:] = 0.5
    kept = 0.5 * float(users.population.behaviour.loyalty_kept)
    bought = buy(users, calendar, offer, 6)
    attached = offer.tier_value[0] + 1.2 * kept
    assert bought.orders[KIND_PLANNED, NOBODY] == pytest.approx(n * logit(*attached), rel=1e-5)
    assert bought.orders[KIND_RIPENED, 0] == pytest.approx(n * logit(*(attached + offer.bonus[0])), rel=1e-5)
    assert bought.orders[KIND_REPEAT].sum() == 0


def test_who_has_no_app_that_sells_orders_nothing(
    market_users: tuple[UserStages, MarketCalendar], offer: Offer
) -> None:
    users, calendar = market_users
    users.columns.needs[:] = NEED_IMPULSE
    users.columns.last_used[:] = 8
    assert buy(users, calendar, offer, 9).orders.sum() == 0
    users.columns.needs[:] = NEED_PLANNED
    assert buy(users, calendar, offer._replace(sells=np.zeros(3, np.uint8)), 8).orders.sum() == 0
    assert not (users.columns.last_bought >= 8).any()


def test_lasting_tastes_leave_the_mean_of_their_exponential_at_one(
    make_settings: Callable[..., MarketSettings], make_users: Callable[[MarketSettings], UserStages], offer: Offer
) -> None:
    """The same person prefers the same platform on every day, and preferences are those of a mixed logit."""
    own = make_settings(NAMES, "population.users=20000", *FIXED, *PLAIN, "users.loyalty_weight=0")
    users, calendar = make_users(own), MarketCalendar(own.calendar, own.users, NAMES, own.mechanisms)
    sd = np.array([0.0, 1.5, 0.0], np.float32)
    places = []
    for day in (3, 4):
        users.columns.needs[:] = NEED_PLANNED
        users.columns.last_used[:] = day
        bought = buy(users, calendar, offer._replace(attachment_sd=sd), day)
        places.append(users.columns.last_bought[1] == day)
    normal = np.random.default_rng(0).standard_normal(400_000)
    value = offer.tier_value[0].astype(float)
    weights = np.exp(value[1] + 1.5 * normal - 1.5**2 / 2)
    share = weights / (1 + weights + np.exp(value[[0, 2]]).sum())
    n = users.population.users
    assert bought.orders[KIND_PLANNED, NOBODY, 1] / n == pytest.approx(share.mean(), abs=4 * share.std() / np.sqrt(n))
    both, once = np.mean(places[0] & places[1]), np.mean(places[0])
    assert both / once == pytest.approx(np.mean(share**2) / share.mean(), abs=4 / np.sqrt(n * once))
    assert both / once > 1.2 * once
