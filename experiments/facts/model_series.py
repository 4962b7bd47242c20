"""Series of a run as facts state them: tables become one number over a period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema.vocabulary import PAN_SHELF
from secondhalf.experiments.results.tables import channels, daily, market_days, monthly, overlap
from secondhalf.model.market import Market
from secondhalf.model.observers.record import MONTHLY
from secondhalf.model.observers.reporters import DAILY, MARKET
from secondhalf.model.observers.second_half import phase

COLUMNS: dict[str, tuple[str, ...]] = {
    "daily": tuple(DAILY),
    "market": tuple(MARKET),
    "monthly": MONTHLY,
    "overlap": ("users",),
    "channels": ("gmv", "pan_shelf_gmv"),
}
"""Tables that a number can come from, and their columns."""

Per = Literal["mean", "sum", "last", "ratio", "spend", "among", "window", "growth"]


class Measurable(Protocol):
    """A requested number: how it is measured, and over which period."""

    @property
    def rule(self) -> SeriesRule: ...
    @property
    def start(self) -> dt.date: ...
    @property
    def end(self) -> dt.date: ...


@dataclass(frozen=True)
class SeriesNumbers:
    """Several numbers, to be measured of many runs."""

    all: tuple[Measurable, ...]

    def __len__(self) -> int:
        return len(self.all)

    @property
    def measured_of(self) -> str:
        """What is measured, so that kept results of something else are not taken for it."""
        return repr([(one.rule, one.start, one.end) for one in self.all])

    def measured(self, tables: Mapping[str, pd.DataFrame]) -> NDArray[np.float64]:
        """What a run's tables give, [numbers]."""
        series = {rule: rule.series(tables) for rule in {one.rule for one in self.all}}
        return np.array([series[one.rule].number(one.start, one.end) for one in self.all])


def outputs(market: Market) -> dict[str, pd.DataFrame]:
    """The tables of a run that numbers come from (`indexed`), and `phases`, which has one row, for the market."""
    made = {"daily": daily, "market": market_days, "monthly": monthly, "overlap": overlap, "channels": channels}
    found = indexed({name: table(market) for name, table in made.items()})
    turn = phase(np.array(market.record.flows), market.record.closed, market.calendar.days).day
    found["phases"] = pd.DataFrame({"second_half_days": [np.nan if turn is None else float(turn)]}, index=["market"])
    return found


def a_year_before(date: dt.date) -> dt.date:
    """The same day of the year before; of the 29th of February the 28th."""
    return date.replace(year=date.year - 1, day=28 if (date.month, date.day) == (2, 29) else date.day)


def indexed(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables of a run by date or month, as far as numbers come from them; channels are summed up."""
    found = {name: tables[name] for name in COLUMNS}
    pan_shelf = found["channels"]["gmv"].where(found["channels"]["channel"].isin(PAN_SHELF), 0.0)
    by_channel = found["channels"].assign(pan_shelf_gmv=pan_shelf)
    found["channels"] = by_channel.groupby(["month", "platform"], sort=False, as_index=False)[
        ["gmv", "pan_shelf_gmv"]
    ].sum()
    return {name: table.set_index("date" if "date" in table else "month") for name, table in found.items()}


@dataclass(frozen=True)
class Series:
    """A rule's rows of one run, day by day or month by month."""

    rule: SeriesRule
    labels: NDArray[np.str_]
    """dates or months, in order; those of a rule on several platforms come as often as there are platforms"""
    amount: NDArray[np.float64]
    over: NDArray[np.float64]
    """`over`, or what `amount` is for all platforms"""

    def number(self, start: dt.date, end: dt.date) -> float:
        """The number over a period, both days included; a month counts when any of its days is in the period.

        Not a number when the run has no day of the period, or, for growth, nothing a year before.
        """
        if self.rule.per == "growth":
            now, before = self._sum(start, end), self._sum(a_year_before(start), a_year_before(end))
            return now / before / self.rule.scale if before > 0 else float("nan")
        within = self._within(start, end)
        if within.start == within.stop:
            return float("nan")
        return self._one(self.amount[within], self.over[within], self.labels[within]) / self.rule.scale

    def _sum(self, start: dt.date, end: dt.date) -> float:
        return float(self.amount[self._within(start, end)].sum())

    def _within(self, start: dt.date, end: dt.date) -> slice:
        """Where the rows of a period are."""
        length = len(str(self.labels[0])) if self.labels.size else 0
        first = int(np.searchsorted(self.labels, start.isoformat()[:length], "left"))
        last = int(np.searchsorted(self.labels, end.isoformat()[:length], "right"))
        return slice(first, last)

    def _one(self, amount: NDArray[np.float64], over: NDArray[np.float64], labels: NDArray[np.str_]) -> float:
        per = self.rule.per
        if per == "mean":
            return float(amount.mean())
        if per == "last":
            return float(amount[-1])
        if per in ("ratio", "among"):
            return float(amount.sum() / over.sum()) if over.sum() > 0 else 0.0
        if per == "spend":
            return float(amount.sum() / over[-1]) if over[-1] > 0 else 0.0
        if per == "window":
            assert self.rule.window is not None
            first, last = self.rule.window
            inside = [first <= str(label)[5:] <= last for label in labels]
            return float(amount[inside].sum() / amount.sum()) if amount.sum() > 0 else 0.0
        return float(amount.sum())


@dataclass(frozen=True)
class SeriesRule:
    """Which rows and columns, and how they become one number (see data/targets.yaml)."""

    table: str
    of: str | tuple[str, str] | None
    columns: tuple[str, ...]
    over: str | None
    per: Per
    window: tuple[str, str] | None
    scale: float
    among: tuple[str, ...] = ()

    @property
    def platforms(self) -> tuple[str, ...]:
        """Platforms that it needs."""
        own = (self.of,) if isinstance(self.of, str) else self.of or ()
        return (*own, *(name for name in self.among if name not in own))

    def series(self, tables: Mapping[str, pd.DataFrame]) -> Series:
        """A run's rows; `tables` as `outputs` gives them."""
        everyone = tables[self.table]
        of = self._of(everyone)
        amount = of[list(self.columns)].to_numpy(float).sum(axis=1)
        if self.over is not None:
            over = of[self.over].to_numpy(float)
        elif self.per == "among":
            if self.among:
                everyone = everyone[everyone["platform"].isin(self.among)]
            whole = everyone.groupby(level=0, sort=False)[list(self.columns)].sum().sum(axis=1)
            over = whole.loc[of.index].to_numpy(float)
        else:
            over = np.ones_like(amount)
        return Series(self, of.index.to_numpy(str), amount, over)

    def _of(self, table: pd.DataFrame) -> pd.DataFrame:
        if isinstance(self.of, str):
            return table[table["platform"] == self.of]
        if self.of is not None:
            pair = set(self.of)
            return table[table["platform_a"].isin(pair) & table["platform_b"].isin(pair)]
        return table
