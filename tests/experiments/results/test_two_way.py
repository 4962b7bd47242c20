"""Two-way analysis of variance on numbers whose variance components are known."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.experiments.results.statistics.two_way import LEVEL, two_way

MEAN, OF_MEMBERS, OF_SEEDS, OF_BOTH = 3.0, 2.0, 1.0, 1.5
"""The mean, and standard deviations of what members, seeds and both together add."""
MEMBERS, SEEDS, REPLICATES = 8, 4, 3000


def simulated(members: float = OF_MEMBERS, seeds: float = OF_SEEDS) -> list[np.ndarray]:
    rng = np.random.default_rng(11)
    return [
        MEAN
        + members * rng.standard_normal((MEMBERS, 1))
        + seeds * rng.standard_normal((1, SEEDS))
        + OF_BOTH * rng.standard_normal((MEMBERS, SEEDS))
        for _ in range(REPLICATES)
    ]


def test_components_are_those_that_were_put_in() -> None:
    found = [two_way(cells) for cells in simulated()]
    assert np.mean([one.mean for one in found]) == pytest.approx(MEAN, abs=0.06)
    assert np.mean([one.sd_parameters**2 for one in found]) == pytest.approx(OF_MEMBERS**2, rel=0.05)
    assert np.mean([one.sd_luck**2 for one in found]) == pytest.approx(OF_SEEDS**2 + OF_BOTH**2, rel=0.05)


def test_without_spread_of_parameters_all_of_it_is_luck() -> None:
    found = [two_way(cells) for cells in simulated(members=0.0)]
    assert np.median([one.sd_parameters for one in found]) < 0.3 * OF_BOTH
    assert np.mean([one.sd_luck**2 for one in found]) == pytest.approx(OF_SEEDS**2 + OF_BOTH**2, rel=0.05)


@pytest.mark.parametrize("members", [OF_MEMBERS, 0.3])
def test_the_interval_holds_the_effect_of_a_new_member(members: float) -> None:
    """What parameters drawn anew do on average over luck; with hardly any spread of parameters it is conservative."""
    new = MEAN + members * np.random.default_rng(12).standard_normal(REPLICATES)
    found = [two_way(cells) for cells in simulated(members=members)]
    held = np.mean([one.low <= value <= one.high for one, value in zip(found, new, strict=True)])
    assert LEVEL - 0.03 <= held <= 0.99
    if members == OF_MEMBERS:
        assert held <= LEVEL + 0.03


def test_parts_of_the_interval_by_hand() -> None:
    """Mean squares 32, 2 and 0.5 of a table of 3 members by 2 seeds, whose means and rests are orthogonal."""
    members, seeds = np.array([[-4.0], [0.0], [4.0]]), np.array([[-0.5, 0.5]])
    rest = np.array([[0.25, -0.25], [-0.5, 0.5], [0.25, -0.25]]) * np.sqrt(2 / 3)
    found = two_way(1.0 + members + seeds + rest)
    squares = np.array([2 * 32 / 2, 3 * 0.5 / 1, 2 * 0.375 * 2 / 3 / 2])
    of_member, of_seed, of_rest = squares
    assert found.mean == pytest.approx(1.0)
    assert found.sd_parameters**2 == pytest.approx((of_member - of_rest) / 2)
    assert found.sd_luck**2 == pytest.approx((of_seed - of_rest) / 3 + of_rest)
    assert found.error_parameters**2 == pytest.approx((of_member - of_rest) / 2 * (1 + 1 / 3))
    assert found.error_luck**2 == pytest.approx((of_seed - of_rest) / 3 / 2 + of_rest / 6)
    assert found.high - found.mean == pytest.approx(found.mean - found.low)


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_what_does_not_vary_has_no_spread_at_all(value: float) -> None:
    found = two_way(np.full((7, 3), value))
    assert found == (value, value, value, 0.0, 0.0, 0.0, 0.0)


def test_two_of_each_are_needed() -> None:
    for shape in ((1, 3), (3, 1)):
        with pytest.raises(ValueError, match="two of each are needed"):
            two_way(np.zeros(shape))
