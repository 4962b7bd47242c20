"""Compiled loops over merchants give what NumPy's formulas give, to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.model.shapes import KIND_IMPULSE, KIND_PLANNED, KIND_REPEAT, KIND_RIPENED
from secondhalf.model.supply import contest, ledgers, shop_loops

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


@pytest.mark.parametrize("favoured", [False, True])
@pytest.mark.parametrize("platforms", [1, P])
def test_slopes_are_those_of_sales_and_of_fans(favoured: bool, platforms: int) -> None:
    """What the shop's own broadcasts bring in fans' orders is added; closed cells and idle merchants have none."""
    shop, opens, value = SHOP[:, :platforms], OPEN[:platforms], VALUE[:, :platforms]
    effort, gain = 0.01 + RNG.random((M, platforms, C)), RNG.random((M, platforms, C))
    fit, strength, reach = RNG.random((M, C)).astype(np.float32), RNG.random(M), 1 + RNG.random((M, platforms))
    strength[:9] = 0.0
    fans, rise, kept = RNG.random((M, platforms)), RNG.random(platforms), 1 - RNG.random(platforms)
    favour = 1 + RNG.random((M, platforms)) if favoured else contest.NO_FAVOUR
    found = contest.slopes(effort, gain, fit, value, CATEGORY, fans, strength, reach, rise, kept, favour, shop, opens)
    expected = gain * (fit[:, None, :] * value[CATEGORY] / effort)
    if favoured:
        expected[:, :, contest.SEARCH] *= favour
    own = effort[:, :, contest.LIVE_STORE]
    by_fans = np.divide(fans, strength[:, None], out=np.zeros_like(fans), where=strength[:, None] > 0)
    expected[:, :, contest.LIVE_STORE] += by_fans * (rise * (np.sqrt(own) / own)) / reach
    expected *= kept[:, None] * (shop[:, :, None] & opens)
    assert (found == expected.astype(np.float32)).all()
    assert np.isfinite(found).all()


def test_sales_enter_the_books_of_merchants_and_products() -> None:
    sold, shares = RNG.random((M, P)), RNG.random((M, 3))
    gmv, week, products = RNG.random((M, P)), RNG.random((M, P)), RNG.random((M, 3))
    before = gmv.copy(), week.copy(), products.copy()
    contest.hand_out(sold, gmv, week, products, shares)
    assert (gmv == before[0] + sold).all()
    assert (week == before[1] + sold).all()
    assert (products == before[2] + contest.sums(sold[:, :, None], np.ones(1)).sum(axis=1)[:, None] * shares).all()


@pytest.mark.parametrize("merchants", [1, 2])
def test_where_nobody_has_a_shop_nothing_is_sold_and_nothing_is_no_number(merchants: int) -> None:
    """Of one merchant, too; demand that has no taker is told by totals of zero."""
    shop, category = np.zeros((merchants, P), np.bool_), np.zeros(merchants, np.int16)
    weight, nothing = np.zeros((merchants, P, C)), np.zeros((merchants, P))
    sold, *totals = contest.sales(weight, VALUE, category, nothing, np.ones((P, P)), nothing, np.ones(P), shop)
    assert not sold.any()
    assert not any(total.any() for total in totals)
    weeks, never = np.zeros((merchants, P), np.int16), np.zeros((merchants, P), np.bool_)
    ones = np.ones(merchants)
    closing, paying = shop_loops.review(
        weeks, shop, never, nothing, ones, ones, category, VALUE.sum(axis=2), 0.0, np.ones(P), 0.3, 0.2, 1
    )
    assert not closing.any()
    assert not paying.any()
    assert shop_loops.without_shop(shop).tolist() == list(range(merchants))


def test_weeks_of_loss_are_counted_to_the_longest_patience() -> None:
    """10,000 weeks, the most that the settings allow, lie within the 16 bits of the count."""
    weeks, shop = np.array([[9998, 9999]], np.int16), np.ones((1, 2), np.bool_)
    one, zero = np.ones(1), np.zeros((1, 2))
    closing, _ = shop_loops.review(
        weeks, shop, ~shop, zero, one, one, np.zeros(1, np.int16), np.ones((1, 2)), 1.0, np.ones(2), 0.3, 0.2, 10_000
    )
    assert weeks.tolist() == [[9999, 10_000]]
    assert closing.tolist() == [[False, True]]


def test_a_day_is_divided_by_cell_and_origin() -> None:
    spending, orders, share = RNG.random((4, P + 1, P, 2)), RNG.random((4, P + 1, P)), RNG.random((4, P, C))
    spending[KIND_PLANNED, :, 1] = 0.0  # nothing is spent there, so nothing is ordered there
    group = RNG.integers(0, 2, C)
    direct, seeded, repeat = np.full((P, C), np.nan), np.full((P, P), np.nan), np.full(P, np.nan)
    found = np.full(orders.shape, np.nan), np.full(share.shape, np.nan), np.full((P, C), np.nan), np.zeros((P, C))
    ledgers.enter(spending, orders, share, group, 0.3, *found, direct, seeded, repeat)
    gmv = spending.sum(axis=3)
    cells = spending.sum(axis=1)[:, :, group] * share
    spent = cells.sum(axis=2, keepdims=True)
    part = np.divide(cells, spent, out=np.zeros_like(cells), where=spent > 0)
    by_channel = (orders.sum(axis=1)[:, :, None] * part).sum(axis=0)
    for own, expected in zip(found, (gmv, cells, cells.sum(axis=0), by_channel), strict=True):
        assert (own == expected).all()
    left = cells[KIND_PLANNED]
    for kind in (KIND_IMPULSE, KIND_RIPENED):
        kept = spending[kind].sum(axis=0) - 0.3 * spending[kind, :-1].sum(axis=0)
        left = left + kept[:, group] * share[kind]
    assert (direct == left).all()
    assert (seeded == (gmv[KIND_IMPULSE, :-1] + gmv[KIND_RIPENED, :-1]) * 0.3).all()
    assert (repeat == gmv[KIND_REPEAT].sum(axis=0)).all()


def test_new_fans_come_by_shares_and_lost_ones_go_pro_rata() -> None:
    fans, shares = FANS.copy(), RNG.random((M, P))
    fans[:, 2], shares[:, 2] = 0.0, 0.0  # a platform without fans
    gained, lost = np.array([5.0, 0.0, 1.0, 2.0]), np.array([1.0, 3.0, 2.0, 0.0])
    grown = fans + shares * gained
    total = grown.sum(axis=0)
    expected = grown * np.divide(total - lost, total, out=np.zeros(P), where=total > 0)
    ledgers.renew_fans(fans, shares, gained, lost)
    assert (fans == expected).all()
