"""One day of a whole market of people who are alike: books against nested logit shares written by hand.

Nothing is on but planned needs, the choice and prices: everybody has every app open, so that a need's chances are the
same for all and the books hold them exactly, but for single precision.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.mechanisms import Mechanisms
from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.model.market import Market
from secondhalf.model.shapes import KIND_PLANNED, NEED_PLANNED

Array = NDArray[np.float64]
NAMES = ["kuaishou", "taobao", "jd"]
ON = ("planned_needs", "nested_choice", "price", "subsidies")
OPEN = "{maturity: 1.0, exposure: 1.0, entrance: top_tab}"
"""A capability of which all is there; prominence of the top tab is one."""
ALIKE = (
    *(f"mechanisms.{name}=false" for name in Mechanisms.model_fields if name not in ON),
    *("population.users=500", "population.merchants=40", "calendar.warm_up=56", "calendar.end=2019-01-05"),
    *("strategy=hold", "users.needs_per_day=0.8", "users.orders_per_need.planned=1", "users.walk_away=0.7"),
    *("users.spending.amounts=[100]", "users.spending.incomes=[{name: all, share: 1.0, tiers: [1.0]}]"),
    "merchants.supply_elasticity=0.4",
    *(f"platform.{name}.{key}" for name in NAMES for key in ("installed_at_start=1", "leisure=2", "tier_fit=0")),
    *(f"platform.{name}.appeal={value}" for name, value in zip(NAMES, (0.9, 0.4, -0.3), strict=True)),
    *(f"platform.{name}.open_at_start.storefront={OPEN}" for name in NAMES),
)


@pytest.fixture(scope="module")
def first_day(make_settings: Callable[..., MarketSettings]) -> Callable[..., tuple[Market, float]]:
    """A market after its first day, and planned needs of that day in people."""

    def run(nests: tuple[float, float], *overrides: str, names: list[str] = NAMES) -> tuple[Market, float]:
        absent = [f"platform.{name}." for name in NAMES if name not in names]
        own = [one for one in ALIKE if not one.startswith(tuple(absent))] if absent else ALIKE
        nested = (f"users.channel_nest={nests[0]}", f"users.platform_nest={nests[1]}")
        market = Market(make_settings(names, *own, *nested, *overrides))
        market.step()
        columns = market.population.columns
        assert (columns.last_used == 0).all(), "everybody opens everything"
        needs = np.count_nonzero(columns.needs & NEED_PLANNED) * market.population.weight
        assert market.book.needs == pytest.approx(needs)
        market.close()
        return market, needs

    return run


def channel_values(market: Market) -> Array:
    """Affinity of planned needs x availability x supply ** elasticity, [P, C], from settings and the day's supply."""
    settings = market.settings
    affinity = np.array([channel.affinity.planned for channel in settings.channels.values()])
    reached = np.zeros((len(market.platforms), len(CHANNELS)))
    for p, platform in enumerate(market.platforms):
        for c, channel in enumerate(CHANNELS):
            opening = [name for name, pool in settings.capability.items() if channel in pool.opens]
            reached[p, c] = min(platform.presence(name) for name in opening)
    return np.asarray(affinity * reached * (market.trade.supply + 1e-6) ** settings.merchants.supply_elasticity)


def utilities(market: Market) -> Array:
    """Of buying at each platform, before its channels, [P]."""
    users = market.settings.users
    return np.array([platform.settings.appeal - users.walk_away for platform in market.platforms])


def test_without_nests_a_market_is_one_logit_over_all_pairs_of_platform_and_channel(
    first_day: Callable[..., tuple[Market, float]],
) -> None:
    market, needs = first_day((1.0, 1.0))
    pairs = np.exp(utilities(market))[:, None] * channel_values(market)
    assert (pairs > 0).sum() >= 12
    assert market.book.cells[KIND_PLANNED] / (100 * needs) == pytest.approx(pairs / (1 + pairs.sum()), rel=1e-5)
    assert np.delete(market.book.cells, KIND_PLANNED, axis=0).sum() == 0


