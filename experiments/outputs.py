"""How a run's tables become one number over a period: the model's side of a fact or a forecast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from secondhalf.experiments.tables import daily, market_days, monthly, overlap
from secondhalf.model.market import Market
from secondhalf.model.phases import phase
from secondhalf.model.reporters import DAILY, MARKET

COLUMNS: dict[str, tuple[str, ...]] = {
    "daily": tuple(DAILY),
    "market": tuple(MARKET),
    "monthly": ("repurchase_rate", "pan_shelf_share", "retention"),
    "overlap": ("users",),
}
"""Tables that a number can come from, and their columns."""

Per = Literal["mean", "sum", "last", "ratio", "spend", "among", "window"]


def outputs(market: Market) -> dict[str, pd.DataFrame]:
    """The tables of a run that numbers come from, indexed by date or month; `phases` has one row, for the market."""
    made = {
        "daily": daily(market),
        "market": market_days(market),
        "monthly": monthly(market),
        "overlap": overlap(market),
    }
    found = {name: table.set_index("month" if "month" in table else "date") for name, table in made.items()}
    turn = phase(np.array(market.record.flows), market.record.closed, market.calendar.days).day
    found["phases"] = pd.DataFrame({"second_half_days": [np.nan if turn is None else float(turn)]}, index=["market"])
    return found


@dataclass(frozen=True)
class Rule:
    """Which rows and columns, and how they become one number (see data/targets.yaml)."""

    table: str
    of: str | tuple[str, str] | None
    columns: tuple[str, ...]
    over: str | None
    per: Per
    window: tuple[str, str] | None
    scale: float

    @property
    def platforms(self) -> tuple[str, ...]:
        """Platforms that it needs."""
        if self.of is None:
            return ()
        return (self.of,) if isinstance(self.of, str) else self.of

    def measure(self, tables: Mapping[str, pd.DataFrame], start: dt.date, end: dt.date) -> float:
        """The number over a period, both days included; a month counts when any of its days is in the period.

        Parameters
        ----------
        tables
            as `outputs` gives them
        """
        everyone = tables[self.table]
        within = everyone.loc[_label(self.table, start) : _label(self.table, end)]
        of = self._of(within)
        amount = of[list(self.columns)].sum(axis=1)
        return self._one(amount, of, within) / self.scale

    def _of(self, table: pd.DataFrame) -> pd.DataFrame:
        if isinstance(self.of, str):
            return table[table["platform"] == self.of]
        if self.of is not None:
            pair = set(self.of)
            return table[table["platform_a"].isin(pair) & table["platform_b"].isin(pair)]
        return table

    def _one(self, amount: pd.Series[float], of: pd.DataFrame, within: pd.DataFrame) -> float:
        if self.per == "mean":
            return float(amount.mean())
        if self.per == "last":
            return float(amount.iloc[-1])
        if self.per == "ratio":
            return float(amount.sum() / of[self.over].sum())
        if self.per == "spend":
            return float(amount.sum() / of[self.over].iloc[-1])
        if self.per == "among":
            return float(amount.sum() / within[list(self.columns)].to_numpy().sum())
        if self.per == "window":
            assert self.window is not None
            days = amount.index.str[5:]
            return float(amount[(days >= self.window[0]) & (days <= self.window[1])].sum() / amount.sum())
        return float(amount.sum())


def _label(table: str, date: dt.date) -> str:
    text = date.isoformat()
    return text[:7] if table in ("monthly", "overlap") else text
