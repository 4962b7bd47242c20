"""Merchants' sizes: a Pareto law in bundles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secondhalf.agents.merchant import pareto_bundles

SIZES = st.tuples(st.integers(1, 3000), st.integers(1, 10**7), st.floats(0.6, 4), st.floats(0, 1))


@settings(max_examples=200, deadline=None)
@given(SIZES)
def test_weights_add_up_to_real_merchants(case: tuple[int, int, float, float]) -> None:
    weight, size = pareto_bundles(*case)
    assert weight.shape == size.shape == (case[0],)
    assert weight.sum() == pytest.approx(case[1], rel=1e-9)
    assert (weight > 0).all()
    assert np.isfinite(size).all()
    assert (np.diff(size) <= 1e-9 * size[:-1]).all(), "ranks are in order of size"
    assert (size >= 1 - 1e-9).all(), "the smallest merchant has size one"


def test_head_stands_one_to_one_at_its_rank() -> None:
    weight, size = pareto_bundles(1000, 1_000_000, 1.1, 0.5)
    assert (weight[:500] == 1).all()
    assert (weight[500:] > 1).all()
    ranks = np.arange(1, 501)
    assert size[:500] == pytest.approx((1e6 / ranks) ** (1 / 1.1), rel=1e-12)


@pytest.mark.parametrize("exponent", [0.8, 1.0, 1.1, 1.6])
def test_slope_of_the_complementary_distribution_is_the_exponent(exponent: float) -> None:
    """log P(size > s) against log s: -exponent, over the head and over the bundles of the tail."""
    weight, size = pareto_bundles(2000, 10_000_000, exponent, 0.5)
    # A bundle's mean size lies within it: half of its own weight is above.
    above = np.log((np.cumsum(weight) - weight / 2) / weight.sum())
    for part in (slice(10, 1000), slice(1000, 2000)):
        slope = np.polyfit(np.log(size[part]), above[part], 1)[0]
        assert slope == pytest.approx(-exponent, rel=0.01)


@pytest.mark.parametrize("exponent", [0.8, 1.0, 1.5])
def test_bundles_hold_the_total_size_of_their_members(exponent: float) -> None:
    """A bundle integrates over ranks: against the sum of all sizes it misses less than one merchant."""
    real, head = 200_000, 500
    weight, size = pareto_bundles(1000, real, exponent, 0.5)
    exact = (real / np.arange(head + 1, real + 1)) ** (1 / exponent)
    largest = (real / head) ** (1 / exponent)
    assert (weight * size)[head:].sum() == pytest.approx(exact.sum(), abs=largest)


def test_few_real_merchants_are_split_evenly() -> None:
    weight, size = pareto_bundles(50, 20, 1.2, 0.5)
    assert weight == pytest.approx(np.full(50, 0.4))
    assert (np.diff(size) < 0).all()
