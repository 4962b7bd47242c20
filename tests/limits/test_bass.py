"""One platform, complete mixing, no churn: adoption follows the Bass (1969) curve.

    F(t) = (1 - e^{-(p+q)t}) / (1 + (q/p) e^{-(p+q)t})

Sampling error: to first order in 1/sqrt(users) the share of adopters is a Gaussian process whose variance solves the
linear noise equation of the daily map m (van Kampen 1976), V' = m'(F)^2 V + h(F) / users, where h is the mean of the
binomial variances of today's installations. The daily map itself is compared with the continuous curve.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.market import Market
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import Offer
from secondhalf.model.users.user_stages import UserStages

Array = NDArray[np.float64]
INNOVATION, IMITATION, DAYS = 0.004, 0.06, 150


def bass(days: Array, p: float, q: float) -> Array:
    decay = np.exp(-(p + q) * days)
    return np.asarray((1 - decay) / (1 + q / p * decay))


def daily_map(share: Array | float, p: float, q: float) -> Array:
    """Tomorrow's share: with a contact who has the app with chance `share`."""
    stays = share * np.exp(-p - q) + (1 - share) * np.exp(-p)
    return np.asarray(1 - (1 - share) * stays)


def daily_path(days: int, p: float, q: float) -> Array:
    path = [0.0]
    for _ in range(days):
        path.append(float(daily_map(path[-1], p, q)))
    return np.array(path[1:])


def sampling_sd(days: int, users: int, p: float, q: float) -> Array:
    """Standard deviation of the share on each evening, linear noise approximation."""
    share, variance, found, step = 0.0, 0.0, [], 1e-6
    for _ in range(days):
        slope = (daily_map(share + step, p, q) - daily_map(share - step, p, q)) / (2 * step)
        stays = share * np.exp(-p - q) + (1 - share) * np.exp(-p)
        variance = float(slope**2 * variance + (1 - share) * stays * (1 - stays) / users)
        share = float(daily_map(share, p, q))
        found.append(np.sqrt(variance))
    return np.array(found)


@pytest.fixture
def simulate(
    make_settings: Callable[..., MarketSettings],
    make_users: Callable[[MarketSettings], UserStages],
    make_offer: Callable[..., Offer],
    resized: Callable[[MarketSettings, int, int], MarketSettings],
) -> Callable[..., Array]:
    """Share of adopters on each evening, for a number of users and a seed."""

    plain = make_settings(["kuaishou"], "users.adoption_taste=0")

    def path(users: int, seed: int, days: int = DAYS) -> Array:
        settings = resized(plain, users, seed)
        people, random_streams = make_users(settings), RandomStreams(seed, ["kuaishou"], settings.users.fan.slots)
        offer = make_offer(1, innovation=[INNOVATION], imitation=[IMITATION])
        shares = []
        for day in range(days):
            people.adopt(offer, random_streams.day(day), day)
            shares.append(people.columns.installed.mean())
        return np.array(shares)

    return path


def test_formula_solves_the_bass_equation() -> None:
    days = np.arange(1.0, DAYS + 1)
    solved = solve_ivp(
        lambda _, f: (1 - f) * (INNOVATION + IMITATION * f), (0, DAYS), [0.0], t_eval=days, rtol=1e-10, atol=1e-12
    )
    assert bass(days, INNOVATION, IMITATION) == pytest.approx(solved.y[0], abs=1e-8)


def test_daily_steps_approach_the_curve() -> None:
    """The error of the map is of first order in the step: hazards a quarter as large, four times the days."""
    coarse = np.abs(daily_path(DAYS, INNOVATION, IMITATION) - bass(np.arange(1.0, DAYS + 1), INNOVATION, IMITATION))
    days = np.arange(1.0, 4 * DAYS + 1)
    fine = np.abs(daily_path(4 * DAYS, INNOVATION / 4, IMITATION / 4) - bass(days, INNOVATION / 4, IMITATION / 4))
    assert coarse.max() < INNOVATION + IMITATION
    assert coarse.max() / fine.max() == pytest.approx(4, rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_adoption_follows_the_bass_curve(simulate: Callable[..., Array], seed: int) -> None:
    users = 20_000
    path, days = simulate(users, seed), np.arange(1.0, DAYS + 1)
    by_day = daily_path(DAYS, INNOVATION, IMITATION)
    curve = bass(days, INNOVATION, IMITATION)
    allowed = 5 * sampling_sd(DAYS, users, INNOVATION, IMITATION)
    assert (np.abs(path - by_day) <= allowed).all()
    assert (np.abs(path - curve) <= allowed + np.abs(by_day - curve)).all()


def test_error_falls_with_the_root_of_users(simulate: Callable[..., Array]) -> None:
    """Mean squares over seeds are chi-squared: a ratio of two within 4 standard errors of its expected value."""
    exact, seeds = daily_path(DAYS, INNOVATION, IMITATION), 64
    middle = DAYS // 3  # one day: days are correlated, seeds are not
    mean_squares = []
    for users in (500, 2000, 8000):
        errors = [float(simulate(users, seed, middle)[-1] - exact[middle - 1]) for seed in range(seeds)]
        predicted = float(sampling_sd(middle, users, INNOVATION, IMITATION)[-1])
        assert np.mean(errors) == pytest.approx(0, abs=4 * predicted / np.sqrt(seeds))
        mean_squares.append(np.mean(np.square(errors)))
        assert np.log(mean_squares[-1] / predicted**2) == pytest.approx(0, abs=4 * np.sqrt(2 / seeds))
    assert np.log(mean_squares[0] / mean_squares[2] / 16) == pytest.approx(0, abs=4 * np.sqrt(4 / seeds))


def test_the_whole_market_follows_the_curve(make_settings: Callable[..., MarketSettings]) -> None:
    """The same through settings, calendar, offers and books; needs and capabilities do not touch adoption."""
    users, people = 2000, 1000.0
    settings = make_settings(
        ["kuaishou"],
        f"population.users={users}",
        "population.merchants=4",
        "calendar.warm_up=56",
        "calendar.end=2019-04-30",
        "strategy=hold",
        "users.adoption_taste=0",
        "mechanisms.churn=false",
        "mechanisms.ceiling=false",
        "mechanisms.outside_growth=false",
        f"platform.kuaishou.innovation={INNOVATION}",
        f"platform.kuaishou.imitation={IMITATION}",
    )
    market = Market(settings)
    while market.running:
        market.step()
    path = np.array([row["installed_users"][0] for row in market.record.daily]) / people
    allowed = 5 * sampling_sd(path.size, users, INNOVATION, IMITATION)
    assert (np.abs(path - daily_path(path.size, INNOVATION, IMITATION)) <= allowed).all()
    market.close()
