"""The split of a day: first-order conditions, SciPy's optimum, closed forms, scaling; and the exponential under it.

Tolerances: x_p = gamma_p (psi_p / price - 1) in single precision is off by a few units in the last place of
``gamma_p psi_p / price``, plus what the sums of the price lose; `noise` adds them up.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from secondhalf.model.numba_kernels import exp32
from secondhalf.model.users.attention import prices_of_time, split

EPS = float(np.finfo(np.float32).eps)
Array = NDArray[np.float64]


@st.composite
def days(draw: st.DrawFn) -> tuple[list[float], list[float], float, float]:
    """A user's day: psi (zero: not installed), gamma, budget, outside."""
    platforms = draw(st.integers(1, 6))
    log_psi = st.floats(-8, 8)
    psi = [draw(st.one_of(st.just(0.0), log_psi.map(np.exp))) for _ in range(platforms)]
    gamma = [draw(st.floats(1, 120)) for _ in range(platforms)]
    return psi, gamma, draw(st.floats(20, 1200)), draw(st.floats(0.1, 5))


def divide(psi: list[float], gamma: list[float], budget: float, outside: float) -> tuple[Array, float]:
    """Minutes by the compiled split, and the price of time."""
    f = np.float32
    block = np.array(psi, f)[:, None]
    price = prices_of_time(block, np.array(gamma, f), np.array([budget], f), f(outside))[0]
    minutes = block.copy()
    split(minutes, np.array(gamma, f), np.zeros(1, np.int16), np.ones(1, f), 0, f(budget), f(outside))
    return minutes[:, 0].astype(float), float(price)


def noise(psi: Array, gamma: Array, price: float, budget: float, outside: float) -> Array:
    """Rounding allowed in minutes: some eps of the terms that are subtracted, and of the price's own sums."""
    on = psi > 0
    time = budget + gamma[on].sum()
    active = budget + gamma[psi > price].sum()
    weight = outside * budget + (gamma * psi)[psi > price].sum()
    lost = 4 * (psi.size + 2) * EPS * (time / active + price * time / weight)
    return np.asarray(gamma * np.maximum(psi / price, 1) * (lost + 4 * EPS))


@settings(max_examples=400, deadline=None)
@given(days())
@example(([1.0, 1.0], [20.0, 20.0], 300.0, 1.0))
@example(([0.0], [20.0], 300.0, 1.0))
def test_first_order_conditions(case: tuple[list[float], list[float], float, float]) -> None:
    minutes, price = divide(*case)
    psi, gamma = (np.array(values, np.float32).astype(float) for values in case[:2])
    budget, outside = case[2:]
    allowed = noise(psi, gamma, price, budget, outside)
    assert (minutes >= 0).all()
    assert (minutes[psi == 0] == 0).all()
    assert (psi[minutes == 0] <= price * (1 + 8 * EPS)).all(), "a closed app is worth no more than the price of time"
    spent = minutes > 0
    at_margin = psi / (minutes / gamma + 1)
    slope = at_margin / (minutes + gamma)
    assert (np.abs(at_margin - price)[spent] <= (slope * allowed + 4 * EPS * price)[spent]).all()
    outside_minutes = budget - minutes.sum()
    assert outside_minutes == pytest.approx(outside * budget / price, abs=allowed.sum() + 1e-6 * budget)


