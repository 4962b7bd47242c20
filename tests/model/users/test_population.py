"""Users as they start: traits, who is online when, what is installed, when they last ordered."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.market import Market
from secondhalf.model.shapes import NEVER, NOBODY, TENURE, YEAR_MONTHS
from secondhalf.model.users.population import Population, online_from

Array = NDArray[np.float64]
USERS, PEOPLE = 20_000, 1.5e9
NAMES = ["kuaishou", "taobao"]


@pytest.fixture(scope="module")
def own() -> MarketSettings:
    shares = {"kuaishou": 0.3, "taobao": 0.65}
    return load_settings(
        [
            "platforms=[kuaishou,taobao]",
            f"population.users={USERS}",
            f"population.people={PEOPLE}",
            "users.taste_sd_content=0.9",
            "users.taste_sd_shelf=0.5",
            "users.budget_sd=0.4",
            "users.need_shape=0.7",
            "users.adoption_taste=0.8",
            "platform.kuaishou.taste_content=1",
            "platform.kuaishou.taste_shelf=0",
            *(f"platform.{name}.installed_at_start={share}" for name, share in shares.items()),
            *(f"platform.{name}.recent_at_start=0.4" for name in NAMES),
        ]
    )


@pytest.fixture(scope="module")
def calendar(own: MarketSettings) -> MarketCalendar:
    return MarketCalendar(own.calendar, own.users, NAMES, own.mechanisms)


@pytest.fixture(scope="module")
def people(own: MarketSettings, calendar: MarketCalendar) -> Population:
    return Population(own, calendar)


def test_people_online_follow_the_curve(people: Population, calendar: MarketCalendar, own: MarketSettings) -> None:
    """On every day within four binomial standard errors of the curve's running maximum."""
    first = people.columns.online_from
    share = np.maximum.accumulate(calendar.people_online) * 1e6 / own.population.people
    assert share[-1] < 1, "or the curve has an end that nobody sees"
    for day in range(0, calendar.days, 97):
        error = 4 * np.sqrt(share[day] * (1 - share[day]) / USERS)
        assert np.mean(first <= day) == pytest.approx(share[day], abs=error)


def test_a_falling_curve_sends_nobody_home() -> None:
    curve = np.array([100.0, 110.0, 90.0, 120.0, 120.0])
    first = online_from(curve, 200e6, np.random.default_rng(0).random(5000))
    counts = [np.count_nonzero(first <= day) for day in range(5)]
    assert counts[1] == counts[2]
    assert counts[3] == counts[4]
    assert not (first == 2).any()
    assert counts[-1] / 5000 == pytest.approx(0.6, abs=4 * np.sqrt(0.24 / 5000))
    assert set(np.unique(first)) == {NEVER, 1, 3, np.iinfo(np.int16).max}, "who ranks above the end never comes"


def test_more_people_online_than_the_population_is_everybody() -> None:
    assert (online_from(np.array([2.0]), 1e6, np.linspace(0, 0.99, 100)) == NEVER).all()


def test_traits_have_their_moments(people: Population) -> None:
    columns = people.values()
    for taste, sd in zip(columns.taste, (0.9, 0.5), strict=True):
        assert stats.kstest(taste, "norm", (0, sd)).pvalue > 1e-4
    assert np.corrcoef(columns.taste)[0, 1] == pytest.approx(0, abs=4 / np.sqrt(USERS))
    budget_error = 4 * np.sqrt((np.exp(0.4**2) - 1) / USERS)
    assert columns.budget_factor.mean(dtype=float) == pytest.approx(1, abs=budget_error)
    assert stats.kstest(np.log(columns.budget_factor), "norm", (-0.08, 0.4)).pvalue > 1e-4
    assert columns.need_rate.mean(dtype=float) == pytest.approx(1, abs=4 / np.sqrt(0.7 * USERS))
    assert stats.kstest(columns.need_rate, "gamma", (0.7, 0, 1 / 0.7)).pvalue > 1e-4


