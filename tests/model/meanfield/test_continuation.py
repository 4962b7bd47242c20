"""Fixed points of maps that are known by hand, their stability, and branches with folds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.model.meanfield.continuation import continue_branch, fixed_point, jacobian, radius_at, spectral_radius

Array = NDArray[np.float64]


def cubic(x: Array, parameter: float) -> Array:
    """x' = x + (p + x - x^3) / 10: folds where p = -+2 / (3 sqrt(3))."""
    return np.asarray(x + (parameter + x - x**3) / 10)


def test_a_linear_map_has_its_point_and_radius() -> None:
    turn = np.array([[0.5, -0.3], [0.3, 0.5]])
    shift = np.array([0.2, 0.1])
    found = fixed_point(lambda x: turn @ x + shift, np.zeros(2))
    assert found.found
    assert found.stable
    assert found.state == pytest.approx(np.linalg.solve(np.eye(2) - turn, shift), abs=1e-5)
    assert found.radius == pytest.approx(np.hypot(0.5, 0.3), abs=1e-6)
    away = fixed_point(lambda x: 1.5 * x - 0.2, np.array([0.41]))
    assert away.state == pytest.approx([0.4], abs=1e-5)
    assert not away.stable


def test_the_search_follows_the_motion() -> None:
    """x' = x + (x - x^3) / 10 rests at -1, 0 and 1; from either side of 0 it goes to its own."""
    for start, end in ((0.05, 1.0), (-0.05, -1.0), (2.0, 1.0)):
        found = fixed_point(lambda x: cubic(x, 0.0), np.array([start]))
        assert found.state == pytest.approx([end], abs=1e-4)
        assert found.stable
        assert found.radius == pytest.approx(0.8, abs=1e-2)


def test_a_map_without_a_fixed_point_says_so() -> None:
    found = fixed_point(lambda x: x + 0.01, np.zeros(1))
    assert not found.found
    assert not found.stable


def test_differences_are_the_jacobian() -> None:
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    assert jacobian(lambda x: matrix @ x, np.array([0.1, 0.9, 0.5])) == pytest.approx(matrix, abs=1e-9)
    assert spectral_radius(np.diag([0.3, -0.9])) == 0.9


def test_a_branch_turns_at_its_folds() -> None:
    """From p = -1 the branch folds at +0.385, comes back unstable to -0.385, and goes on stable to p = 1."""
    branch = continue_branch(cubic, np.array([-1.3247]), -1.0, 1.0, 60)
    known = 2 / (3 * np.sqrt(3))
    assert branch.folds == pytest.approx([known, -known], abs=0.03)
    x, p = branch.states[:, 0], branch.parameter
    assert x**3 - x == pytest.approx(p, abs=2e-4)
    assert p[-1] > 0.9
    middle = np.abs(x) < 0.5
    assert (branch.radius[middle] > 1).all()
    assert (branch.radius[np.abs(x) > 0.7] < 1).all()


def test_a_branch_without_folds_is_straight() -> None:
    branch = continue_branch(lambda x, p: np.asarray(0.5 * x + 0.5 * p), np.zeros(1), 0.0, 2.0, 9)
    assert branch.folds == []
    assert branch.states[:, 0] == pytest.approx(branch.parameter, abs=1e-5)
    assert branch.radius == pytest.approx(np.full(len(branch.radius), 0.5), abs=1e-6)


@pytest.mark.parametrize("count", [20, 200])
def test_the_radius_of_many_numbers_is_that_of_the_whole_jacobian(count: int) -> None:
    """By Arnoldi's method above sixty numbers: a map with a known spectrum in a random basis, 0.97 at most."""
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(count, count))
    values = np.append(rng.uniform(-0.9, 0.9, count - 1), 0.97)
    turn = basis @ np.diag(values) @ np.linalg.inv(basis)
    end = rng.uniform(size=count)

    def step(x: np.ndarray) -> np.ndarray:
        return np.asarray(end + turn @ (x - end) + 0.01 * (x - end) ** 2)

    assert radius_at(step, end, np.full(count, 1e-4)) == pytest.approx(0.97, abs=1e-3)
