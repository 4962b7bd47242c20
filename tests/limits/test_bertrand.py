"""Logit-Bertrand: prices of the baseline of Calvano et al. (2020), and the market's choice stage as its demand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.game_theory.logit_bertrand import Bertrand
from secondhalf.experiments.game_theory.pure_nash import pure_equilibria
from secondhalf.model.market import Market
from secondhalf.model.shapes import KIND_PLANNED, NEED_PLANNED, NOBODY
from tests.limits.one_need import meet

Array = NDArray[np.float64]
EPS = float(np.finfo(np.float32).eps)
GAME = Bertrand()
NASH, MONOPOLY = 1.473, 1.925
NASH_PROFIT, MONOPOLY_PROFIT = 0.223, 0.337


def test_prices_and_profits_to_three_digits() -> None:
    assert GAME.nash() == pytest.approx(NASH, abs=5e-4)
    assert GAME.monopoly() == pytest.approx(MONOPOLY, abs=5e-4)
    assert GAME.profit([GAME.nash()] * 2) == pytest.approx([NASH_PROFIT] * 2, abs=5e-4)
    assert GAME.profit([GAME.monopoly()] * 2) == pytest.approx([MONOPOLY_PROFIT] * 2, abs=5e-4)


def test_brute_force_finds_the_same_prices() -> None:
    """All pairs of prices on a grid of a tenth of a cent: the one equilibrium, and the best for both together."""
    prices = np.arange(1.2, 2.2, 0.001)
    table = GAME.table(prices)
    assert prices[pure_equilibria(table)] == pytest.approx(np.array([[GAME.nash()] * 2]), abs=5.1e-4)
    best = np.unravel_index(table.sum(axis=0).argmax(), table.shape[1:])
    assert prices[list(best)] == pytest.approx([GAME.monopoly()] * 2, abs=5.1e-4)


@pytest.mark.parametrize("game", [Bertrand(firms=3), Bertrand(2, 1.5, 0.5, 0.4, 0.1), Bertrand(1)])
def test_other_games_by_a_search_of_their_own(game: Bertrand) -> None:
    """No firm gains by a price of its own at the equilibrium; no common price beats the monopoly's."""

    def own(price: Array) -> float:
        return -float(game.profit([float(price[0]), *[game.nash()] * (game.firms - 1)])[0])

    def common(price: Array) -> float:
        return -float(game.profit([float(price[0])] * game.firms)[0])

    for payoff, price in ((own, game.nash()), (common, game.monopoly())):
        found = minimize(payoff, [1.1 * price], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-15})
        assert found.x[0] == pytest.approx(price, abs=1e-5)
    if game.firms == 1:
        assert game.nash() == pytest.approx(game.monopoly())


def test_substitutes_bring_price_down_to_cost() -> None:
    """Bertrand's own limit."""
    assert Bertrand(differentiation=0.002).nash() == pytest.approx(1 + 2 * 0.002, rel=1e-6)


def test_the_grid_of_fifteen_prices() -> None:
    grid = GAME.grid()
    assert grid.size == 15
    low, high = GAME.nash(), GAME.monopoly()
    assert grid[[0, -1]] == pytest.approx([low - 0.1 * (high - low), high + 0.1 * (high - low)])
    assert np.ptp(np.diff(grid)) == pytest.approx(0, abs=1e-12)
    assert pure_equilibria(GAME.table(grid)).tolist() == [[1, 1], [2, 2]]
    assert GAME.profit_gain([NASH_PROFIT, MONOPOLY_PROFIT]) == pytest.approx([0, 1], abs=5e-3)


def utilities(prices: Array) -> Array:
    """Log units in which the market's users weigh price: quality less price over mu, outside taken off."""
    return np.asarray((GAME.quality - prices - GAME.outside) / GAME.differentiation)


def test_the_choice_stage_is_logit_demand_on_the_whole_grid() -> None:
    grid = GAME.grid()
    demand = np.empty((2, 15, 15))
    for i, one in enumerate(grid):
        for j, two in enumerate(grid):
            demand[:, i, j] = meet(utilities(np.array([one, two]))).chances
    exact = np.moveaxis(GAME.demand(np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1)), -1, 0)
    assert demand == pytest.approx(exact, rel=16 * EPS)
    profit = demand * (np.stack(np.meshgrid(grid, grid, indexing="ij")) - GAME.cost)
    assert pure_equilibria(profit).tolist() == [[1, 1], [2, 2]]


