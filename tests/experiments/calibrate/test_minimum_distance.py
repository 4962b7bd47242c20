"""The search finds what algebra finds, the posterior is its covariance, and intervals hold what they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from secondhalf.experiments.calibrate.minimum_distance import Problem, search, slopes
from secondhalf.experiments.calibrate.posterior import LEARNED, coverage, laplace
from secondhalf.experiments.calibrate.recovery import recover
from tests.experiments.calibrate.worlds import DESIGN, ERROR, FACTS, PARAMETERS, World, problem

TRUTH = np.array([0.8, -0.6, 0.4, 0.0])
START = np.zeros(4)


def facts(noise: float = 0.0) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.exp(DESIGN @ TRUTH + noise * np.random.default_rng(1).standard_normal(FACTS))
    return found


def test_the_search_ends_where_ridge_regression_does() -> None:
    """Log outputs are linear in scores, so the best point has a closed form."""
    given = facts(noise=0.05)
    fit = search(problem(given), START, World(), rounds=8, step=0.2)
    weighted = DESIGN / ERROR
    expected = np.linalg.solve(weighted.T @ weighted + np.eye(4), weighted.T @ np.log(given) / ERROR)
    np.testing.assert_allclose(fit.scores, expected, atol=1e-3)
    np.testing.assert_allclose(fit.slopes, weighted, atol=1e-6)
    assert list(fit.losses) == sorted(fit.losses, reverse=True)


def test_the_posterior_is_the_covariance_of_ridge_regression() -> None:
    fit = search(problem(facts()), START, World(), rounds=8, step=0.2)
    posterior = laplace(fit)
    weighted = DESIGN / ERROR
    assert posterior.widened == 1.0
    np.testing.assert_allclose(posterior.covariance, np.linalg.inv(weighted.T @ weighted + np.eye(4)), atol=1e-6)


def test_what_no_fact_moves_keeps_its_prior_and_is_said_so() -> None:
    posterior = laplace(search(problem(facts()), START, World(), rounds=8, step=0.2))
    assert posterior.sd[3] == pytest.approx(1.0)
    assert posterior.mode[3] == pytest.approx(0.0)
    assert posterior.identified.tolist() == [True, True, True, False]
    assert posterior.sd[:3].max() < LEARNED


def test_a_model_that_misses_is_not_taken_for_a_precise_one() -> None:
    """Facts three times as far off as their errors say widen the intervals about three times."""
    widened = []
    for number in range(12):
        noise = 3 * ERROR * np.random.default_rng(number).standard_normal(FACTS)
        widened.append(laplace(search(problem(facts() * np.exp(noise)), START, World(), rounds=8, step=0.2)).widened)
    # A chi-squared of nine degrees of freedom: the mean of twelve roots scatters by a tenth.
    assert np.mean(widened) == pytest.approx(3.0, abs=0.9)


def test_draws_have_the_posteriors_moments_and_stay_within_bounds() -> None:
    posterior = laplace(search(problem(facts()), START, World(), rounds=8, step=0.2))
    drawn = posterior.draws(4000, PARAMETERS.limits)
    spread = posterior.sd / np.sqrt(len(drawn))
    assert (np.abs(drawn[:, :3].mean(axis=0) - posterior.mode[:3]) < 5 * spread[:3]).all()
    np.testing.assert_allclose(np.cov(drawn[:, :3].T), posterior.covariance[:3, :3], atol=0.002)
    tight = (posterior.mode - 0.01, posterior.mode + 0.01)
    inside = posterior.draws(20, tight)
    assert ((inside >= tight[0]) & (inside <= tight[1])).all()
    np.testing.assert_array_equal(posterior.draws(5, PARAMETERS.limits), posterior.draws(5, PARAMETERS.limits))


def test_points_are_compared_under_the_same_seeds() -> None:
    world = World(luck=0.3)
    fit = search(problem(facts()), START, world, rounds=3, step=0.2)
    assert {market.seed for market in world.asked} == {0, 1}
    np.testing.assert_allclose(fit.slopes, DESIGN / ERROR, atol=1e-6)  # luck cancels out of slopes


def test_slopes_at_a_bound_are_taken_inwards() -> None:
    own = problem(facts())
    high = PARAMETERS.limits[1]
    at_bound = own.misses([high], World())[0]
    np.testing.assert_allclose(slopes(own, high, at_bound, World(), 0.2), DESIGN / ERROR, atol=1e-6)


def test_a_failing_run_is_far_off_and_no_crash() -> None:
    world = World(fails=True)
    fit = search(problem(np.exp(DESIGN @ np.array([1.5, 0, 0, 0]))), START, world, rounds=6, step=0.2)
    assert np.isfinite(fit.loss)
    assert fit.scores[0] <= 1.0 + 1e-6


def test_intervals_hold_what_they_promise_where_algebra_says_so() -> None:
    own = problem(facts())
    fit = search(own, START, World(), rounds=8, step=0.2)
    found, errors = coverage(own, fit, laplace(fit), World(), replicates=250)
    assert errors.shape == (250, 4)
    for level, held in zip(found.level, found.held, strict=True):
        interval = stats.binomtest(round(held * 1000), 1000).proportion_ci(0.9999)
        assert interval.low <= level <= interval.high


@pytest.mark.parametrize("world", [World(luck=0.25), World(bend=0.8)], ids=["luck of a run", "curvature"])
def test_the_check_of_intervals_can_fail(world: World) -> None:
    """Luck that the tolerance leaves out, or a market unlike its slopes, shows as intervals that hold too little."""
    own = problem(facts())
    fit = search(own, START, World(), rounds=8, step=0.2)
    found, _ = coverage(own, fit, laplace(fit), world, replicates=100)
    assert found.held[2] < 0.8


def test_known_parameters_come_back() -> None:
    """90 % intervals of 25 worlds with truths from the prior: misses are binomial."""
    rng = np.random.default_rng(3)
    truths = [np.clip(truth, *PARAMETERS.limits) for truth in rng.standard_normal((25, 4))]
    table = recover(problem(np.ones(FACTS)), truths, START, World(), rounds=6, step=0.2)
    assert list(table["parameter"].unique()) == PARAMETERS.names
    interval = stats.binomtest(int(table["inside"].sum()), len(table)).proportion_ci(0.999)
    assert interval.low <= 0.9 <= interval.high
    known = table[table["parameter"] == PARAMETERS.names[0]]
    assert np.corrcoef(known["truth"], known["estimate"])[0, 1] > 0.95


def test_facts_of_a_series_share_part_of_their_variance() -> None:
    """A common miss of all facts of a series counts less than one that changes from fact to fact."""
    apart, together = problem(facts()), replace(problem(facts()), shared=0.7)
    level = np.full(FACTS, 0.05)
    growth = 0.05 * np.where(np.arange(FACTS) % 2, 1.0, -1.0)

    def size(own: Problem, ratios: NDArray[np.float64]) -> float:
        return float(np.square(own.whitened(ratios)).sum())

    assert size(apart, level) == pytest.approx(size(apart, growth)) == pytest.approx(FACTS)
    assert size(together, growth) == pytest.approx(FACTS / 0.3)
    assert size(together, level) == pytest.approx(FACTS / (0.3 + 0.7 * FACTS))
    rng = np.random.default_rng(0)
    drawn = together.whitened((together.root @ rng.standard_normal((FACTS, 4000))).T)
    np.testing.assert_allclose(np.cov(drawn.T), np.eye(FACTS), atol=0.12)  # five standard errors
