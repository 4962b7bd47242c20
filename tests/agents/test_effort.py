"""Merchants' returns relative to what their effort earned: without a unit, and never beyond what counts."""

from __future__ import annotations

import numpy as np

from secondhalf.agents.effort import LARGEST_RELATIVE, relative_returns


def test_returns_are_relative_to_the_effort_weighted_mean() -> None:
    returns = np.array([[2.0, 4.0], [0.0, 0.0]], np.float32)
    relative_returns(returns, np.array([[0.75, 0.25], [0.5, 0.5]], np.float32))
    np.testing.assert_allclose(returns, [[0.8, 1.6], [0.0, 0.0]], rtol=1e-6)


def test_a_merchant_whose_effort_earns_nothing_has_finite_returns() -> None:
    """All its effort but a trace is where nothing is sold: the quotient was infinite."""
    returns = np.array([[1e5, 0.0]], np.float32)
    relative_returns(returns, np.array([[1e-44, 1.0]], np.float32))
    assert returns[0, 0] == np.float32(LARGEST_RELATIVE)
