"""Effort by experience-weighted attraction: rest points, and the special cases of the rule.

The cases are those of Camerer and Ho (1999, Econometrica 67, 827-874). Attractions and effort are single precision: a
revision rounds by at most a few parts in 1e7, and memory keeps the sum of roundings within a factor 1 / (1 - phi), or
the number of revisions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import softmax

from secondhalf.agents.effort import ewa_update, relative_returns
from secondhalf.agents.learning import EwaRule

EPS = float(np.finfo(np.float32).eps)
Array = NDArray[np.float64]


class Table:
    """Merchants' attractions and effort, with the parameters of one rule."""

    def __init__(
        self, effort: Any, phi: float, delta: float, kappa: float, sharpness: float, experience: float
    ) -> None:
        self.effort = np.array(effort, np.float32)
        self.attraction = np.zeros_like(self.effort)
        self.possible = np.ones(self.effort.shape, bool)
        self.rule = EwaRule(phi, delta, kappa, sharpness)
        self.experience = experience

    def revise(self, returns: Any) -> None:
        given = np.asarray(returns, np.float32)
        self.experience = ewa_update(self.attraction, self.effort, given, self.possible, self.experience, self.rule)


def test_cumulative_reinforcement() -> None:
    """delta = 0, kappa = 1: A' = phi A + effort x return, with experience fixed at one (Roth and Erev 1995)."""
    rng, phi = np.random.default_rng(1), 0.9
    table = Table(np.full((3, 4), 0.25), phi, 0.0, 1.0, 0.7, 1.0)
    attraction, effort = np.zeros((3, 4)), np.full((3, 4), 0.25)
    for _ in range(50):
        returns = rng.uniform(0, 2, (3, 4))
        table.revise(returns)
        attraction = phi * attraction + effort * returns
        effort = softmax(0.7 * attraction, axis=1)
        assert table.experience == 1.0
    assert table.attraction == pytest.approx(attraction, rel=50 * EPS / (1 - phi))
    assert table.effort == pytest.approx(effort, rel=50 * EPS / (1 - phi))


def test_averaged_reinforcement() -> None:
    """delta = 0, kappa = 0, phi = 1: the mean of effort x return over what was experienced."""
    rng = np.random.default_rng(2)
    table, effort, total = Table([[0.5, 0.5]], 1.0, 0.0, 0.0, 2.0, 0.0), np.array([[0.5, 0.5]]), np.zeros((1, 2))
    for week in range(1, 40):
        returns = rng.uniform(0, 1, (1, 2))
        table.revise(returns)
        total += effort * returns
        effort = softmax(2 * total / week, axis=1)
        assert table.experience == week
    assert table.attraction == pytest.approx(total / 39, rel=40 * 4 * EPS)


def test_fictitious_play() -> None:
    """delta = 1, kappa = 0, phi = 1: attractions are the payoffs expected against the opponent's mean play so far."""
    payoff = np.array([[3.0, 0.0, 1.0], [1.0, 2.0, 0.0], [0.0, 1.5, 2.5]])
    table = Table([[0.6, 0.3, 0.1], [0.2, 0.2, 0.6]], 1.0, 1.0, 0.0, 3.0, 0.0)
    played: list[Array] = []
    for _ in range(60):
        effort = table.effort.astype(float)
        played.append(effort)
        table.revise(np.stack([payoff @ effort[1], payoff @ effort[0]]))
        belief = np.mean(played, axis=0)
        expected = np.stack([payoff @ belief[1], payoff @ belief[0]])
        assert table.attraction == pytest.approx(expected, rel=60 * 4 * EPS)
        assert table.effort == pytest.approx(softmax(3 * table.attraction.astype(float), axis=1), rel=20 * EPS)


def test_weighted_fictitious_play_forgets_geometrically() -> None:
    """delta = 1, kappa = 0, phi < 1: the weighted mean of returns with weights phi^age (Cheung and Friedman 1997)."""
    rng, phi = np.random.default_rng(3), 0.8
    table, seen = Table(np.full((2, 3), 1 / 3), phi, 1.0, 0.0, 1.0, 0.0), []
    for _ in range(30):
        seen.append(rng.uniform(0, 1, (2, 3)))
        table.revise(seen[-1])
    weights = phi ** np.arange(29, -1, -1.0)
    assert table.experience == pytest.approx(weights.sum(), rel=1e-12)
    assert table.attraction == pytest.approx(np.tensordot(weights / weights.sum(), seen, 1), rel=100 * EPS)


