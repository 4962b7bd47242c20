"""Many users under random mixing approach the mean-field map; its own limits are known in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import root

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.meanfield.map import MeanDay, MeanField, MeanFieldState, thinning
from secondhalf.model.meanfield.quadrature import near_normal_quantile, user_types
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import Offer
from secondhalf.model.users.attention import ACTIVE, INSTALLED, MINUTES
from secondhalf.model.users.population import behaviour
from secondhalf.model.users.user_stages import UserStages

Array = NDArray[np.float64]
NAMES = ["kuaishou", "taobao"]
BUDGET, DAYS = 300.0, 25
NEVER = [0.3, 0.1]
"""Shares of people who never install the apps."""
USERS = (
    "users.taste_sd_content=0.8",
    "users.taste_sd_shelf=0.6",
    "users.budget_sd=0.4",
    "users.adoption_taste=0.7",
    "users.idle_days=0",
    "users.habit_weight=0",
    "users.social_weight=0.5",
    "users.shock=0.9",
    "users.outside=1.0",
    "platform.kuaishou.installed_at_start=0.2",
    "platform.taobao.installed_at_start=0.5",
    "platform.kuaishou.never_installs=0.3",
    "platform.taobao.never_installs=0.1",
    "platform.kuaishou.taste_content=1",
    "platform.kuaishou.taste_shelf=0",
    "platform.taobao.taste_content=0",
    "platform.taobao.taste_shelf=1",
)
Compare = Callable[[MarketSettings, int, int], Array]


@pytest.fixture(scope="module")
def offer(make_offer: Callable[..., Offer]) -> Offer:
    return make_offer(
        2,
        leisure=[0.3, -0.2],
        taste_weight=np.eye(2),
        gamma=[30, 12],
        innovation=[0.004, 0.002],
        imitation=[0.08, 0.02],
        drop=[0.04, 0.01],
        never=NEVER,
    )


@pytest.fixture(scope="module")
def settings(make_settings: Callable[..., MarketSettings]) -> MarketSettings:
    return make_settings(NAMES, *USERS)


def expected(settings: MarketSettings, offer: Offer, types: int = 2048, points: int = 32) -> Array:
    """[day, (installed, minutes, active), P] of infinitely many users."""
    shares = np.array([settings.platform[name].installed_at_start for name in NAMES])
    rule, kinds = behaviour(settings.users, settings.mechanisms), user_types(settings.users, types)
    field = MeanField(offer, rule, kinds, BUDGET, points=points)
    state, found = field.start(shares), []
    for _ in range(DAYS):
        today: MeanDay = field.day(state)
        state = field.step(state)
        found.append([today.installed, today.minutes, today.active])
    return np.array(found)


@pytest.fixture(scope="module")
def simulated(
    make_users: Callable[[MarketSettings], UserStages],
    offer: Offer,
    resized: Callable[[MarketSettings, int, int], MarketSettings],
) -> Compare:
    """The same numbers from a finite population."""

    def run(settings: MarketSettings, users: int, seed: int) -> Array:
        own = resized(settings, users, seed)
        people, random_streams = make_users(own), RandomStreams(seed, NAMES, own.users.fan.slots)
        calendar = MarketCalendar(own.calendar, own.users, NAMES, own.mechanisms)
        found = []
        for number in range(DAYS):
            streams = random_streams.day(number)
            today = calendar.day(number)._replace(budget=np.float32(BUDGET))
            people.adopt(offer, streams, number)
            sums, _ = people.attend(offer, streams, today)
            found.append([sums[:, INSTALLED] / users, sums[:, MINUTES] / users, sums[:, ACTIVE] / users])
        return np.array(found)

    return run


def test_simulation_converges_to_the_map(settings: MarketSettings, offer: Offer, simulated: Compare) -> None:
    """Errors at each size have mean zero within 4 standard errors, and their mean square falls as 1 / users."""
    exact, seeds, sizes = expected(settings, offer), 24, (500, 2000, 8000)
    mean_squares = []
    for users in sizes:
        errors = np.array([simulated(settings, users, seed)[-1] - exact[-1] for seed in range(seeds)])
        spread = errors.std(axis=0, ddof=1) / np.sqrt(seeds)
        coarse = np.abs(expected(settings, offer, types=512)[-1] - exact[-1])
        assert (np.abs(errors.mean(axis=0)) <= 4 * spread + coarse).all(), (users, errors.mean(axis=0) / spread)
        mean_squares.append(np.square(errors / exact[-1]).mean())
    # Six numbers a run, of which minutes, active and installed of a platform move together: two independent ones.
    assert np.log(mean_squares[0] / mean_squares[2] / 16) == pytest.approx(0, abs=4 * np.sqrt(4 / (2 * seeds)))
    assert np.log(mean_squares[0] / mean_squares[1] / 4) == pytest.approx(0, abs=4 * np.sqrt(4 / (2 * seeds)))


def test_whole_path_at_one_size(settings: MarketSettings, offer: Offer, simulated: Compare) -> None:
    """Every day of the path, not the last only; 4.5 standard errors over 150 correlated numbers."""
    exact, seeds = expected(settings, offer), 12
    errors = np.array([simulated(settings, 8000, 100 + seed) - exact for seed in range(seeds)])
    spread = errors.std(axis=0, ddof=1) / np.sqrt(seeds)
    # Student's t with 11 degrees of freedom passes 7 once in 20,000; 150 numbers, strongly dependent.
    assert (np.abs(errors.mean(axis=0)) <= 7 * spread).all()


def test_types_and_moods_are_enough(settings: MarketSettings, offer: Offer) -> None:
    """Four times the points change less than the sampling error of 10,000 users."""
    fine = expected(settings, offer, types=4096, points=64)
    assert np.abs(expected(settings, offer, types=1024, points=64) / fine - 1).max() < 0.01
    assert np.abs(expected(settings, offer)[:, 0] - fine[:, 0]).max() < 0.002


def test_without_taste_and_churn_it_is_the_daily_bass_map(
    make_offer: Callable[..., Offer], settings: MarketSettings
) -> None:
    plain = settings.users.model_copy(update={"adoption_taste": 0.0})
    p, q = 2.0**-7, 2.0**-3  # exact in single precision
    field = MeanField(
        make_offer(1, innovation=[p], imitation=[q]),
        behaviour(plain, settings.mechanisms),
        user_types(plain, 16),
        BUDGET,
    )
    state, share = field.start(np.zeros(1)), 0.0
    for _ in range(60):
        share = 1 - (1 - share) * (share * np.exp(-p - q) + (1 - share) * np.exp(-p))
        assert field.day(state).installed[0] == pytest.approx(share, abs=1e-12)
        state = field.step(state)


def test_with_people_who_never_install_it_is_the_bass_map_with_a_ceiling(
    make_offer: Callable[..., Offer], settings: MarketSettings
) -> None:
    """Those who may install it meet few who have it; all of them end with it and nobody else."""
    plain = settings.users.model_copy(update={"adoption_taste": 0.0})
    p, q, most = 2.0**-7, 2.0**-3, 0.75  # exact in single precision
    rule = behaviour(plain, settings.mechanisms)
    field = MeanField(
        make_offer(1, innovation=[p], imitation=[q], never=[1 - most]), rule, user_types(plain, 16), BUDGET
    )
    state, share = field.start(np.zeros(1)), 0.0
    for _ in range(200):
        share += (most - share) * (1 - share * np.exp(-p - q) - (1 - share) * np.exp(-p))
        assert field.day(state).installed[0] == pytest.approx(share, abs=1e-12)
        state = field.step(state)
    assert share == pytest.approx(most, abs=1e-4)


def test_who_never_installs_an_app_has_sets_without_it(settings: MarketSettings, offer: Offer) -> None:
    """Sets of three apps by hand: each app is left with its own chance, whatever else is in the set."""
    chance = thinning(np.array([0.5, 0.25, 1.0]))
    assert chance.sum(axis=1) == pytest.approx(np.ones(8))
    assert chance[0b111, [0b111, 0b110, 0b101, 0b100]] == pytest.approx([0.125, 0.125, 0.375, 0.375])
    assert chance[0b010, [0b010, 0b000, 0b001]] == pytest.approx([0.25, 0.75, 0.0])
    field = MeanField(offer, behaviour(settings.users, settings.mechanisms), user_types(settings.users, 16), BUDGET)
    everybody = field.contacts(field.start(np.array([1.0, 1.0])).sets)
    assert everybody == pytest.approx([0.3 * 0.1, 0.7 * 0.1, 0.3 * 0.9, 0.7 * 0.9], abs=1e-7)


def test_habit_settles_where_food_equals_stock(make_offer: Callable[..., Offer], settings: MarketSettings) -> None:
    """One app on everybody's phone, no spread: a root of the map has habit h = x(h) / (x(h) + half)."""
    off = dict.fromkeys(("taste_sd_content", "taste_sd_shelf", "budget_sd", "shock", "social_weight"), 0.0)
    users = settings.users.model_copy(update=off | {"habit_weight": 0.8})
    rule = behaviour(users, settings.mechanisms)
    field = MeanField(make_offer(1, leisure=[1.0], gamma=[30.0]), rule, user_types(users, 2), BUDGET)

    def minutes(habit: float) -> float:
        psi = np.exp(1.0 + 0.8 * habit)
        return float(30 * psi * (BUDGET + 30) / (BUDGET + 30 * psi) - 30)

    begun = field.start(np.ones(1), habit=0.5)
    found = root(lambda v: field.vector(field.step(field.state(v))) - v, field.vector(begun), options={"eps": 1e-4})
    assert found.success
    habit = field.state(found.x).habit
    time = minutes(float(habit[0, 0]))
    assert habit == pytest.approx(np.full((2, 1), time / (time + float(rule.habit_half))), rel=1e-4)
    assert field.minutes(field.state(found.x)) == pytest.approx([time], rel=1e-4)


