"""Where a need is met: the logit by hand, its frequencies, and books that are its expectations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import (
    NEED_IMPULSE,
    NEED_PLANNED,
    NEED_RIPENED,
    NOBODY,
    PULL_IMPULSE,
    PULL_PLANNED,
    PULL_REPEAT,
    Offer,
    Shops,
)
from secondhalf.model.users.choice import (
    KIND_IMPULSE,
    KIND_PLANNED,
    KIND_REPEAT,
    KIND_RIPENED,
    choice_probabilities,
    sample,
)
from secondhalf.model.users.user_stages import UserStages

Array = NDArray[np.float64]
EPS = float(np.finfo(np.float32).eps)
NAMES = ["douyin", "taobao", "jd"]


def chances(
    choice: Any, opened: Any = None, pull: Any = None, bonus: Any = None, attachment: Any = None, **need: Any
) -> Array:
    """Probabilities of one need; what is not given is zero, everything open."""
    size = len(choice)
    f = np.float32
    out = np.empty(size, f)
    choice_probabilities(
        out,
        np.ones(size, np.uint8) if opened is None else np.array(opened, np.uint8),
        np.zeros((3, size), f) if pull is None else np.array(pull, f),
        np.array(choice, f),
        np.zeros((size + 1, size), f) if bonus is None else np.array(bonus, f),
        np.zeros(size, f) if attachment is None else np.array(attachment, f),
        need.get("row", PULL_PLANNED),
        need.get("origin", NOBODY),
        need.get("tie", NOBODY),
        f(need.get("repeat_bonus", 0.0)),
    )
    return out.astype(float)


def logit(*values: float) -> Array:
    """Shares against walking away, whose utility is zero."""
    weights = np.exp(values)
    return np.asarray(weights / (1 + weights.sum()))


def test_one_platform_is_a_logistic_curve() -> None:
    for value in (-3.0, 0.0, 1.7):
        assert chances([value]) == pytest.approx([1 / (1 + np.exp(-value))], rel=8 * EPS)


def test_equal_platforms_share_with_walking_away() -> None:
    assert chances([0.0, 0.0, 0.0]) == pytest.approx([0.25] * 3, rel=4 * EPS)


def test_nothing_opened_means_walking_away() -> None:
    assert (chances([5.0, 5.0], opened=[0, 0]) == 0).all()
    assert sample(np.zeros(2, np.float32), np.float32(0.0)) == NOBODY


def test_closed_apps_leave_the_others_ratio() -> None:
    """Independence of irrelevant alternatives."""
    assert chances([0.5, 2.0, -1.0], opened=[1, 0, 1]) == pytest.approx([*logit(0.5, -1.0)[:1], 0, logit(0.5, -1.0)[1]])


def test_every_term_of_an_impulse_by_hand() -> None:
    pull = [[0.1, 0.2], [0.7, 0.4], [9.0, 9.0]]
    bonus = [[0.3, 0.6], [0.0, 0.5], [0.0, 0.0]]
    found = chances([-1.0, -0.5], pull=pull, bonus=bonus, attachment=[0.2, 0.0], row=PULL_IMPULSE, origin=0)
    assert found == pytest.approx(logit(-1.0 + 0.2 + 0.3 + 0.7, -0.5 + 0.6 + 0.4), rel=16 * EPS)


def test_need_planted_nowhere_reads_the_last_row_of_the_bonus() -> None:
    found = chances([0.0, 0.0], bonus=[[9, 9], [9, 9], [0.25, 0.5]], origin=NOBODY)
    assert found == pytest.approx(logit(0.25, 0.5), rel=16 * EPS)


def test_repeat_need_is_a_planned_one_away_from_its_tie() -> None:
    pull = [[0.1, 0.2], [5.0, 5.0], [0.9, 8.0]]
    found = chances([0.0, -0.3], pull=pull, row=PULL_REPEAT, tie=0, repeat_bonus=1.5)
    assert found == pytest.approx(logit(0.9 + 1.5, -0.3 + 0.2), rel=16 * EPS)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-20, 20), min_size=1, max_size=6))
def test_probabilities_are_the_logit(values: list[float]) -> None:
    exact = logit(*np.array(values, np.float32).astype(float))
    assert chances(values) == pytest.approx(exact, rel=(len(values) + 8) * EPS)
    assert chances(values).sum() <= 1 + len(values) * EPS


def test_samples_meet_the_probabilities() -> None:
    """An even grid of marks gives each platform its share to within one mark."""
    shares = np.array([0.2, 0.05, 0.4], np.float32)
    places = np.array([sample(shares, np.float32((i + 0.5) / 4000)) for i in range(4000)])
    for p, share in enumerate(shares):
        assert np.mean(places == p) == pytest.approx(share, abs=1.5 / 4000)
    assert np.mean(places == NOBODY) == pytest.approx(0.35, abs=1.5 / 4000)


@pytest.fixture(scope="module")
def market_users(
    make_settings: Callable[..., MarketSettings], make_users: Callable[[MarketSettings], UserStages]
) -> tuple[UserStages, MarketCalendar]:
    fixed = ["users.loyalty_weight=1.2", "users.loyalty_step=0.3", "users.fan.slots=1"]
    own = make_settings(NAMES, "population.users=30000", *fixed)
    return make_users(own), MarketCalendar(own.calendar, NAMES, own.mechanisms)


@pytest.fixture
def offer(make_offer: Callable[..., Offer]) -> Offer:
    bonus = np.zeros((4, 3))
    bonus[0] = [0.8, 0.4, 0.4]
    return make_offer(
        3, pull=[[0.2, 1.0, 0.9], [1.0, 0.3, 0.2], [0, 0, 0]], choice=[-1, -1.2, -1.5], sells=[1, 1, 1], bonus=bonus
    )


def buy(users: UserStages, calendar: MarketCalendar, offer: Offer, day: int, seed: int = 0) -> Array:
    merchants = 4
    shops = Shops(np.ones((3, merchants), np.float32), np.ones(merchants, np.float32), np.zeros((3, merchants)))
    book, _ = users.buy(offer, shops, RandomStreams(seed, NAMES, 1).day(day), calendar.day(day, 0.0))
    return book


def test_books_are_expectations_of_what_users_do(market_users: tuple[UserStages, MarketCalendar], offer: Offer) -> None:
    """First day, one need each: the book holds the sum of probabilities, the users' orders are draws from it."""
    users, calendar = market_users
    columns, n = users.columns, users.population.users
    columns.needs[:] = np.repeat([NEED_PLANNED, NEED_IMPULSE, NEED_RIPENED], n // 3)
    columns.impulse_origin[:], columns.interest_origin[:] = 0, 0
    columns.last_used[:] = 3
    columns.last_used[2, ::2] = 2  # half have not opened the third today
    columns.loyalty[:] = 0.0
    book = buy(users, calendar, offer, 3)
    expected = np.zeros((4, 4, 3))
    for kind, row, origin in (
        (KIND_PLANNED, PULL_PLANNED, 3),
        (KIND_IMPULSE, PULL_IMPULSE, 0),
        (KIND_RIPENED, PULL_PLANNED, 0),
    ):
        value = offer.choice + offer.pull[row] + offer.bonus[origin]
        expected[kind, origin] = (logit(*value) + np.array([*logit(*value[:2]), 0.0])) * (n / 6)
    assert book == pytest.approx(expected, rel=1e-6)
    orders = np.array([np.count_nonzero(columns.last_bought[p] == 3) for p in range(3)])
    booked = book.sum(axis=(0, 1))
    assert (np.abs(orders - booked) <= 4 * np.sqrt(booked * (1 - booked / n))).all()
    assert columns.loyalty[columns.last_bought == 3] == pytest.approx(0.3, rel=4 * EPS)


def test_needs_of_one_day_see_the_morning_loyalty(
    market_users: tuple[UserStages, MarketCalendar], offer: Offer
) -> None:
    """Two needs a day: loyalty won by the first changes tomorrow's choice, not today's second."""
    users, calendar = market_users
    columns, n = users.columns, users.population.users
    columns.needs[:] = NEED_PLANNED | NEED_RIPENED
    columns.interest_origin[:] = 0
    columns.last_used[:] = 5
    columns.loyalty[:] = 0.5
    kept = 0.5 * float(users.population.behaviour.loyalty_kept)
    book = buy(users, calendar, offer, 5)
    attached = offer.choice + offer.pull[PULL_PLANNED] + 1.2 * kept
    assert book[KIND_PLANNED, NOBODY] == pytest.approx(n * logit(*attached), rel=1e-5)
    assert book[KIND_RIPENED, 0] == pytest.approx(n * logit(*(attached + offer.bonus[0])), rel=1e-5)
    assert book[KIND_REPEAT].sum() == 0


def test_who_opened_nothing_that_sells_orders_nothing(
    market_users: tuple[UserStages, MarketCalendar], offer: Offer
) -> None:
    users, calendar = market_users
    users.columns.needs[:] = NEED_PLANNED
    users.columns.last_used[:] = 8
    assert buy(users, calendar, offer, 9).sum() == 0
    assert buy(users, calendar, offer._replace(sells=np.zeros(3, np.uint8)), 8).sum() == 0
    assert not (users.columns.last_bought >= 8).any()
