"""The mean-field map's fixed point is where many users end, in the regime in which the map is exact."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.meanfield.steady_states import (
    SteadyState,
    field_of,
    simulate_agents,
    steady_state,
    steady_state_branch,
)
from secondhalf.model.shapes import Offer
from tests.limits.test_meanfield import BUDGET, NAMES, NEVER, USERS

Array = NDArray[np.float64]
TYPES, MOODS = 16, 8


@pytest.fixture(scope="module")
def offer(make_offer: Callable[..., Offer]) -> Offer:
    """Fast adoption and removal, so that 300 days are long."""
    return make_offer(
        2,
        leisure=[0.3, -0.2],
        taste_weight=np.eye(2),
        gamma=[30, 12],
        innovation=[0.01, 0.005],
        imitation=[0.08, 0.02],
        drop=[0.04, 0.03],
        never=NEVER,
    )


@pytest.fixture(scope="module")
def settings(make_settings: Callable[..., MarketSettings]) -> MarketSettings:
    return make_settings(NAMES, *USERS, "population.users=4000")


@pytest.fixture(scope="module")
def rest(settings: MarketSettings, offer: Offer) -> SteadyState:
    return steady_state(field_of(settings, offer, BUDGET, TYPES, MOODS), np.array([0.2, 0.5]))


def test_long_simulations_end_at_the_fixed_point(settings: MarketSettings, offer: Offer, rest: SteadyState) -> None:
    """Within 4 standard errors over 4,000 users, and what twice the types change."""
    assert rest.point.stable
    long = simulate_agents(settings, offer, BUDGET, 300, 100)
    finer = steady_state(field_of(settings, offer, BUDGET, 2 * TYPES, MOODS), np.array([0.2, 0.5]))
    for name, error in (("installed", long.installed_error), ("minutes", long.minutes_error)):
        fixed, coarse = getattr(finer, name), getattr(rest, name)
        assert (np.abs(getattr(long, name) - fixed) <= 4 * error + np.abs(fixed - coarse)).all(), name
    assert (long.minutes_error < 0.06 * long.minutes).all()


def test_the_maps_own_motion_ends_there_as_fast_as_its_radius_says(
    settings: MarketSettings, offer: Offer, rest: SteadyState
) -> None:
    field = field_of(settings, offer, BUDGET, TYPES, MOODS)
    state, away = field.start(np.array([0.9, 0.1]), habit=0.5), []
    for _ in range(400):
        state = field.step(state)
        away.append(np.abs(field.vector(state) - rest.point.state).max())
    assert away[-1] < 1e-4 < away[0]
    assert (away[-1] / away[-101]) ** 0.01 == pytest.approx(rest.point.radius, abs=0.01)


def test_the_fixed_point_does_not_depend_on_the_start(
    settings: MarketSettings, offer: Offer, rest: SteadyState
) -> None:
    other = steady_state(field_of(settings, offer, BUDGET, TYPES, MOODS), np.array([0.9, 0.9]))
    assert other.installed == pytest.approx(rest.installed, abs=1e-3)
    assert other.point.radius == pytest.approx(rest.point.radius, abs=1e-2)


def test_more_company_brings_more_minutes(settings: MarketSettings, offer: Offer, rest: SteadyState) -> None:
    """Along the weight of friends' use; at factor one the branch passes through the fixed point."""
    field = field_of(settings, offer, BUDGET, TYPES, MOODS)
    branch, minutes = steady_state_branch(field, "social_weight", 1.0, 3.0, 3, rest)
    assert branch.folds == []
    assert minutes[0] == pytest.approx(rest.minutes, rel=1e-3)
    assert (np.diff(minutes.sum(axis=1)) > 0).all()
    assert (branch.radius < 1).all()
