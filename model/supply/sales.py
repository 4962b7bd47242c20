"""Sales of merchants: contests for the traffic of each cell, shares of sales, fans, returns on effort.

A *cell* is a platform x channel. Within a cell merchants share planned demand by a Tullock contest with weights
``strength * fit * (effort + floor) ** exponent``; sales planted elsewhere go in part (`attribution`) to those who
planted them; repeat sales go by fans and the reach of the shop's own broadcasts. Demand waits in ledgers and is handed
to merchants by `settle`.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.axes import Axes, empty
from secondhalf.agents.merchant import MerchantTable
from secondhalf.conf.schema.platforms import ChannelSettings
from secondhalf.conf.schema.population import MerchantSettings
from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.model.shapes import FEED, SHELF, Shops
from secondhalf.model.supply import contest, ledgers

Array = NDArray[np.float64]
BROADCAST_EXPONENT = 0.5
HOMING_EFFORT = 0.05
"""Share of a merchant's effort from which a platform counts as one of its homes."""


def category_demand(categories: int, exponent: float) -> Array:
    """Share of demand of each category, [K]: ``1 / rank ** exponent``, adding up to one."""
    weight = 1.0 / np.arange(1, categories + 1) ** exponent
    return np.asarray(weight / weight.sum())


def share_per_weight(weight: Array, category: NDArray[np.integer], demand: Array) -> Array:
    """Share of a cell's demand that one unit of contest weight wins, by category and cell, [K, P, C].

    Parameters
    ----------
    weight
        contest weights, [M, P, C] (Tullock: a merchant's share is its weight over its rivals' and its own)
    category
        of each merchant, [M]
    demand
        share of each category, [K]; categories that nobody serves in a cell leave theirs to the others
    """
    total = contest.totals(weight, category, demand.size)
    served = demand[:, None, None] * (total > 0)
    within = served.sum(axis=0)
    share = np.divide(served, within, out=np.zeros_like(total), where=within > 0)
    return np.asarray(np.divide(share, total, out=np.zeros_like(total), where=total > 0))


class DaySales(NamedTuple):
    """Sales of a day in real units."""

    gmv: Array  # [4, P + 1, P] RMB by kind of need, origin (last row: planted nowhere), platform
    cells: Array  # [4, P, C] RMB by kind of need, platform, channel
    cell_gmv: Array  # [P, C] RMB
    cell_orders: Array  # [P, C] orders


