"""Measures by hand and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon

from secondhalf.model.observers.measures import (
    hhi,
    interpenetration,
    jensen_shannon,
    leak_rate,
    net_sources,
    new_user_share,
    shares,
)
from secondhalf.model.users.attention_flows import BUDGET, LOST, NEW, OUTSIDE, TRANSFER

Array = NDArray[np.float64]
AMOUNTS = st.lists(st.floats(0, 1e9), min_size=6, max_size=6).filter(lambda amounts: sum(amounts) > 1e-6)


def test_hhi() -> None:
    assert hhi(np.array([5.0, 0, 0])) == 1.0
    assert hhi(np.full(4, 3.0)) == pytest.approx(0.25)
    assert hhi(np.array([60.0, 30.0, 10.0])) == pytest.approx(0.46)
    assert hhi(np.zeros(3)) == 0.0
    assert shares(np.zeros(2)).tolist() == [0, 0]


@given(AMOUNTS, AMOUNTS)
def test_jensen_shannon_is_scipys(first: list[float], second: list[float]) -> None:
    """SciPy works out the same sum; the root of a difference of nearly equal terms leaves 1e-8."""
    p, q = np.array(first), np.array(second)
    assert jensen_shannon(p, q) == pytest.approx(float(np.nan_to_num(jensenshannon(p, q, base=2))), abs=1e-7)


def test_jensen_shannon_of_like_and_unlike() -> None:
    assert jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 7.0])) == pytest.approx(1)
    assert jensen_shannon(np.array([1.0, 3.0]), np.array([2.0, 6.0])) == pytest.approx(0, abs=1e-8)
    # Half of KL((1/2, 1/2) | (1/4, 3/4)) + half of KL((0, 1) | (1/4, 3/4))
    exact = (0.5 * np.log2(2) + 0.5 * np.log2(2 / 3)) / 2 + np.log2(4 / 3) / 2
    assert jensen_shannon(np.array([1.0, 1.0]), np.array([0.0, 1.0])) == pytest.approx(np.sqrt(exact))


def test_interpenetration() -> None:
    content = np.array([True, False, False])
    same = np.array([[1.0, 3.0], [10.0, 20.0], [0.0, 10.0]])
    assert interpenetration(same, content) == pytest.approx(1, abs=1e-7)
    apart = np.array([[1.0, 0.0], [0.0, 20.0], [0.0, 10.0]])
    assert interpenetration(apart, content) == pytest.approx(0, abs=1e-7)
    assert interpenetration(apart * [[0], [1], [1]], content) == 0.0


def test_leak_rate_counts_what_content_plants_and_shelves_book() -> None:
    """Kinds planned, impulse, ripened, repeat; origins content, shelf, nowhere; places content, shelf."""
    content, orders = np.array([True, False]), np.zeros((4, 3, 2))
    orders[1, 0] = [6, 1]
    orders[2, 0] = [1, 2]
    orders[1, 1] = [5, 5]  # planted on a shelf platform
    orders[0, 2] = [9, 9]  # planted nowhere
    assert leak_rate(orders, content) == pytest.approx(0.3)
    assert leak_rate(np.zeros((4, 3, 2)), content) == 0.0


def month(new: float = 0, outside: float = 0, budget: float = 0, transfer: float = 0, lost: float = 0) -> Array:
    """Books of one platform and its shadow, so that transfers can be booked on both sides."""
    flows = np.zeros((5, 2, 4))
    flows[NEW, 0, 2], flows[OUTSIDE, 0, 2], flows[BUDGET, 0, 3] = new, outside, budget
    flows[TRANSFER, 0, 1], flows[LOST, 1, 2] = transfer, lost
    return flows


def test_net_sources_and_share_of_new_users() -> None:
    flows = np.array([month(new=3, outside=-1, budget=2, transfer=0.5, lost=-7), month(new=1)])
    assert net_sources(flows) == {"new": 4, "outside": -1, "budget": 2, "transfer": 0.5}
    assert new_user_share(flows) == pytest.approx(4 / 6.5)
    assert new_user_share(np.array([month(outside=-1)])) == 0.0
    assert new_user_share(np.array([month(new=-2, outside=1)])) == 0.0