@settings(max_examples=100, deadline=None)
@given(days())
def test_equals_slsqp(case: tuple[list[float], list[float], float, float]) -> None:
    """SciPy stops when a step gains less than `ftol` of the utility: where that is flat, minutes differ by its root."""
    minutes, price = divide(*case)
    psi, gamma = (np.array(values, np.float32).astype(float) for values in case[:2])
    budget, outside = (float(np.float32(value)) for value in case[2:])
    scale, ftol = outside * budget + float((gamma * psi).sum()), 1e-14

    def utility(shares: Array) -> float:
        left = max(1 - shares.sum(), 1e-14) * budget
        gained = gamma * psi * np.log1p(shares * budget / gamma)
        return float(outside * budget * np.log(left) + gained.sum()) / scale

    def slope(shares: Array) -> Array:
        left = max(1 - shares.sum(), 1e-14)
        return np.asarray(budget * psi / (1 + shares * budget / gamma) - outside * budget / left) / scale

    found = minimize(
        lambda shares: -utility(shares),
        np.full(psi.size, 0.5 / psi.size),
        jac=lambda shares: -slope(shares),
        bounds=[(0, 1)] * psi.size,
        constraints={"type": "ineq", "fun": lambda s: 1 - 1e-9 - s.sum(), "jac": lambda s: -np.ones(psi.size)},
        method="SLSQP",
        options={"ftol": ftol, "maxiter": 2000},
    )
    assert found.success
    allowed = noise(psi, gamma, price, budget, outside).sum()
    curvature = (psi * gamma / (gamma + budget) ** 2)[psi > 0].min(initial=np.inf) / scale
    assert np.abs(found.x * budget - minutes).max() <= allowed + np.sqrt(2 * 10 * ftol / curvature)


def test_equal_gammas_all_open_by_hand() -> None:
    """All apps open: x_p + gamma = (T + P gamma) psi_p gamma / (outside T + gamma sum psi), the price being 4/3."""
    psi, gamma, budget, outside = [2.0, 3.0, 4.0], 20.0, 300.0, 1.0
    minutes, price = divide(psi, [gamma] * 3, budget, outside)
    assert price == pytest.approx((300 + 20 * 9) / (300 + 60), rel=4 * EPS)
    assert minutes == pytest.approx([10, 25, 40], rel=16 * EPS)


def test_one_app_is_closed_by_hand() -> None:
    """psi = 1/2 is below the price of the others: (100 + 10 * 3) / (100 + 10) = 13/11."""
    minutes, price = divide([0.5, 3.0], [10.0, 10.0], 100.0, 1.0)
    assert price == pytest.approx(13 / 11, rel=8 * EPS)
    assert minutes[0] == 0.0
    assert minutes[1] == pytest.approx(10 * (33 / 13 - 1), rel=16 * EPS)


def test_nothing_installed_all_outside() -> None:
    minutes, price = divide([0.0] * 5, [20.0] * 5, 250.0, 1.3)
    assert (minutes == 0).all()
    assert price == pytest.approx(1.3, rel=4 * EPS)


def test_offline_users_get_nothing_and_do_not_count() -> None:
    f = np.float32
    psi = np.full((2, 3), 5, f)
    online_from, factor = np.array([0, 8, 7], np.int16), np.array([1, 1, 0.5], f)
    online, phone = split(psi, np.full(2, 20, f), online_from, factor, 7, f(300), f(1))
    assert (online, phone) == (2, 450.0)
    assert (psi[:, 1] == 0).all()
    assert (psi[:, [0, 2]] > 0).all()


@settings(max_examples=100, deadline=None)
@given(days(), st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_scaling_by_powers_of_two_is_exact(case: tuple[list[float], list[float], float, float], factor: float) -> None:
    psi, gamma, budget, outside = case
    minutes, _ = divide(psi, gamma, budget, outside)
    stretched, _ = divide(psi, [factor * g for g in gamma], factor * budget, outside)
    assert (stretched == factor * minutes).all(), "twice the time and twice the depth: twice the minutes"
    dearer, _ = divide([factor * value for value in psi], gamma, budget, factor * outside)
    assert (dearer == minutes).all(), "only ratios of utilities matter"


def test_exponential_of_single_precision() -> None:
    def every(values: NDArray[np.float32]) -> Array:
        return np.array([exp32(value) for value in values], float)

    ends_of_reduction = np.log(2) * np.arange(-230, 231) / 2
    grid = np.concatenate([np.linspace(-80, 80, 60_001), ends_of_reduction]).astype(np.float32)
    exact = np.exp(grid.astype(float))
    assert np.max(np.abs(every(grid) / exact - 1)) < 3e-7
    ends = np.array([-1e30, -200, 200, 1e30], np.float32)
    assert every(ends) == pytest.approx(np.exp([-80.0, -80.0, 80.0, 80.0]), rel=3e-7)
