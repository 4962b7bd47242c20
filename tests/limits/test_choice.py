"""Needs of many users are met: books that are expectations, visits and sessions, loyalty and lasting tastes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import (
    KIND_IMPULSE,
    KIND_PLANNED,
    KIND_REPEAT,
    KIND_RIPENED,
    NEED_IMPULSE,
    NEED_PLANNED,
    NEED_RIPENED,
    NEVER,
    NOBODY,
    TENURE,
    YEAR_MONTHS,
    Offer,
    Shops,
)
from secondhalf.model.users.attention import ACTIVE, MINUTES, SHOPPING
from secondhalf.model.users.choice import NEEDS, WANTED
from secondhalf.model.users.storage import POSITIVE_ERROR, SPENT_MARGIN, STOCK_ERROR, stock_codes, stocks
from secondhalf.model.users.user_stages import Purchases, UserStages
from tests.limits.one_need import logit

EPS = float(np.finfo(np.float32).eps)
ONE_TIER = ("users.spending.amounts=[100]", "users.spending.incomes=[{name: all, share: 1.0, tiers: [1.0]}]")
NAMES = ["douyin", "taobao", "jd"]
PLACED = {KIND_PLANNED: 1.0, KIND_IMPULSE: 2.5, KIND_RIPENED: 0.5}
"""Orders where a need of each kind is met."""


FIXED = ("users.loyalty_weight=1.2", "users.loyalty_step=0.3", "users.fan.slots=1", "users.opening_cost=0.7", *ONE_TIER)
ORDERS = "users.orders_per_need={planned: 1.0, impulse: 2.5, ripened: 0.5, repeat: 1.0}"
PLAIN = ("users.channel_nest=1", "users.platform_nest=1", "mechanisms.taste=false", ORDERS)


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
    """First day, one need each: the books hold the sum of probabilities, users' days with orders are draws from them.

    Needs of a kind lead to `PLACED` orders each. Half have not opened the third app today: planned and ripened needs
    may open it at a cost, impulses may not.
    """
    users, calendar = market_users
    columns, n = users.columns, users.population.users
    columns.needs[:] = np.repeat([NEED_PLANNED, NEED_IMPULSE, NEED_RIPENED], n // 3)
    columns.impulse_origin[:], columns.interest_origin[:] = 0, 0
    columns.last_used[:] = 3
    columns.last_used[2, ::2] = 2
    columns.loyalty[:] = 0
    columns.minutes[:] = 0
    bought = buy(users, calendar, offer, 3)
    expected = np.zeros((4, 4, 3))
    value = offer.tier_value[0].astype(float)
    for kind, origin in ((KIND_PLANNED, 3), (KIND_IMPULSE, 0), (KIND_RIPENED, 0)):
        there = value + offer.bonus[origin]
        closed = [*logit(*there[:2]), 0.0] if kind == KIND_IMPULSE else logit(*there[:2], there[2] - 0.7)
        expected[kind, origin] = (logit(*there) + np.array(closed)) * (n / 6)
    placed = np.array([PLACED.get(kind, 0.0) for kind in range(4)])[:, None, None]
    assert bought.orders == pytest.approx(placed * expected, rel=1e-6)
    assert bought.spending.sum(axis=3) == pytest.approx(100 * placed * expected, rel=1e-6)
    assert bought.needs[[NEEDS, WANTED]] == pytest.approx([n, 100 * n * np.mean(list(PLACED.values()))])
    orders = np.array([np.count_nonzero(columns.last_bought[p] == 3) for p in range(3)])
    booked = expected.sum(axis=(0, 1))
    assert (np.abs(orders - booked) <= 4 * np.sqrt(booked * (1 - booked / n))).all()
    loyalty = users.population.read("loyalty")
    assert loyalty[columns.last_bought == 3] == pytest.approx(0.3, rel=4 * EPS, abs=STOCK_ERROR)


def test_a_need_that_opens_an_app_counts_one_visit_and_one_session(
    market_users: tuple[UserStages, MarketCalendar], offer: Offer
) -> None:
    users, calendar = market_users
    columns = users.columns
    columns.needs[:] = NEED_PLANNED
    columns.last_used[:], columns.minutes[:] = 3, 0
    users._sums[:], users._totals[:] = 0.0, 0.0
    buy(users, calendar, offer, 4)
    visits = (columns.last_used == 4).sum(axis=1)
    sums = users.seen[0]
    assert visits.sum() == np.count_nonzero(columns.last_bought == 4) > 1000
    assert sums[:, ACTIVE] == pytest.approx(visits)
    session = float(users.population.behaviour.session)
    assert sums[:, MINUTES] == pytest.approx(session * visits)
    assert sums[:, SHOPPING] == pytest.approx(session * visits)
    minutes = users.population.read("minutes")
    assert minutes[columns.last_used == 4] == pytest.approx(session, rel=POSITIVE_ERROR)


def test_sessions_end_with_the_day(market_users: tuple[UserStages, MarketCalendar], offer: Offer) -> None:
    """Where no time outside is left, a need adds no minutes."""
    users, calendar = market_users
    columns, day = users.columns, calendar.day(5)
    columns.needs[:] = NEED_PLANNED
    columns.last_used[:] = 5
    budget = users.population.read("budget_factor") * day.budget
    users.population.write("minutes", np.stack([budget - 2, 0 * budget, 0 * budget]))
    buy(users, calendar, offer, 5)
    spent = users.population.read("minutes").sum(axis=0)
    bought = (columns.last_bought == 5).any(axis=0)
    filled = budget[bought] - (SPENT_MARGIN - 1) * (budget[bought] - 2)  # but for what rounding may hide
    assert spent[bought] == pytest.approx(filled, rel=3 * POSITIVE_ERROR)  # stored before and after
    assert (spent[bought] <= budget[bought]).all()


def test_a_day_that_is_spent_has_no_session(market_users: tuple[UserStages, MarketCalendar], offer: Offer) -> None:
    """Whatever rounding hides of the minutes before: needs of three kinds add nothing."""
    users, calendar = market_users
    columns, day = users.columns, calendar.day(5)
    columns.needs[:] = NEED_PLANNED | NEED_IMPULSE | NEED_RIPENED
    columns.impulse_origin[:], columns.interest_origin[:] = 0, 0
    columns.last_used[:] = 5
    budget = users.population.read("budget_factor") * day.budget
    users.population.write("minutes", np.outer([0.61, 0.27, 0.12], budget))
    users._sums[:] = 0.0
    buy(users, calendar, offer, 5)
    assert np.count_nonzero(columns.last_bought == 5) > 1000
    assert (users.seen[0][:, SHOPPING] == 0).all()


def test_needs_of_one_day_see_the_morning_loyalty(
    market_users: tuple[UserStages, MarketCalendar], offer: Offer
) -> None:
    """Two needs a day: loyalty won by the first changes tomorrow's choice, not today's second."""
    users, calendar = market_users
    columns, n = users.columns, users.population.users
    columns.needs[:] = NEED_PLANNED | NEED_RIPENED
    columns.interest_origin[:] = 0
    columns.last_used[:] = 6
    users.population.write("loyalty", np.full(columns.loyalty.shape, 0.5))
    faded = users.population.read("loyalty")[0, 0] * users.population.behaviour.loyalty_kept
    kept = float(stocks(stock_codes(faded)))
    bought = buy(users, calendar, offer, 6)
    attached = offer.tier_value[0] + 1.2 * kept
    assert bought.orders[KIND_PLANNED, NOBODY] == pytest.approx(n * logit(*attached), rel=1e-5)
    ripened = PLACED[KIND_RIPENED] * n * logit(*(attached + offer.bonus[0]))
    assert bought.orders[KIND_RIPENED, 0] == pytest.approx(ripened, rel=1e-5)
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


def test_a_first_order_costs_more_than_later_ones(
    make_settings: Callable[..., MarketSettings], make_users: Callable[[MarketSettings], UserStages], offer: Offer
) -> None:
    """Whoever never ordered at a platform sees it as if its value were lower by the cost; afterwards as it is."""
    own = make_settings(
        NAMES, "population.users=200", *FIXED, *PLAIN, "users.loyalty_weight=0", "users.first_order_cost=2"
    )
    users, calendar = make_users(own), MarketCalendar(own.calendar, own.users, NAMES, own.mechanisms)
    value = offer.tier_value[0].astype(float)

    def shares(of_days: tuple[int, int, int], day: int) -> np.ndarray:
        users.columns.needs[:], users.columns.last_used[:] = NEED_PLANNED, day
        users.columns.last_bought[:] = np.array(of_days, np.int16)[:, None]
        return buy(users, calendar, offer, day).orders[KIND_PLANNED, NOBODY] / users.population.users

    def expected(value: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(value) / (1 + np.exp(value).sum()))

    assert shares((NEVER, NEVER, NEVER), 3) == pytest.approx(expected(value - 2), rel=1e-5)
    assert shares((NEVER, 1, NEVER), 4) == pytest.approx(expected(value - [2, 0, 2]), rel=1e-5)
    assert shares((1, 1, 1), 5) == pytest.approx(expected(value), rel=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_buyers_at_the_start_ordered_within_the_year_before(
    make_settings: Callable[..., MarketSettings], make_users: Callable[[MarketSettings], UserStages], share: float
) -> None:
    size = ("population.users=20000", "platform.taobao.installed_at_start=0.8")
    own = make_settings(["taobao"], *size, f"platform.taobao.buyers_at_start={share}")
    columns = make_users(own).columns
    has, bought = columns.installed != 0, columns.last_bought[0] != NEVER
    assert not (bought & ~has).any()
    assert bought[has].mean() == pytest.approx(share, abs=4 * 0.5 / np.sqrt(has.sum()))
    ago = -columns.last_bought[0, bought].astype(int) - own.calendar.warm_up
    assert ((ago > -own.calendar.warm_up) & (ago <= 366)).all()
    months = columns.marks[0, bought] >> TENURE
    recent = months < YEAR_MONTHS
    assert (-columns.last_bought[0, bought].astype(int) <= 31 * months.astype(int))[recent].all(), (
        "not before the installation"
    )
