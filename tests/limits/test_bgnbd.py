"""Fan ties alone are the BG/NBD model of repeat buying (Fader, Hardie and Lee 2005, Marketing Science 24, 275-284).

A tie's daily rate is gamma(r, alpha), it dies after an order with a beta(a, b) probability. With one platform that is
opened every day and from which nobody walks away,

    E[X(t)] = (a + b - 1) / (a - 1) [1 - (alpha / (alpha + t))^r 2F1(r, b; a + b - 1; t / (alpha + t))]

The simulation has whole days (at most one order a day) and reads rates and dropouts from tables of equally likely
quantiles. Both are allowed for by computing the same mean for the tables and for days exactly: the simulation must meet
that within sampling error, and that must come close to the closed form as hazards a day become small and tables fine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.special import hyp2f1

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import KIND_REPEAT, NEED_REPEAT, NOBODY, Behaviour, Offer, Shops
from secondhalf.model.users.orders import LOST_FANS
from secondhalf.model.users.population import behaviour
from secondhalf.model.users.user_stages import UserStages

Array = NDArray[np.float64]
SHAPE, MEAN, A, B = 0.8, 0.02, 1.6, 4.0  # r, r / alpha, a, b
ALPHA = SHAPE / MEAN
USERS, DAYS = 40_000, 120


def expected_orders(t: float) -> float:
    """E[X(t)] of BG/NBD."""
    term = (ALPHA / (ALPHA + t)) ** SHAPE * hyp2f1(SHAPE, B, A + B - 1, t / (ALPHA + t))
    return float((A + B - 1) / (A - 1) * (1 - term))


def expected_alive(t: float) -> float:
    """P(a tie lives at t) = E[exp(-rate dropout t)] over both priors: E[(alpha / (alpha + dropout t))^r]."""
    return float(hyp2f1(SHAPE, A, A + B, -t / ALPHA))


def alive_given_history(orders: Array, last: Array, t: float) -> Array:
    """P(alive | x, t_x, t) for x orders, the last of them on t_x; one who never ordered cannot have died."""
    odds = A / (B + np.maximum(orders, 1) - 1) * ((ALPHA + t) / (ALPHA + last)) ** (SHAPE + orders)
    return np.asarray(np.where(orders > 0, 1 / (1 + odds), 1.0))


class DailyMeans(NamedTuple):
    """Exact means for whole days and the tables of quantiles."""

    orders: float
    alive: float


def daily_means(rule: Behaviour, days: int) -> DailyMeans:
    """A living tie orders with chance c = 1 - exp(-rate) a day, and dies with chance c d."""
    chance = -np.expm1(-rule.fan_rates.astype(float))[:, None]
    dropout = rule.fan_dropouts.astype(float)[None, :]
    alive = (1 - chance * dropout) ** days
    return DailyMeans(float(((1 - alive) / dropout).mean()), float(alive.mean()))


class Ties(NamedTuple):
    orders: Array  # [N] repeat orders
    last: Array  # [N] day of the last, counted from 1
    alive: NDArray[np.bool_]


@pytest.fixture(scope="module")
def settings(make_settings: Callable[..., MarketSettings]) -> MarketSettings:
    fan = {"rate_shape": SHAPE, "rate_mean": MEAN, "dropout_a": A, "dropout_b": B, "fresh_days": 0, "slots": 1}
    return make_settings(
        ["taobao"],
        f"population.users={USERS}",
        "users.repeat_bonus=200",
        "users.orders_per_need.repeat=1",
        *(f"users.fan.{name}={value}" for name, value in fan.items()),
    )


@pytest.fixture(scope="module")
def ties(
    settings: MarketSettings,
    make_users: Callable[[MarketSettings], UserStages],
    make_offer: Callable[..., Offer],
) -> Ties:
    """Everybody a fan of one of 50 merchants on day 0; every order counted until the last day."""
    merchants = 50
    people, random_streams = make_users(settings), RandomStreams(3, ["taobao"], 1)
    columns = people.columns
    columns.installed[:] = 1
    columns.fan_merchant[0] = np.arange(USERS) % merchants
    columns.fan_platform[0] = 0
    columns.fan_day[0] = 0
    offer = make_offer(1, sells=[1])
    shops = Shops(np.ones((1, merchants), np.float32), np.full(merchants, 5, np.float32), np.zeros((1, merchants)))
    calendar = MarketCalendar(settings.calendar, settings.users, ["taobao"], settings.mechanisms)
    orders, last = np.zeros(USERS), np.zeros(USERS)
    for number in range(1, DAYS + 1):
        streams, today = random_streams.day(number), calendar.day(number)
        today = today._replace(planned=np.float32(0), repeat=np.float32(1))
        columns.last_used[0] = number
        living = columns.fan_merchant[0] != NOBODY
        people.arise(offer, shops, streams, today)
        wanted = columns.needs == NEED_REPEAT
        trade, _ = people.buy(offer, shops, streams, today)
        book, counts = trade.orders, trade.buyers
        bought = columns.last_bought[0] == number
        assert (bought == wanted).all(), "every need is met"
        assert not (bought & ~living).any(), "dead ties buy nothing"
        assert book[KIND_REPEAT, NOBODY, 0] == pytest.approx(bought.sum(), rel=1e-6)
        assert book.sum() == book[KIND_REPEAT, NOBODY, 0]
        assert counts[0, LOST_FANS] == np.count_nonzero(living) - np.count_nonzero(columns.fan_merchant[0] != NOBODY)
        orders += bought
        last[bought] = number
    return Ties(orders, last, columns.fan_merchant[0] != NOBODY)


def test_orders_meet_the_mean_of_whole_days(settings: MarketSettings, ties: Ties) -> None:
    standard_error = ties.orders.std(ddof=1) / np.sqrt(USERS)
    exact = daily_means(behaviour(settings.users, settings.mechanisms), DAYS)
    assert ties.orders.mean() == pytest.approx(exact.orders, abs=4 * standard_error)


def test_living_ties_meet_the_mean_of_whole_days(settings: MarketSettings, ties: Ties) -> None:
    exact = daily_means(behaviour(settings.users, settings.mechanisms), DAYS).alive
    assert ties.alive.mean() == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / USERS))


def test_orders_meet_the_closed_form(settings: MarketSettings, ties: Ties) -> None:
    """What days and tables change, computed above, is below 3 % here, and nothing else may differ."""
    standard_error = ties.orders.std(ddof=1) / np.sqrt(USERS)
    gap = abs(daily_means(behaviour(settings.users, settings.mechanisms), DAYS).orders - expected_orders(DAYS))
    assert gap < 0.03 * expected_orders(DAYS)
    assert ties.orders.mean() == pytest.approx(expected_orders(DAYS), abs=gap + 4 * standard_error)


def test_living_ties_meet_the_closed_form(settings: MarketSettings, ties: Ties) -> None:
    gap = abs(daily_means(behaviour(settings.users, settings.mechanisms), DAYS).alive - expected_alive(DAYS))
    assert gap < 0.01
    assert ties.alive.mean() == pytest.approx(expected_alive(DAYS), abs=gap + 4 * 0.5 / np.sqrt(USERS))


def test_histories_tell_who_lives(ties: Ties) -> None:
    """Among ties with the same history as many live as P(alive | x, t_x, t) says, by fifths of that chance."""
    chance = alive_given_history(ties.orders, ties.last, DAYS)
    assert chance.mean() == pytest.approx(ties.alive.mean(), abs=0.01 + 4 * 0.5 / np.sqrt(USERS))
    bought = ties.orders > 0
    for low in np.arange(0, 1, 0.2):
        group = bought & (chance >= low) & (chance < low + 0.2)
        if group.sum() > 200:
            error = 4 * 0.5 / np.sqrt(group.sum())
            assert ties.alive[group].mean() == pytest.approx(chance[group].mean(), abs=0.02 + error)


def test_days_and_tables_approach_the_closed_form(settings: MarketSettings) -> None:
    """Rates a tenth as large over ten times the days: the error of whole days falls by about ten."""
    fine = np.arange(4096) / 4096 + 0.5 / 4096
    gaps = []
    for factor in (1, 10):
        rates = stats.gamma.ppf(fine, SHAPE, scale=1 / ALPHA / factor).astype(np.float32)
        dropouts = stats.beta.ppf(fine, A, B).astype(np.float32)
        rule = behaviour(settings.users, settings.mechanisms)._replace(fan_rates=rates, fan_dropouts=dropouts)
        gaps.append(abs(daily_means(rule, DAYS * factor).orders - expected_orders(DAYS)))
    assert gaps[1] < gaps[0] / 5


def test_closed_form_is_the_mean_over_both_priors() -> None:
    """E[X(t)] against its definition, E[(1 - exp(-rate dropout t)) / dropout], by 2,000 x 2,000 strata."""
    middle = (np.arange(2000) + 0.5) / 2000
    rates = stats.gamma.ppf(middle, SHAPE, scale=1 / ALPHA)[:, None]
    dropouts = stats.beta.ppf(middle, A, B)[None, :]
    mean = float((-np.expm1(-rates * dropouts * DAYS) / dropouts).mean())
    assert expected_orders(DAYS) == pytest.approx(mean, rel=2e-3)
