"""Weekly revision by merchants (stage 3): effort, products launched, tested and scaled, shops opened and closed."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from secondhalf.agents.axes import Axes
from secondhalf.agents.effort import ewa_update, logit_update, relative_returns
from secondhalf.agents.learning import EwaRule
from secondhalf.agents.merchant import MerchantTable
from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.model.random_streams import Decision, key, name_id, uniforms, uniforms_of
from secondhalf.model.supply import effort_returns, shop_loops
from secondhalf.model.supply.sales import Trade

SHORT_VIDEO = CHANNELS.index("short_video")
WEEKS_A_YEAR = 52.0
ENTRY_EFFORT = 0.05
"""Effort with which a merchant reckons when it weighs opening a shop."""

Closed = list[dict[str, NDArray[np.generic]]]


class MerchantWeek:
    """The weekly decisions of all merchants.

    `closed_products` and `closed_merchants` archive what left the tables, so that nothing is missing from the books.
    """

    closed_products: Closed
    closed_merchants: Annotated[Closed, Axes("-P")]

    def __init__(self, settings: MarketSettings, table: MerchantTable, trade: Trade) -> None:
        self.seed, self.settings = settings.seed, settings.merchants
        self.table, self.trade = table, trade
        self.platforms = settings.platforms
        self.mechanisms = settings.mechanisms
        self.closed_products = []
        self.closed_merchants = []
        kinds = list(self.settings.kinds.values())
        self.launches_per_week = np.array([k.launches_per_year for k in kinds]) / WEEKS_A_YEAR
        for slot in range(self.settings.products.at_start):
            everybody = np.arange(table.number.size)
            self._launch(everybody, np.full(everybody.size, slot), 0, draw=slot)

    def revise(self, day: int, take_rate: NDArray[np.float64], live: NDArray[np.float64]) -> None:
        """One week's decisions, on what last week brought. `take_rate` and `live` (presence of live rooms) are [P]."""
        if self.mechanisms.merchant_learning:
            self._divide_effort(take_rate, live)
        self._work_on_products(day)
        self._open_and_close(day, take_rate)
        self.trade.start_week()

    def _divide_effort(self, take_rate: NDArray[np.float64], live: NDArray[np.float64]) -> None:
        table, rule = self.table, self.settings
        shape = (table.number.size, -1)
        returns = effort_returns.returns(self.trade, take_rate, live).reshape(shape)
        relative_returns(returns, table.effort.reshape(shape))
        open_cells = self.trade.open_cells
        possible = np.repeat(table.shop, open_cells.shape[1], axis=1) & open_cells.ravel()
        cells = table.attraction.reshape(shape), table.effort.reshape(shape), returns, possible
        if rule.effort == "logit":
            logit_update(*cells, rule.ewa_lambda)
        else:
            ewa = EwaRule(rule.ewa_phi, rule.ewa_delta, rule.ewa_kappa, rule.ewa_lambda)
            table.experience = ewa_update(*cells, table.experience, ewa)

    def _work_on_products(self, day: int) -> None:
        table, rule = self.table, self.settings.products
        if self.mechanisms.product_testing:
            shown = np.zeros(table.number.size)
            for p in np.flatnonzero(self.trade.open_cells[:, SHORT_VIDEO]):
                shown += table.effort[:, p, SHORT_VIDEO]
            merchants, slots = table.products.expose(shown, rule.test_exposure)
            draws = uniforms_of(key(self.seed, Decision.PRODUCT_TEST, day), merchants * rule.slots + slots)
            table.products.test(merchants, slots, rule.test_noise, ndtri(draws))
        table.products.scale(rule.max_scaled if self.mechanisms.product_scaling else 0)
        rate = self.launches_per_week[table.kind]
        launching = np.flatnonzero(uniforms(key(self.seed, Decision.PRODUCT, day), rate.size) < -np.expm1(-rate))
        if launching.size:
            self._launch(launching, table.products.slot_for_new(launching), day, draw=day + 1000)

    def _launch(self, merchants: NDArray[np.intp], slots: NDArray[np.intp], day: int, draw: int) -> None:
        products = self.table.products
        replaced = products.on_sale[merchants, slots]
        if replaced.any():
            self._archive_products(merchants[replaced], slots[replaced])
        marks = uniforms_of(key(self.seed, Decision.PRODUCT, draw, who=1), merchants)
        products.launch(merchants, slots, day, (self.settings.products.appeal_sd * ndtri(marks)).astype(np.float32))

    def _archive_products(self, merchants: NDArray[np.intp], slots: NDArray[np.intp]) -> None:
        products, at = self.table.products, (merchants, slots)
        self.closed_products.append(
            {
                "product": products.number[at],
                "merchant": self.table.number[merchants],
                "launched": products.launched[at],
                "gmv": products.gmv[at],
                "tested": products.tested[at],
                "scaled": products.ever_scaled[at],
            }
        )
        products.number[at] = -1

    def _open_and_close(self, day: int, take_rate: NDArray[np.float64]) -> None:
        table, rule = self.table, self.settings
        effort = ENTRY_EFFORT / len(CHANNELS) + rule.effort_floor  # in each cell of a new shop
        closing, paying = shop_loops.review(
            table.weeks_lost,
            table.shop,
            table.barred,
            table.week_gmv,
            table.weight,
            self.trade.strength,
            table.category,
            self.trade.cell_value().sum(axis=2),
            effort**rule.contest_exponent,
            1 - take_rate,
            rule.margin,
            rule.shop_cost,
            rule.patience_weeks,
        )
        closing &= self.mechanisms.shop_exit
        opening = self._considered(paying, day)
        if closing.any() or opening.any():
            self.change_shops(closing, opening & ~closing)
        gone = shop_loops.without_shop(table.shop)
        if gone.size:
            self._replace(gone, day)
            self._move_fans()

    def _considered(self, paying: NDArray[np.bool_], day: int) -> NDArray[np.bool_]:
        """Which of some shops, [M, P], their merchants consider opening today."""
        streams = [key(self.seed, Decision.SHOP_ENTRY, day, name_id(name)) for name in self.platforms]
        merchants, places = np.nonzero(paying)
        draws = uniforms_of(np.array(streams, np.uint64)[places], merchants)
        found = np.zeros_like(paying)
        found[merchants, places] = draws < -np.expm1(-self.settings.entry_hazard)
        return found

    def change_shops(self, closing: NDArray[np.bool_], opening: NDArray[np.bool_]) -> None:
        """Close and open shops, [M, P]; their effort and fans pass to the others."""
        table = self.table
        table.shop[closing] = False
        table.shop[opening] = True
        table.weeks_lost[closing | opening] = 0
        table.attraction[closing] = 0.0
        table.attraction[opening] = 1.0
        table.effort[closing] = 0.0
        table.effort[opening] = ENTRY_EFFORT / len(CHANNELS)
        rows = np.unique(np.nonzero(closing | opening)[0])
        total = table.effort[rows].sum(axis=(1, 2))
        rows, total = rows[total > 0], total[total > 0]
        table.effort[rows] /= total[:, None, None]
        self.trade.find_shops()
        self._move_fans()

    def _move_fans(self) -> None:
        """Fans of closed shops pass to the platform's other shops, or wait for one, so that fans match users' ties."""
        shop_loops.move_fans(self.table.fans, self.table.shop, self.trade.weight)

    def _replace(self, gone: NDArray[np.intp], day: int) -> None:
        """Merchants without a shop leave; newcomers of their size take their slots and open where sales are."""
        table = self.table
        self.closed_merchants.append(self.rows(gone) | {"slot": gone})
        on_sale = np.argwhere(table.products.on_sale[gone])
        self._archive_products(gone[on_sale[:, 0]], on_sale[:, 1])
        table.number[gone] = table.next_number + np.arange(gone.size)
        table.next_number += gone.size
        table.gmv[gone] = 0.0
        table.week_gmv[gone] = 0.0
        draw = uniforms_of(key(self.seed, Decision.SHOP, day, who=2), gone)
        sales = self.trade.week_direct.sum(axis=1)
        share = np.cumsum(sales) / sales.sum() if sales.sum() > 0 else np.linspace(0, 1, sales.size + 1)[1:]
        place = np.minimum(np.searchsorted(share, draw), sales.size - 1)
        table.shop[gone, place] = True
        table.attraction[gone] = 0.0
        table.effort[gone] = 0.0
        table.effort[gone, place] = 1.0 / len(CHANNELS)
        table.weeks_lost[gone] = 0
        table.barred[gone] = False
        for slot in range(self.settings.products.at_start):
            self._launch(gone, np.full(gone.size, slot), day, draw=day + 1_000_000 * (slot + 1))

    def rows(self, slots: NDArray[np.intp]) -> dict[str, NDArray[np.generic]]:
        """Merchants' rows as they stand, for the books."""
        table = self.table
        return {
            "merchant": table.number[slots],
            "kind": table.kind[slots],
            "category": table.category[slots],
            "weight": table.weight[slots],
            "gmv": table.gmv[slots].copy(),
        }