def test_shares_installed_at_start(people: Population, own: MarketSettings) -> None:
    columns = people.columns
    online = columns.online_from == NEVER
    for p, name in enumerate(NAMES):
        has_app = (columns.installed >> np.uint32(p)) & 1 == 1
        wanted = own.platform[name].installed_at_start
        assert np.count_nonzero(has_app) == round(wanted * np.count_nonzero(online))
        assert not has_app[~online].any()
        months = columns.marks[p, has_app] >> TENURE
        assert months.min() >= 1
        recent = np.mean(months < YEAR_MONTHS)
        # Whoever came in the year's first month is twelve months ago, which is 31 days of 365.
        assert recent == pytest.approx(0.4 * (1 - 31 / 365), abs=4 * np.sqrt(0.24 / has_app.sum()) + 1 / 365)
        assert (columns.marks[p, ~has_app] == 0).all()


def test_who_likes_a_platform_is_likelier_to_have_it(people: Population) -> None:
    """Independent hazards over equal times: P(installed | taste) = 1 - exp(-H exp(adoption_taste taste))."""
    columns = people.columns
    online = columns.online_from == NEVER
    has_app, taste = (columns.installed & 1 == 1)[online], people.read("taste")[0, online].astype(float)
    level = np.linspace(-6, 3, 4000)
    means = [np.mean(-np.expm1(-np.exp(h + 0.8 * taste))) for h in level[::40]]
    height = np.interp(0.3, means, level[::40])
    expected = -np.expm1(-np.exp(height + 0.8 * taste))
    for low, high in ((-9, -0.9), (-0.9, 0), (0, 0.9), (0.9, 9)):
        group = (taste > low) & (taste <= high)
        error = 4 * np.sqrt(0.25 / group.sum())
        assert has_app[group].mean() == pytest.approx(expected[group].mean(), abs=error)


def test_nothing_else_has_happened_yet(people: Population) -> None:
    columns = people.columns
    has = (columns.installed[None, :] >> np.arange(len(columns.last_bought))[:, None]) & 1 == 1
    assert (columns.last_bought[~has] == NEVER).all()  # who had bought before: tests/limits/test_choice.py
    assert (columns.fan_merchant == NOBODY).all()
    assert (columns.minutes == 0).all()
    assert people.weight == PEOPLE / USERS
    assert people.bytes_per_user() == pytest.approx(sum(c.nbytes for c in columns) / USERS)


def test_the_first_state_needs_little_beside_what_is_kept() -> None:
    users = 200_000  # columns of random words and of traits in double precision would be 90 bytes a user
    settings = load_settings([f"population.users={users}"])
    calendar = MarketCalendar(settings.calendar, settings.users, settings.platforms, settings.mechanisms, [])
    tracemalloc.start()
    try:
        made = Population(settings, calendar)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept / users == pytest.approx(made.bytes_per_user(), rel=0.01)
    assert (most - kept) / users < 45


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    """One shop platform where nearly every planned need is met, looked at on the first morning."""
    market = Market(
        load_settings(
            [
                "platforms=[taobao]",
                "population.users=8000",
                "population.people=1000",
                "population.merchants=20",
                "population.agent_objects=0",
                "calendar.warm_up=56",
                "users.needs_per_day=0.01",
                "users.need_shape=1.0",
                "users.taste_sd_shelf=0",
                "users.shock=0",
                "users.walk_away=-20",
                "users.orders_per_need.planned=3",
                "platform.taobao.installed_at_start=1",
                "platform.taobao.recent_at_start=0",
                "platform.taobao.leisure=2",
                "mechanisms.seeding=false",
                "mechanisms.fans=false",
            ]
        )
    )
    yield market
    market.close()


def test_last_orders_are_filled_in_from_personal_rates(market: Market) -> None:
    """With r_i needs met a day the time since the last is exponential, whether observed or filled in.

    A need that is met in three orders is met once.
    """
    columns = market.population.columns
    last = columns.last_bought[0].astype(float)
    ago = -last
    rate = 0.01 * market.population.read("need_rate").astype(float) * float(market.calendar.planned_demand[0])
    bought = last != NEVER
    assert ((ago[bought] >= 1) & (ago[bought] <= 2000)).all()
    for days in (10, 30, 56, 120, 365, 1000):
        expected = -np.expm1(-rate * days)
        error = 4 * np.sqrt((expected * (1 - expected)).sum()) / expected.size
        # Beyond the 56 days watched, rates are scaled by the needs met on the last day, a Poisson count.
        met = market.purchases.orders.sum() / 3
        counted = 4 / np.sqrt(met) * (rate * days * np.exp(-rate * days)).mean() if days > 56 else 0.0
        assert np.mean(bought & (ago <= days)) == pytest.approx(expected.mean(), abs=error + counted)