def test_with_nests_its_channels_are_those_of_two_levels(first_day: Callable[..., tuple[Market, float]]) -> None:
    inner, outer = 0.45, 0.75
    market, needs = first_day((inner, outer))
    values = channel_values(market)
    weights = np.exp((utilities(market) + inner * np.log(values.sum(axis=1))) / outer)
    bought = weights.sum() ** outer / (1 + weights.sum() ** outer)
    places = bought * weights / weights.sum()
    within = values / values.sum(axis=1, keepdims=True)
    assert market.book.cells[KIND_PLANNED] / (100 * needs) == pytest.approx(places[:, None] * within, rel=1e-5)
    assert market.book.orders.sum() / needs == pytest.approx(bought, rel=1e-5)


@pytest.mark.parametrize("nests", [(0.3, 0.3), (0.3, 0.9), (0.6, 0.8), (1.0, 1.0)])
def test_a_mall_with_a_share_of_sales_adds_minus_lambda_times_the_log_of_the_rest(
    first_day: Callable[..., tuple[Market, float]], nests: tuple[float, float]
) -> None:
    """What it takes from the platform's channels and what it adds are one formula, with supply and attention held.

    Odds of buying at the only platform are ``exp(V)``: with a mall that ends with share s of its sales they rise by the
    factor ``(1 - s) ** -lambda``, and every other channel keeps its part of the rest.
    """
    mall = f"+platform.kuaishou.open_at_start.mall={OPEN}"
    (without, needs), (opened, same) = (first_day(nests, *more, names=["kuaishou"]) for more in ((), (mall,)))
    assert needs == same
    assert opened.trade.supply == pytest.approx(without.trade.supply)
    sales, before = (at.book.cells[KIND_PLANNED, 0] / (100 * needs) for at in (opened, without))
    at = CHANNELS.index("mall")
    share = sales[at] / sales.sum()
    assert before[at] == 0
    assert 0.1 < share < 0.9
    odds = [one.sum() / (1 - one.sum()) for one in (sales, before)]
    assert odds[0] / odds[1] == pytest.approx((1 - share) ** -nests[0], rel=1e-4)
    rest = np.arange(len(CHANNELS)) != at
    assert sales[rest] / sales[rest].sum() == pytest.approx(before[rest] / before.sum(), rel=1e-5)


@pytest.mark.parametrize("nests", [(0.3, 0.5), (0.6, 0.8), (1.0, 1.0)])
@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_a_small_cut_of_one_price_moves_spending_by_its_elasticities(
    first_day: Callable[..., tuple[Market, float]], nests: tuple[float, float], weight: float
) -> None:
    """Own price: ``-eta ((1 - w) / mu + w (1 - B))``; at every rival: ``eta w (1 / mu - (1 - B))``.

    w is the share within what is bought, B what is bought of all needs. The channels' nest does not matter. Shares at
    the middle of the cut are those of both ends averaged, to second order in the cut.
    """
    cut, outer = 0.01, nests[1]
    subsidised = (f"users.price_weight={weight}", f"+platform.taobao.open_at_start.subsidy={OPEN}")
    dear, cheap = (first_day(nests, *subsidised, f"capability.subsidy.price_cut={part}")[0].book for part in (0.0, cut))
    wanted = dear.wanted
    assert cheap.wanted == wanted
    before, after = dear.platform_gmv, cheap.platform_gmv
    middle = (before + after) / 2
    bought, within = middle.sum() / wanted, middle / middle.sum()
    own = np.array(NAMES) == "taobao"
    formula = np.where(
        own,
        -weight * ((1 - within) / outer + within * (1 - bought)),
        weight * within[own] * (1 / outer - (1 - bought)),
    )
    found = np.log(after / before) / np.log(1 - cut)
    assert found == pytest.approx(formula, rel=3e-3)
    assert cheap.subsidies == pytest.approx(after * own * (1 / (1 - cut) - 1), rel=1e-6)
    assert (dear.subsidies == 0).all()
