"""Day book (stage 8): accounts of one day, in which every minute and every RMB is entered once on each side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.shapes import Offer

Array = NDArray[np.float64]
TOLERANCE = 1e-6
"""Relative rounding allowed between two sides of a book (minutes are kept in single precision)."""


UTILITIES = ("leisure", "taste_weight", "tier_value", "bonus")
"""Fields of an offer that enter an exponential."""
LARGEST_UTILITY, LARGEST_AMOUNT = 80.0, 1e30


class BooksError(ArithmeticError):
    """A book that does not balance, or a number that is none: stage, day and platform are in the message."""


@dataclass
class DayBook:
    """One day in real units: people, minutes, RMB. P platforms, C channels."""

    installed: Array  # [P] people
    active: Array  # [P] people who opened it
    monthly: Array  # [P] people who opened it within 30 days
    minutes: Array  # [P]
    shopping_minutes: Array  # [P] minutes of sessions for needs
    online: float  # people
    phone_minutes: float  # all minutes of all people
    multi_homing: float  # people who used two or more platforms within 28 days
    needs: float  # of all people
    needs_met: float  # of them, expected to be met on a platform
    wanted: float  # RMB that all needs want to spend, what walks away among it
    consumer_surplus: float  # RMB: expected gain of all needs over walking away
    orders: Array  # [4, P + 1, P] by kind of need, origin, platform
    gmv: Array  # [4, P + 1, P] RMB
    cells: Array  # [4, P, C] RMB by kind of need, platform, channel
    cell_gmv: Array  # [P, C] RMB of all kinds
    cell_orders: Array  # [P, C] orders of all kinds: those of each kind go with what is spent on it
    net_gmv: Array  # [P, C] RMB paid and not sent back
    monthly_buyers: Array  # [P] people
    annual_buyers: Array  # [P] people
    commission: Array  # [P] RMB
    ad_revenue: Array  # [P] RMB
    subsidies: Array  # [P] RMB, what price cuts cost on what was sold
    cost: Array  # [P] RMB, subsidies among it
    channel_minutes: Array  # [P, C]

    @cached_property
    def platform_gmv(self) -> Array:
        """GMV of each platform, [P]."""
        return np.asarray(self.gmv.sum(axis=(0, 1)))

    @cached_property
    def platform_orders(self) -> Array:
        """Orders of each platform, [P]."""
        return np.asarray(self.orders.sum(axis=(0, 1)))

    @cached_property
    def platform_net_gmv(self) -> Array:
        """GMV paid and not sent back of each platform, [P]."""
        return np.asarray(self.net_gmv.sum(axis=1))

    @cached_property
    def all_minutes(self) -> float:
        """Minutes on all platforms."""
        return float(self.minutes.sum())

    @cached_property
    def profit(self) -> Array:
        """Commission and advertising less cost, [P]."""
        return self.commission + self.ad_revenue - self.cost

    def check(self) -> None:
        """Raise `BooksError` when the two sides of a book differ.

        Cells add up to users' spending; no more needs are met than arise, nor more spent than they want; minutes fit
        into the day; channel minutes add up to minutes.
        """
        _same(self.cells.sum(axis=(0, 2)), self.platform_gmv, "GMV of channels and of users")
        _same(self.channel_minutes.sum(axis=1), self.minutes, "minutes of channels and of users")
        if self.all_minutes > self.phone_minutes * (1 + TOLERANCE):
            raise BooksError(f"minutes on platforms ({self.all_minutes:.6g}) exceed the day ({self.phone_minutes:.6g})")
        if self.needs_met > self.needs * (1 + TOLERANCE):
            raise BooksError(f"more needs are met ({self.needs_met:.6g}) than arise ({self.needs:.6g})")
        if self.platform_gmv.sum() > self.wanted * (1 + TOLERANCE):
            raise BooksError(
                f"GMV ({self.platform_gmv.sum():.6g}) exceeds what needs want to spend ({self.wanted:.6g})"
            )
        if (self.platform_net_gmv > self.platform_gmv * (1 + TOLERANCE)).any():
            raise BooksError("net GMV exceeds GMV")


@dataclass(frozen=True)
class Snapshot:
    """Sales by merchant when a festival began."""

    merchants: NDArray[np.int64]
    merchant_gmv: Array
    products: NDArray[np.int64]
    product_gmv: Array


def _same(left: Array, right: Array, what: str) -> None:
    gap = np.abs(left - right)
    worst = int(gap.argmax())
    if not gap[worst] <= TOLERANCE * max(abs(right[worst]), 1.0):
        raise BooksError(f"{what} differ at platform number {worst}: {left[worst]:.9g} against {right[worst]:.9g}")


def require_finite(names: list[str], values: NDArray[np.floating[Any]]) -> None:
    """Raise `BooksError` naming the platform when one of its values ([P]) is not a finite number >= 0."""
    fine = np.isfinite(values) & (values >= 0)
    if not fine.all():
        worst = int(np.argmin(fine))
        raise BooksError(f"platform {names[worst]}: {values[worst]} is not a finite number >= 0")


def require_usable(names: list[str], offer: Offer) -> None:
    """Raise `BooksError` naming the platform when an entry of today's offer is no number, or overflows in a stage.

    The compiled exponential holds its argument within `LARGEST_UTILITY`, which would hide both.
    """
    of_utility = np.concatenate([getattr(offer, field) for field in UTILITIES], axis=None)
    everything = np.concatenate(offer, axis=None)
    if np.abs(of_utility).max() <= LARGEST_UTILITY and np.abs(everything).max() <= LARGEST_AMOUNT:
        return
    for field in offer._fields:
        largest = LARGEST_UTILITY if field in UTILITIES else LARGEST_AMOUNT
        values = np.asarray(getattr(offer, field)).reshape(-1, len(names))
        fine = np.abs(values) <= largest
        if not fine.all():
            row, worst = np.unravel_index(int(np.argmin(fine)), fine.shape)
            found = values[row, worst]
            raise BooksError(f"platform {names[worst]}: {field}={found:g} is no number within +-{largest:g}")
