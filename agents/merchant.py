"""Merchants: sizes, shops, effort, fans and products as columns, and the Mesa agent that views one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import mesa
import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.axes import Axes, empty
from secondhalf.agents.products import ProductTable
from secondhalf.conf.schema.population import MerchantSettings
from secondhalf.conf.schema.vocabulary import CHANNELS


@dataclass
class MerchantTable:
    """All merchants, M slots; a slot left by a merchant that closed is taken by a newcomer with a new number."""

    kind_names: list[str]
    number: Annotated[NDArray[np.int64], Axes("M")]
    kind: Annotated[NDArray[np.int8], Axes("M")]
    category: Annotated[NDArray[np.int16], Axes("M")]
    weight: Annotated[NDArray[np.float64], Axes("M")]  # real merchants that this one stands for
    size: Annotated[NDArray[np.float64], Axes("M")]  # Pareto size of one of them
    quality: Annotated[NDArray[np.float64], Axes("M")]
    fit: Annotated[NDArray[np.float32], Axes("MC")]  # success of the merchant's kind in each channel
    shop: Annotated[NDArray[np.bool_], Axes("MP")]
    barred: Annotated[NDArray[np.bool_], Axes("MP")]  # shops that exclusivity forbids
    effort: Annotated[NDArray[np.float32], Axes("MPC")]  # shares, adding up to one over open cells
    attraction: Annotated[NDArray[np.float32], Axes("MPC")]
    fans: Annotated[NDArray[np.float64], Axes("MP")]  # people
    gmv: Annotated[NDArray[np.float64], Axes("MP")]  # RMB since the start
    week_gmv: Annotated[NDArray[np.float64], Axes("MP")]  # RMB since the last revision
    weeks_lost: Annotated[NDArray[np.int16], Axes("MP")]  # weeks of loss in a row
    products: ProductTable
    experience: float = 1.0
    next_number: int = 0

    @property
    def strength(self) -> NDArray[np.float64]:
        """Size of the bundle times quality, [M], before its catalogue."""
        return self.weight * self.size * self.quality


def pareto_bundles(
    merchants: int, real: int, exponent: float, head_share: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights and mean sizes of `merchants` bundles of `real` merchants with Pareto sizes.

    Size of rank r is ``(real / r) ** (1 / exponent)``. The head stands one to one, the tail in bundles that grow
    geometrically; weights add up to `real`.

    Returns
    -------
    two float64 [merchants]
        weights, mean sizes
    """
    if real <= merchants or merchants == 1:
        ranks = (np.arange(merchants) + 0.5) * real / merchants
        return np.full(merchants, real / merchants), np.asarray((real / ranks) ** (1 / exponent))
    head = min(max(round(head_share * merchants), 1), merchants - 1)
    edges = np.geomspace(head, real, merchants - head + 1)
    weight = np.concatenate([np.ones(head), np.diff(edges)])
    power = 1 - 1 / exponent
    mass = np.diff(np.log(edges)) if abs(power) < 1e-12 else np.diff(edges**power) / power
    tail = real ** (1 / exponent) * mass / np.diff(edges)
    size = np.concatenate([(real / (np.arange(head) + 1.0)) ** (1 / exponent), tail])
    return weight, np.asarray(size)


def merchant_table(
    settings: MerchantSettings,
    merchants: int,
    shop_shares: Sequence[float],
    uniforms: NDArray[np.float64],
    shop_uniforms: NDArray[np.float64],
) -> MerchantTable:
    """Merchants as they stand before the first day, without products.

    Parameters
    ----------
    shop_shares
        share of merchants with a shop on each platform; a merchant left without any gets one on the likeliest
    uniforms, shop_uniforms
        uniform numbers [M, 3] for kind, category and quality, [M, P] for shops
    """
    platforms = len(shop_shares)
    weight, size = pareto_bundles(merchants, settings.real_count, settings.pareto_exponent, settings.head_share)
    names = list(settings.kinds)
    kinds = list(settings.kinds.values())
    kind = np.minimum(np.searchsorted(np.cumsum([k.share for k in kinds]), uniforms[:, 0]), len(kinds) - 1)
    fit = np.array([[k.fit.get(channel, 1.0) for channel in CHANNELS] for k in kinds], np.float32)
    quality = np.array([k.quality for k in kinds])[kind] * (0.5 + uniforms[:, 2])
    shares = np.asarray(shop_shares)
    shop = shop_uniforms < shares
    # Among equally likely platforms the draw decides, so that the order in which they are listed does not.
    likeliest = np.where(shares == shares.max(), shop_uniforms, np.inf).argmin(axis=1)
    without = ~shop.any(axis=1)
    shop[without, likeliest[without]] = True
    cells = (merchants, platforms, len(CHANNELS))
    effort = np.broadcast_to(shop[:, :, None], cells).astype(np.float32)
    effort /= effort.sum(axis=(1, 2), keepdims=True)
    given: dict[str, Any] = {
        "number": np.arange(merchants, dtype=np.int64),
        "kind": kind.astype(np.int8),
        "category": (uniforms[:, 1] * settings.categories).astype(np.int16),
        "weight": weight,
        "size": size,
        "quality": quality,
        "fit": fit[kind],
        "shop": shop,
        "effort": effort,
        "products": ProductTable.empty(merchants, settings.products.slots),
    }
    nothing = empty(MerchantTable, M=merchants, P=platforms, C=len(CHANNELS))
    return MerchantTable(kind_names=names, next_number=merchants, **nothing | given)


class Merchant(mesa.Agent):
    """A merchant: a view on one slot of the table."""

    def __init__(self, model: mesa.Model, table: MerchantTable, slot: int) -> None:
        super().__init__(model)
        self._table = table
        self.slot = slot

    @property
    def number(self) -> int:
        """Number of the merchant that holds the slot now."""
        return int(self._table.number[self.slot])

    @property
    def kind(self) -> str:
        """Brand, shop or factory."""
        return self._table.kind_names[int(self._table.kind[self.slot])]

    @property
    def gmv(self) -> float:
        """RMB sold since the start."""
        return float(self._table.gmv[self.slot].sum())

    @property
    def effort(self) -> NDArray[np.float32]:
        """Shares of effort, [platform, channel]."""
        return np.asarray(self._table.effort[self.slot])

    @property
    def shops(self) -> NDArray[np.bool_]:
        """Where the merchant has a shop, [platform]."""
        return np.asarray(self._table.shop[self.slot])

    @property
    def fans(self) -> NDArray[np.float64]:
        """People who are fans, [platform]."""
        return np.asarray(self._table.fans[self.slot])
