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
from secondhalf.model.random_streams import Decision, key, name_id, uniforms
from secondhalf.model.supply import effort_returns
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
        possible = (table.shop[:, :, None] & self.trade.open_cells).reshape(shape)
        cells = table.attraction.reshape(shape), table.effort.reshape(shape), returns, possible
        if rule.effort == "logit":
            logit_update(*cells, rule.ewa_lambda)
        else:
            ewa = EwaRule(rule.ewa_phi, rule.ewa_delta, rule.ewa_kappa, rule.ewa_lambda)
            table.experience = ewa_update(*cells, table.experience, ewa)

    def _work_on_products(self, day: int) -> None:
        table, rule = self.table, self.settings.products
        shape = table.products.number.shape
        if self.mechanisms.product_testing:
            open_feed = self.trade.open_cells[:, SHORT_VIDEO]
            shown = (table.effort[:, :, SHORT_VIDEO] * open_feed).sum(axis=1, dtype=np.float64)
            normals = ndtri(uniforms(key(self.seed, Decision.PRODUCT_TEST, day), shape[0] * shape[1])).reshape(shape)
            table.products.test(shown, rule.test_exposure, rule.test_noise, normals)
        table.products.scale(rule.max_scaled if self.mechanisms.product_scaling else 0)
        rate = self.launches_per_week[table.kind]
        launching = np.flatnonzero(uniforms(key(self.seed, Decision.PRODUCT, day), shape[0]) < -np.expm1(-rate))
        if launching.size:
            self._launch(launching, table.products.slot_for_new(launching), day, draw=day + 1000)

    def _launch(self, merchants: NDArray[np.intp], slots: NDArray[np.intp], day: int, draw: int) -> None:
        products = self.table.products
        replaced = products.on_sale[merchants, slots]
        if replaced.any():
            self._archive_products(merchants[replaced], slots[replaced])
        marks = uniforms(key(self.seed, Decision.PRODUCT, draw, who=1), self.table.number.size)[merchants]
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
        earned = table.week_gmv * rule.margin * (1 - take_rate)
        cost = rule.shop_cost * table.weight[:, None]
        lost = table.shop & (earned < cost)
        table.weeks_lost[:] = np.where(lost, table.weeks_lost + 1, 0)
        closing = (table.weeks_lost >= rule.patience_weeks) & self.mechanisms.shop_exit
        opening = self._profitable(take_rate, cost) & self._considering(day)
        if closing.any() or opening.any():
            self.change_shops(closing, opening & ~closing)
        gone = np.flatnonzero(~table.shop.any(axis=1))
        if gone.size:
            self._replace(gone, day)
            self._move_fans()

    def _profitable(self, take_rate: NDArray[np.float64], cost: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Shops not yet open, [M, P], whose first week would pay at the effort in each cell that a new one has."""
        trade, table, rule = self.trade, self.table, self.settings
        value = trade.cell_value().sum(axis=2)[table.category]
        effort = ENTRY_EFFORT / len(CHANNELS) + rule.effort_floor
        expected = trade.strength[:, None] * value * effort**rule.contest_exponent
        pays = expected * rule.margin * (1 - take_rate) > cost
        return np.asarray(pays & ~table.shop & ~table.barred)

    def _considering(self, day: int) -> NDArray[np.bool_]:
        """Which merchants consider opening a shop on which platform today, [M, P]."""
        chance = -np.expm1(-self.settings.entry_hazard)
        merchants = self.table.number.size
        return np.stack(
            [
                uniforms(key(self.seed, Decision.SHOP_ENTRY, day, name_id(name)), merchants) < chance
                for name in self.platforms
            ],
            axis=1,
        )

    def change_shops(self, closing: NDArray[np.bool_], opening: NDArray[np.bool_]) -> None:
        """Close and open shops, [M, P]; their effort and fans pass to the others."""
        table = self.table
        table.shop[closing] = False
        table.shop[opening] = True
        table.weeks_lost[closing | opening] = 0
        table.attraction[closing] = 0.0
        table.attraction[opening] = 1.0
        table.effort[closing] = 0.0
        touched = opening.any(axis=1)
        table.effort[opening] = ENTRY_EFFORT / len(CHANNELS)
        total = table.effort.sum(axis=(1, 2))
        rescale = (touched | closing.any(axis=1)) & (total > 0)
        table.effort[rescale] /= total[rescale, None, None]
        self._move_fans()

    def _move_fans(self) -> None:
        """Fans of closed shops pass to the platform's other shops, or wait for one, so that fans match users' ties."""
        table = self.table
        held = np.where(table.shop, table.fans, 0.0)
        by_weight = self.trade.weight_by_platform() * table.shop
        basis = np.where(by_weight.sum(axis=0) > 0, by_weight, table.shop)
        basis = np.where(held.sum(axis=0) > 0, held, basis)
        norm = basis.sum(axis=0)
        share = np.divide(basis, norm, out=np.zeros_like(held), where=norm > 0)
        orphans = (table.fans - held).sum(axis=0)
        table.fans[:] = np.where(norm > 0, held + share * orphans, table.fans)

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
        draw = uniforms(key(self.seed, Decision.SHOP, day, who=2), table.number.size)[gone]
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