class Trade:
    """Merchants' side of one market."""

    weight: Annotated[Array, Axes("MPC")]  # contest weight of each merchant in each cell
    strength: Annotated[Array, Axes("M")]  # of the merchant with its catalogue
    product_shares: Annotated[Array, Axes("MS")]  # share of each product in its merchant's sales
    open_cells: Annotated[NDArray[np.bool_], Axes("PC")]  # cells that the platforms' capabilities open
    package: Annotated[Array, Axes("P")]  # traffic resource package of a festival
    favour: Annotated[
        Array | None, Axes("MP", 1)
    ]  # factor on weights in search; None where no platform prefers its own
    supply: Annotated[Array, Axes("PC")]  # effort in each cell relative to all effort, weighted by merchants' size
    in_feed: Annotated[Array, Axes("P")]  # of it, in the channels of the feed
    planting: Annotated[Array, Axes("P")]  # of that, the part in channels that seed
    has_shop: Annotated[NDArray[np.bool_], Axes("P")]  # platforms with at least one shop
    per_weight: Annotated[Array, Axes("GPC")]  # share of a cell's direct demand that a unit of weight wins, by category
    reach: Annotated[Array, Axes("MP")]  # factor on fans' orders from the shop's own broadcasts
    buyer_shares: Annotated[Array, Axes("MP")]  # share of each platform's orders by merchant
    pending_direct: Annotated[Array, Axes("PC")]  # GMV by cell that waits for `settle`, RMB
    pending_seeded: Annotated[Array, Axes("PP")]  # the same by origin and place
    pending_repeat: Annotated[Array, Axes("P")]  # the same by place
    week_direct: Annotated[Array, Axes("PC")]  # by cell since the last revision, handed out or not, RMB
    week_seeded: Annotated[Array, Axes("PP")]  # the same by origin and place
    last_week_gmv: Annotated[Array, Axes("MP")]  # sales in the week before the last revision, RMB
    category_demand: Annotated[Array, Axes("G")]  # share of demand of each category
    multi_homing: float  # share of real merchants with two homes or more
    real_shops: float  # shops of real merchants at the last `refresh`
    stale: bool  # whether shops have changed since the last `refresh`, beside the week's revision

    def __init__(self, table: MerchantTable, settings: MerchantSettings, channels: dict[str, ChannelSettings]) -> None:
        self.table, self.settings = table, settings
        merchants, platforms, cells = table.effort.shape
        sizes = {"M": merchants, "P": platforms, "C": cells, "G": settings.categories, "S": settings.products.slots}
        vars(self).update(empty(Trade, **sizes))
        self.seeds = np.array([channels[name].seeds for name in CHANNELS])
        self.feed = np.array([channels[name].feed for name in CHANNELS])
        self.group = np.where(self.feed, FEED, SHELF)
        self.category_demand = category_demand(settings.categories, settings.category_exponent)
        self.favour = None
        self.refresh(np.ones(platforms), np.ones((platforms, cells), bool), self.package)

    def refresh(self, live: Array, open_cells: NDArray[np.bool_], package: Array) -> None:
        """Work out contest weights, supply, reach and shares of products from effort and products as they stand.

        Parameters
        ----------
        live
            presence of live rooms on each platform, [P]
        open_cells
            cells that the platforms' capabilities open, [P, C]
        package
            traffic resource package of a festival, [P]: each merchant spends it on its best cell of the platform
        """
        table, settings = self.table, self.settings
        self.open_cells, self.package, self.stale = open_cells, package, False
        self.product_shares = table.products.shares(settings.products.scaled_boost)
        self.strength = table.strength * table.products.catalogue(self.product_shares)
        self.weight = contest.weights(
            self.strength,
            table.fit,
            (table.effort + settings.effort_floor) ** settings.contest_exponent,
            table.shop,
            open_cells,
            self.favoured,
        )
        effort = table.effort.astype(np.float64)
        by_platform = contest.sums(effort, np.ones(self.seeds.size))
        if package.any():
            best = (np.arange(effort.shape[2]) == effort.argmax(axis=2)[:, :, None]) & table.shop[:, :, None]
            factor = 1 + best * package[:, None]
            self.weight *= factor
            effort = effort * factor
        self.per_weight = share_per_weight(self.weight, table.category, self.category_demand)
        # Copies platform by platform: NumPy is eight times as fast along the long axis.
        homes = np.ascontiguousarray((by_platform >= HOMING_EFFORT).T).sum(axis=0, dtype=np.int8) >= 2
        self.multi_homing = float(np.average(homes, weights=table.weight))
        mass = table.weight * table.size
        self.supply = np.einsum("m,mpc->pc", mass / mass.sum(), effort)
        self.in_feed = self.supply[:, self.feed].sum(axis=1)
        seeding = self.supply[:, self.feed & self.seeds].sum(axis=1)
        self.planting = np.divide(seeding, self.in_feed, out=np.zeros_like(seeding), where=self.in_feed > 0)
        self.find_shops()
        self.real_shops = float(np.einsum("m,mp->", table.weight, table.shop))
        broadcast = table.effort[:, :, contest.LIVE_STORE].astype(np.float64) ** BROADCAST_EXPONENT
        self.reach = 1 + settings.broadcast_gain * live * broadcast

    def find_shops(self) -> None:
        """Work out `has_shop`; called after every change of shops."""
        self.has_shop = np.array([shops.any() for shops in self.table.shop.T])  # each ends at its first shop

    @property
    def favoured(self) -> Array:
        """`favour`, or what stands for it in compiled loops."""
        return contest.NO_FAVOUR if self.favour is None else self.favour

    def selling_load(self, most: Array) -> Array:
        """Share of each platform's feed that sells, [P]: its lever, where any merchant sells there.

        `most` is `Platform.load` of each platform, [P].
        """
        return np.asarray(most * (self.in_feed > 0))

    def planting_load(self, load: Array) -> Array:
        """The part of the selling load that plants interest, [P]: by effort in the channels that seed."""
        return np.asarray(load * self.planting)

    def shops(self) -> Shops:
        """What users meet this week."""
        products = self.table.products.count()
        shares = self._buyer_shares()
        return Shops(
            reach=np.ascontiguousarray(self.reach.T, np.float32),
            products=products,
            buyers_cdf=contest.cumulated(shares),
        )

    def _buyer_shares(self) -> Array:
        """Share of each platform's orders by merchant, [M, P]: last week's sales, else contest weights."""
        sales = self.last_week_gmv * self.table.shop
        sold = contest.column_sums(sales) > 0
        basis = sales if sold.all() else np.where(sold, sales, self.weight_by_platform())
        total = contest.column_sums(basis)
        shares: Array = basis / np.where(total > 0, total, 1.0)
        self.buyer_shares = shares
        return shares

    def book(self, spending: Array, orders: Array, channel_share: Array) -> DaySales:
        """Take in a day's GMV and return it in all divisions.

        Parameters
        ----------
        spending, orders
            RMB by kind of need, origin (last row: planted nowhere), platform and group of channels, [4, P + 1, P, 2];
            orders by the same without groups, [4, P + 1, P]
        channel_share
            share of each channel in its group by kind of need and platform, [4, P, C]
        """
        direct, repeat = np.empty(self.pending_direct.shape), np.empty(self.pending_repeat.shape)
        seeded = np.empty(self.pending_seeded.shape)
        found = DaySales(
            np.empty(orders.shape), np.empty(channel_share.shape), np.empty(direct.shape), np.zeros(direct.shape)
        )
        credited = self.settings.attribution
        ledgers.enter(spending, orders, channel_share, self.group, credited, *found, direct, seeded, repeat)
        for total, part in (
            (self.pending_direct, direct),
            (self.week_direct, direct),
            (self.pending_seeded, seeded),
            (self.week_seeded, seeded),
            (self.pending_repeat, repeat),
        ):
            total += part
        return found

    def update_fans(self, gained: Array, lost: Array) -> None:
        """Hand the day's new fans (people, [P]) to merchants by their share of orders, and take lost ones pro rata."""
        ledgers.renew_fans(self.table.fans, self.buyer_shares, gained, lost)

    def pending(self) -> Array:
        """GMV not yet handed to merchants, [P]."""
        return np.asarray(self.pending_direct.sum(axis=1) + self.pending_seeded.sum(axis=0) + self.pending_repeat)

    def settle(self) -> None:
        """Hand all pending GMV to merchants and their products; nothing is lost or made."""
        sold = self._sales()
        table = self.table
        contest.hand_out(sold, table.gmv, table.week_gmv, table.products.gmv, self.product_shares)
        self.pending_direct[:] = 0.0
        self.pending_seeded[:] = 0.0
        self.pending_repeat[:] = 0.0

    def _sales(self) -> Array:
        """Pending GMV by merchant and platform, [M, P]."""
        table = self.table
        sold, in_cells, of_seeds, of_fans = contest.sales(
            self.weight,
            self.per_weight * self.pending_direct,
            table.category,
            self.seeding_weight(),
            self.pending_seeded,
            table.fans * self.reach,
            self.pending_repeat,
            table.shop,
        )
        # Demand that no merchant serves (it closed within the week) goes to the platform's other cells.
        homeless = np.where(in_cells > 0, 0.0, self.pending_direct).sum(axis=1)
        for total, amount in zip(of_seeds, self.pending_seeded, strict=True):
            homeless += np.where(total > 0, 0.0, amount)
        homeless += np.where(of_fans > 0, 0.0, self.pending_repeat)
        if homeless.any():
            basis = self.weight_by_platform() + table.shop * 1e-300
            sold += basis / basis.sum(axis=0).clip(1e-300) * homeless
        return np.asarray(sold)

    def seeding_weight(self) -> Array:
        """Weight of each merchant in what is planted on each platform, [M, P]."""
        return contest.sums(self.weight, self.seeds.astype(np.float64))

    def weight_by_platform(self) -> Array:
        """Weight of each merchant on each platform, [M, P]."""
        return contest.sums(self.weight, np.ones(self.seeds.size))

    def cell_value(self) -> Array:
        """RMB of last week's direct demand that one unit of contest weight won, by category, [K, P, C]."""
        return np.asarray(self.per_weight * self.week_direct)

    def start_week(self) -> None:
        """Keep last week's sales, clear the week's ledgers."""
        self.last_week_gmv[:] = self.table.week_gmv
        self.table.week_gmv[:] = 0.0
        self.week_direct[:] = 0.0
        self.week_seeded[:] = 0.0
