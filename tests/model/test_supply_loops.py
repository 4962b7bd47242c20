"""Compiled loops over merchants give what NumPy's formulas give, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.model.supply import contest, shop_loops

M, P, C, K = 300, 4, 6, 3
RNG = np.random.default_rng(7)
SHOP = RNG.random((M, P)) < 0.6
OPEN = RNG.random((P, C)) < 0.8
CATEGORY = RNG.integers(0, K, M).astype(np.int16)
FANS = RNG.random((M, P)) * SHOP
WEIGHT = RNG.random((M, P, C)) * SHOP[:, :, None]
VALUE = RNG.random((K, P, C))


def test_sums_over_merchants() -> None:
    assert (contest.column_sums(FANS) == FANS.sum(axis=0)).all()
    assert (contest.cumulated(FANS) == np.cumsum(FANS, axis=0).T).all()


def test_weights_are_those_of_open_cells() -> None:
    strength, fit = RNG.random(M), RNG.random((M, C)).astype(np.float32)
    visible, favour = RNG.random((M, P, C)).astype(np.float32), 1 + RNG.random((M, P))
    expected = (strength[:, None] * fit)[:, None, :] * visible * (SHOP[:, :, None] & OPEN)
    assert (contest.weights(strength, fit, visible, SHOP, OPEN, contest.NO_FAVOUR) == expected).all()
    expected[:, :, contest.SEARCH] *= favour
    assert (contest.weights(strength, fit, visible, SHOP, OPEN, favour) == expected).all()


def test_sales_are_divided_by_weight_seeds_and_fans() -> None:
    seeding, seeded, repeat = RNG.random((M, P)), RNG.random((P, P)), RNG.random(P)
    sold, in_cells, of_seeds, of_fans = contest.sales(WEIGHT, VALUE, CATEGORY, seeding, seeded, FANS, repeat, SHOP)
    by_seed = seeding[:, :, None] * SHOP[:, None, :]
    assert (in_cells == WEIGHT.sum(axis=0)).all()
    assert (of_seeds == by_seed.sum(axis=0)).all()
    assert (of_fans == FANS.sum(axis=0)).all()
    expected = contest.sums(WEIGHT * VALUE[CATEGORY], np.ones(C))
    for origin in range(P):
        expected += by_seed[:, origin] / of_seeds[origin] * seeded[origin]
    assert (sold == expected + FANS / of_fans * repeat).all()


def test_shops_that_lose_long_enough_close_and_those_that_would_pay_are_told() -> None:
    lost, barred = RNG.integers(0, 4, (M, P)).astype(np.int16), RNG.random((M, P)) < 0.2
    gmv, weight, strength, kept = RNG.random((M, P)), RNG.random(M), RNG.random(M), 1 - RNG.random(P)
    value = VALUE.sum(axis=2)
    weeks = lost.copy()
    closing, paying = shop_loops.review(
        weeks, SHOP, barred, gmv, weight, strength, CATEGORY, value, 0.7, kept, 0.3, 0.2, 3
    )
    cost = 0.2 * weight[:, None]
    assert (weeks == np.where(SHOP & (gmv * 0.3 * kept < cost), lost + 1, 0)).all()
    assert (closing == (weeks >= 3)).all()
    assert closing.any()
    pays = strength[:, None] * value[CATEGORY] * 0.7 * 0.3 * kept > cost
    assert (paying == (pays & ~SHOP & ~barred)).all()
    assert paying.any()
    assert shop_loops.without_shop(SHOP).tolist() == np.flatnonzero(~SHOP.any(axis=1)).tolist()


@pytest.mark.parametrize("basis", ["fans", "weight", "evenly", "nobody"])
def test_fans_of_closed_shops_move(basis: str) -> None:
    """Pro rata to fans, else to weight, else evenly; where no shop is left they wait."""
    shop, weight = np.array([[True], [True], [False]]), np.zeros((3, 1, C))
    fans = np.array([[3.0], [1.0], [8.0]])
    expected = [9.0, 3.0, 0.0]
    if basis != "fans":
        fans[:2] = 0.0
        expected = [4.0, 4.0, 0.0]
    if basis == "weight":
        weight[:2, 0, 0] = 1.0, 3.0
        expected = [2.0, 6.0, 0.0]
    if basis == "nobody":
        shop[:] = False
        expected = [0.0, 0.0, 8.0]
    shop_loops.move_fans(fans, shop, weight)
    assert fans[:, 0].tolist() == expected
