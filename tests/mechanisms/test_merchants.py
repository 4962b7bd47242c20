"""What merchants do: plant interest for new buyers, hold fans, take planned demand; test products and scale them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.model.market import Market
from secondhalf.model.shapes import KIND_REPEAT
from tests.mechanisms.cases_supply import BUSY
from tests.mechanisms.cases_trade import LIVELY
from tests.mechanisms.measures import planted_orders
from tests.mechanisms.runs import ALL, CONTENT, Overrides, Run, run, settings, until

SEEDS = (0, 1)
KUAISHOU, TAOBAO = ALL.index("kuaishou"), ALL.index("taobao")
OPEN = {"maturity": 0.8, "exposure": 1.0}
FIXED: Overrides = (
    *LIVELY,
    *((f"platform.kuaishou.open_at_start.{name}", OPEN) for name in ("mall", "search", "expert_distribution")),
    *((f"platform.taobao.open_at_start.{name}", OPEN) for name in ("short_video", "live", "expert_distribution")),
    *((f"mechanisms.{name}", False) for name in ("merchant_learning", "shop_entry", "shop_exit", "clutter")),
)
"""All channels are open at kuaishou and taobao; effort stays where a test puts it."""


def _force(platform: int, channel_of: Callable[[int], str]) -> Callable[[Market], None]:
    """Give every merchant a shop on the platform and half its effort in one channel there."""

    def prepare(market: Market) -> None:
        table = market.trade.table
        table.shop[:, platform] = True
        table.effort[:, platform] = 0.0
        rest = table.effort.sum(axis=(1, 2), keepdims=True)
        table.effort[:] *= np.divide(0.5, rest, out=np.zeros_like(rest), where=rest > 0)
        for slot in range(table.number.size):
            table.effort[slot, platform, CHANNELS.index(channel_of(slot))] = 0.5

    return prepare


@cache
def _all_in(channel: str, seed: int) -> Run:
    return Run(settings((*FIXED, ("seed", seed))), _force(KUAISHOU, lambda slot: channel))


@cache
def _halves(even: str, odd: str, seed: int) -> Run:
    return Run(settings((*FIXED, ("seed", seed))), _force(TAOBAO, lambda slot: odd if slot % 2 else even))


def _new_buyers(at: Run) -> float:
    buyers = at.daily("annual_buyers", ("kuaishou",))
    return float(buyers.iloc[-1] - buyers.iloc[0])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("channel", ["short_video", "live_expert"])
def test_content_plants_interest_and_wins_new_buyers(channel: str, seed: int) -> None:
    planting, elsewhere = _all_in(channel, seed), _all_in("store", seed)
    assert planted_orders(planting, ("kuaishou",)) > 1.2 * planted_orders(elsewhere, ("kuaishou",))
    assert _new_buyers(planting) > _new_buyers(elsewhere)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("elsewhere", ["short_video", "store"])
def test_own_broadcasts_bring_fans_back(elsewhere: str, seed: int) -> None:
    broadcasting, other = (
        at.orders[:, KIND_REPEAT, :, KUAISHOU].sum() for at in (_all_in("live_store", seed), _all_in(elsewhere, seed))
    )
    assert broadcasting > 1.1 * other


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("channel", ["mall", "search", "store"])
def test_shelves_take_planned_demand(channel: str, seed: int) -> None:
    def share_of_even(at: Run) -> float:
        sold = at.tables["merchants"]["taobao"].to_numpy()
        return float(sold[::2].sum() / sold.sum())

    on_shelves, in_feed = _halves(channel, "short_video", seed), _halves("short_video", channel, seed)
    assert share_of_even(on_shelves) > share_of_even(in_feed) + 0.03


@pytest.mark.parametrize("seed", SEEDS)
def test_effort_stays_without_learning(seed: int) -> None:
    seen: list[np.ndarray] = []
    for learning in (False, True):
        chosen = settings((*FIXED, ("seed", seed), ("mechanisms.merchant_learning", learning)))
        at = Run(chosen, lambda market: seen.append(market.trade.table.effort.copy()))
        seen.append(at.market.trade.table.effort)
    np.testing.assert_array_equal(seen[0], seen[1])
    assert np.abs(seen[3] - seen[1]).sum(axis=(1, 2)).mean() > 0.05  # learning has already begun while settling in


@pytest.mark.parametrize("seed", SEEDS)
def test_tested_good_product_gains_share_of_its_merchant(seed: int) -> None:
    """Products of the first day, that have the same number and appeal with and without scaling."""
    chosen, shares = run(seed, BUSY).market.settings, []
    first_day = chosen.population.merchants * chosen.merchants.products.at_start
    products = run(seed, BUSY).tables["products"]
    scaled = products[(products["scaled"] == 1) & (products["product"] < first_day)]["product"]
    for at in (run(seed, BUSY), run(seed, (*BUSY, ("mechanisms.product_scaling", False)))):
        table = at.tables["products"].set_index("product")
        share = table["gmv"] / table.groupby("merchant")["gmv"].transform("sum")
        shares.append(share.reindex(scaled).dropna())
    with_scaling, without = (share.loc[shares[0].index.intersection(shares[1].index)] for share in shares)
    assert len(with_scaling) >= 20
    assert with_scaling.mean() > 1.1 * without.mean()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("platform", CONTENT)
def test_fans_convert_better_than_strangers(platform: str, seed: int) -> None:
    at = run(seed, until("2019-03-31"))
    p = ALL.index(platform)
    active, bought, fan = at.minutes[:, p] > 0, at.bought[:, p], at.fan[:, p]
    assert bought[active & fan].mean() > 2 * bought[active & ~fan].mean()
