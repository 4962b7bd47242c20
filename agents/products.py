"""Products of merchants: launched, tested by short video, the best of them scaled.

Each merchant has a few product slots. A new product's appeal is unknown; showing it in short videos accumulates
exposure, and with enough of it the merchant reads a noisy signal of the appeal. The tested products with the best
signals are scaled: they get the merchant's weight in what is shown and bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.axes import Axes, empty
from secondhalf.numba_cache import compile_cached

EMPTY = -1


@dataclass
class ProductTable:
    """Product slots of all merchants, [merchant, slot]; `number` is EMPTY where there is none."""

    number: Annotated[NDArray[np.int64], Axes("MS", EMPTY)]
    launched: Annotated[NDArray[np.int32], Axes("MS")]
    appeal: Annotated[NDArray[np.float32], Axes("MS")]
    exposure: Annotated[NDArray[np.float32], Axes("MS")]
    signal: Annotated[NDArray[np.float32], Axes("MS")]
    tested: Annotated[NDArray[np.bool_], Axes("MS")]
    scaled: Annotated[NDArray[np.bool_], Axes("MS")]
    ever_scaled: Annotated[NDArray[np.bool_], Axes("MS")]
    gmv: Annotated[NDArray[np.float64], Axes("MS")]
    next_number: int = 0

    @classmethod
    def empty(cls, merchants: int, slots: int) -> ProductTable:
        """A table without products."""
        return cls(**empty(cls, M=merchants, S=slots))

    @property
    def on_sale(self) -> NDArray[np.bool_]:
        """Which slots hold a product."""
        return np.asarray(self.number != EMPTY)

    def count(self) -> NDArray[np.float32]:
        """Products on sale by merchant, [M]."""
        return np.asarray(np.ascontiguousarray(self.on_sale.T).sum(axis=0, dtype=np.float32))  # along the long axis

    def launch(
        self, merchants: NDArray[np.intp], slot: NDArray[np.intp], day: int, appeal: NDArray[np.float32]
    ) -> None:
        """Put new products into slots, one for each entry of `merchants`; what was there must be archived first."""
        at = (merchants, slot)
        self.number[at] = self.next_number + np.arange(merchants.size)
        self.next_number += merchants.size
        self.launched[at] = day
        self.appeal[at] = appeal
        for column in (self.exposure, self.signal, self.tested, self.scaled, self.ever_scaled, self.gmv):
            column[at] = 0

    def slot_for_new(self, merchants: NDArray[np.intp]) -> NDArray[np.intp]:
        """An empty slot of each merchant, else the unscaled product of least signal, untested ones last."""
        rank = np.where(self.tested[merchants], self.signal[merchants], np.float32(1e3))
        rank = np.where(self.scaled[merchants], np.float32(1e6), rank)
        return np.asarray(np.argmin(np.where(self.on_sale[merchants], rank, -np.inf), axis=1))

    def expose(self, shown: NDArray[np.float64], needed: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """A week of short videos: `shown` is each merchant's short-video effort [M], spread over untested products.

        A product is tested once its exposure reaches `needed`; returns merchants and slots of those that are.
        """
        done = np.zeros(self.number.shape, np.bool_)
        _expose(self.number, self.tested, self.exposure, shown, np.float32(needed), done)
        merchants, slots = np.nonzero(done)
        return merchants, slots

    def test(
        self,
        merchants: NDArray[np.intp],
        slots: NDArray[np.intp],
        noise: float,
        normals: NDArray[np.float64],
    ) -> None:
        """Read the signals of products whose exposure is enough, with a standard normal number for each."""
        at = (merchants, slots)
        self.signal[at] = self.appeal[at] + (noise * normals).astype(np.float32)
        self.tested[at] = True

    def scale(self, most: int) -> None:
        """Scale each merchant's best tested products, at most `most`; a product below the average appeal is not."""
        if most == 0:
            self.scaled[:] = False
            return
        _scale(self.number, self.tested, self.signal, most, self.scaled)
        self.ever_scaled |= self.scaled

    def shares(self, boost: float) -> NDArray[np.float64]:
        """Each product's share of its merchant's sales, [M, slots]; merchants without products have none."""
        weight = np.where(self.on_sale, np.exp(self.appeal.astype(np.float64) + boost * self.scaled), 0.0)
        total = weight.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(weight, np.where(total > 0, total, 1.0), out=weight))

    def catalogue(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Quality of what a merchant shows: mean appeal (levels) by share of sales, [M]."""
        return np.asarray((shares * np.exp(self.appeal.astype(np.float64))).sum(axis=1))


@compile_cached(nogil=True, error_model="numpy")
def _expose(
    number: NDArray[np.int64],
    tested: NDArray[np.bool_],
    exposure: NDArray[np.float32],
    shown: NDArray[np.float64],
    needed: np.float32,
    done: NDArray[np.bool_],
) -> None:
    """Spread what is `shown` [M] over untested products, [M, S], and mark which of them have enough."""
    merchants, slots = number.shape
    for m in range(merchants):
        waiting = 0
        for s in range(slots):
            waiting += number[m, s] != EMPTY and not tested[m, s]
        share = np.float32(shown[m] / max(waiting, 1))
        for s in range(slots):
            if number[m, s] != EMPTY and not tested[m, s]:
                exposure[m, s] += share
                done[m, s] = exposure[m, s] >= needed


@compile_cached(nogil=True, error_model="numpy")
def _scale(
    number: NDArray[np.int64],
    tested: NDArray[np.bool_],
    signal: NDArray[np.float32],
    most: int,
    scaled: NDArray[np.bool_],
) -> None:
    """Mark each merchant's tested products on sale with a signal above zero that fewer than `most` others exceed."""
    merchants, slots = number.shape
    for m in range(merchants):
        for s in range(slots):
            own = signal[m, s]
            chosen = number[m, s] != EMPTY and tested[m, s] and own > 0
            if chosen:
                above = 0
                for other in range(slots):
                    above += number[m, other] != EMPTY and tested[m, other] and signal[m, other] > own
                chosen = above < most
            scaled[m, s] = chosen