PRICE_ONLY = (
    "strategy=hold",
    "population.users=400",
    "population.merchants=20",
    "calendar.end=2019-01-03",
    *(f"mechanisms.{name}=false" for name in ("nested_choice", "lasting_tastes", "closed_loop", "open_links")),
    *(f"mechanisms.{name}=false" for name in ("loyalty", "fans", "shock", "ramps", "costs", "outside_growth")),
    *(f"mechanisms.{name}=false" for name in ("impulse", "ripening", "habit", "social", "taste")),
    "users.walk_away=0",
    "users.needs_per_day=0.8",
    "users.orders_per_need.planned=1",
    "merchants.supply_elasticity=0",
    *(f"channels.{name}.affinity.planned=0" for name in ("short_video", "live_store", "live_expert", "mall", "search")),
    "channels.store.affinity.planned=1",
)
"""Platforms have one channel of value one, nobody remembers, and the outside is worth nothing: a_0 = 0."""
FULL = "{maturity: 1.0, exposure: 1.0, entrance: top_tab}"
"""A capability of which all is there; prominence of the top tab is one."""


@pytest.fixture(scope="module")
def first_day(make_settings: Callable[..., MarketSettings]) -> Callable[..., tuple[Array, Market]]:
    """Orders at each of two shelf platforms over planned needs, on the first day of a market, and the market."""
    names = ["taobao", "jd"]
    alike = ("installed_at_start=1", "leisure=2", "tier_fit=0", "never_installs=0", f"open_at_start.storefront={FULL}")
    same = [f"platform.{name}.{key}" for name in names for key in alike]

    def run(appeal: Array, *overrides: str) -> tuple[Array, Market]:
        priced = [f"platform.{name}.appeal={float(value)}" for name, value in zip(names, appeal, strict=True)]
        market = Market(make_settings(names, *PRICE_ONLY, *same, *priced, *overrides))
        market.step()
        columns = market.population.columns
        assert (columns.last_used == 0).all(), "everybody opens both"
        needs = np.count_nonzero(columns.needs & NEED_PLANNED) * market.population.weight
        orders = market.book.orders
        market.close()
        assert orders.sum() == orders[KIND_PLANNED, NOBODY].sum()
        return np.asarray(orders[KIND_PLANNED, NOBODY] / needs), market

    return run


@pytest.mark.parametrize("prices", [(NASH, NASH), (NASH, MONOPOLY), (1.2, 1.8)])
def test_a_market_with_price_differences_only_is_logit_bertrand(
    first_day: Callable[..., tuple[Array, Market]], prices: tuple[float, float]
) -> None:
    """Books are expectations, so shares are exact but for single precision."""
    shares, _ = first_day(utilities(np.array(prices)))
    assert shares == pytest.approx(GAME.demand(prices), rel=32 * EPS)


def test_a_subsidy_is_a_lower_price(first_day: Callable[..., tuple[Array, Market]]) -> None:
    """A cut to the part 1 - c of the price adds ``-eta ln(1 - c)`` to utility: here as much as the game's cut over mu.

    Its cost is what it takes off the goods that are sold for GMV v: ``v (1 / (1 - c) - 1)``.
    """
    cut, weight = 0.3, 2.0
    part = -np.expm1(-cut / GAME.differentiation / weight)
    subsidised, market = first_day(
        utilities(np.array([1.7, 1.7])),
        f"users.price_weight={weight}",
        f"capability.subsidy.price_cut={part}",
        f"+platform.jd.open_at_start.subsidy={FULL}",
    )
    assert subsidised == pytest.approx(GAME.demand([1.7, 1.7 - cut]), rel=32 * EPS)
    spent = market.book.platform_gmv
    assert market.book.subsidies == pytest.approx(spent * np.array([0.0, 1 / (1 - part) - 1]), rel=1e-9)