def test_cournot_best_reply_is_the_limit_of_no_memory() -> None:
    """phi = 0, delta = 1, sharp: all effort goes where last week paid best."""
    table = Table(np.full((1, 3), 1 / 3), 0.0, 1.0, 0.0, 1e4, 1.0)
    for best in (2, 0, 1):
        table.revise(np.where(np.arange(3) == best, 1.0, 0.9)[None])
        assert table.effort[0] == pytest.approx(np.eye(3)[best], abs=1e-6)


@pytest.mark.parametrize("delta", [1.0, 0.6])
def test_rest_point_of_concave_returns(delta: float) -> None:
    """Return v_j / (2 sqrt(e_j)) on effort e_j; at rest A_j = (delta + (1 - delta) e_j) r_j(e) and e = logit(A)."""
    value, sharpness = np.array([1.0, 2.0, 4.0]), 1.5

    def returns(effort: Array) -> Array:
        return np.asarray(value / (2 * np.sqrt(effort)))

    def gap(logs: Array) -> Array:
        effort = softmax(logs)
        attraction = (delta + (1 - delta) * effort) * returns(effort)
        aim = sharpness * attraction
        return np.asarray((logs - logs.mean()) - (aim - aim.mean()) + logs.mean())

    rest = softmax(root(gap, np.zeros(3), tol=1e-12).x)
    table = Table(np.full((1, 3), 1 / 3), 0.95, delta, 0.0, sharpness, 1.0)
    for _ in range(600):
        table.revise(returns(table.effort.astype(float)))
    assert table.effort[0] == pytest.approx(rest, rel=1e-5)  # 20 roundings (1 / (1 - phi)) of a few EPS


def test_equal_concave_returns_share_equally() -> None:
    table = Table([[0.7, 0.2, 0.1]], 0.9, 1.0, 0.0, 2.0, 1.0)
    for _ in range(400):
        table.revise(1 / np.sqrt(table.effort.astype(float)))
    assert table.effort[0] == pytest.approx(np.full(3, 1 / 3), rel=1e-5)


def test_closed_cells_get_nothing_and_keep_their_attraction() -> None:
    table = Table(np.full((1, 4), 0.25), 0.9, 0.5, 0.0, 1.0, 1.0)
    table.attraction[:] = [[0.3, 0.4, 0.5, 0.6]]
    table.possible[0, 1:3] = False
    table.revise([[1.0, 9.0, 9.0, 2.0]])
    assert (table.effort[0, 1:3] == 0).all()
    assert table.attraction[0, 1:3] == pytest.approx([0.4, 0.5], rel=EPS)
    renewed = 0.9 + 1
    open_attraction = np.array([(0.9 * 0.3 + 0.625 * 1) / renewed, (0.9 * 0.6 + 0.625 * 2) / renewed])
    assert table.effort[0, [0, 3]] == pytest.approx(softmax(open_attraction), rel=20 * EPS)


def test_no_open_cell_leaves_no_effort_and_others_alone() -> None:
    table = Table(np.full((2, 3), 1 / 3), 0.9, 0.5, 0.0, 1.0, 1.0)
    table.possible[0] = False
    table.revise(np.ones((2, 3)))
    assert (table.effort[0] == 0).all()
    assert table.effort[1] == pytest.approx(np.full(3, 1 / 3), rel=4 * EPS)
    assert np.isfinite(table.attraction).all()


def test_huge_attractions_do_not_overflow() -> None:
    table = Table([[0.5, 0.5]], 1.0, 1.0, 1.0, 100.0, 1.0)
    for _ in range(5):
        table.revise([[1e3, 999.0]])
    assert table.effort.sum() == pytest.approx(1, rel=4 * EPS)
    assert np.isfinite(table.effort).all()


def test_relative_returns_have_mean_one_over_effort() -> None:
    rng = np.random.default_rng(4)
    effort = rng.dirichlet(np.ones(5), 6).astype(np.float32)
    returns = rng.uniform(0, 1e7, (6, 5)).astype(np.float32)
    returns[5] = 0.0
    before = returns.copy()
    relative_returns(returns, effort)
    assert (returns * effort).sum(axis=1)[:5] == pytest.approx(np.ones(5), rel=20 * EPS)
    assert (returns[5] == 0).all()
    assert returns[0] / returns[0, 0] == pytest.approx(before[0] / before[0, 0], rel=20 * EPS)