def test_state_and_vector_are_inverse(settings: MarketSettings, offer: Offer) -> None:
    field = MeanField(offer, behaviour(settings.users, settings.mechanisms), user_types(settings.users, 64), BUDGET)
    state = field.step(field.start(np.array([0.3, 0.6])))
    again = field.state(field.vector(state))
    assert isinstance(again, MeanFieldState)
    assert again.sets == pytest.approx(state.sets, abs=1e-15)
    assert state.sets.sum(axis=1) == pytest.approx(np.ones(64), abs=1e-12)
    assert field.day(field.start(np.array([0.3, 0.6]))).installed.shape == (2,)


def test_start_meets_the_shares(settings: MarketSettings, offer: Offer) -> None:
    field = MeanField(offer, behaviour(settings.users, settings.mechanisms), user_types(settings.users), BUDGET)
    sets = field.contacts(field.start(np.array([0.2, 0.5])).sets)
    assert [sets[1] + sets[3], sets[2] + sets[3]] == pytest.approx([0.2, 0.5], abs=1e-9)


def test_mood_quantiles_have_the_moments_of_four_uniforms() -> None:
    """Variance 1, fourth moment 3 - 6/5/4 = 2.7, support sqrt(12): midpoints of 100,000 strata."""
    mood = near_normal_quantile((np.arange(100_000) + 0.5) / 100_000)
    assert [mood.mean(), (mood**2).mean(), (mood**4).mean()] == pytest.approx([0, 1, 2.7], abs=1e-4)
    assert np.abs(mood).max() < np.sqrt(12)
