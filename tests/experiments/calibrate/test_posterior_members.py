"""Members of an ensemble: draws of the posterior where the market is straight, near their facts where it bends."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.experiments.calibrate.minimum_distance import Fit, Problem, search
from secondhalf.experiments.calibrate.posterior import FIRST_SEED, Posterior, laplace, members
from tests.experiments.calibrate.worlds import DESIGN, FACTS, World, problem

TRUTH = np.array([0.8, -0.6, 0.4, 0.0])


def solved(world: World) -> tuple[Problem, Fit, Posterior]:
    own = problem(np.exp(DESIGN @ TRUTH + world.bend * TRUTH[0] ** 2))
    fit = search(own, np.zeros(4), world, rounds=10, step=0.1)
    return own, fit, laplace(fit)


@pytest.mark.slow
def test_where_the_market_is_straight_members_are_draws_of_the_posterior() -> None:
    own, fit, posterior = solved(World())
    drawn, told = members(own, fit, posterior, World(), count=2000, rounds=0)
    spread = posterior.sd / np.sqrt(len(drawn))
    assert (np.abs(drawn[:, :3].mean(axis=0) - posterior.mode[:3]) < 5 * spread[:3]).all()
    np.testing.assert_allclose(np.cov(drawn[:, :3].T), posterior.covariance[:3, :3], atol=0.01)
    assert told.shape == (1, 2000)


def test_a_step_changes_nothing_where_the_market_is_straight() -> None:
    own, fit, posterior = solved(World())
    plain, _ = members(own, fit, posterior, World(), count=20, rounds=0)
    moved, _ = members(own, fit, posterior, World(), count=20, rounds=2)
    np.testing.assert_allclose(moved, plain, atol=2e-3)


def median(told: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in np.median(told, axis=1)]


def test_where_it_bends_steps_bring_members_to_their_facts() -> None:
    own, fit, posterior = solved(World(bend=0.5))
    _, told = members(own, fit, posterior, World(bend=0.5, luck=0.1), count=60, rounds=3)
    before, *_, after = median(told)
    assert after < 0.9 * before, (before, after)


def test_every_member_has_a_seed_of_its_own_and_keeps_it() -> None:
    own, fit, posterior = solved(World())
    world = World()
    members(own, fit, posterior, world, count=5, rounds=2)
    assert [market.seed for market in world.asked] == [FIRST_SEED + n for n in range(5)] * 3


def test_a_member_whose_run_fails_stays_where_it_was_fine() -> None:
    own, fit, posterior = solved(World())
    drawn, _ = members(own, fit, posterior, World(fails=True), count=40, rounds=2)
    assert np.isfinite(drawn).all()
    assert own.root.shape[0] == FACTS
