"""Quantities of interest of a sensitivity analysis, from the tables that a run gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings

Array = NDArray[np.float64]
PLATFORM = "kuaishou"
"""Whose use and trade are looked at one by one."""
MILLION, BILLION = 1e6, 1e9
OF_MARKET = ("hhi_gmv", "interpenetration_gmv", "leak_rate")
BEGINS, DAY = "second_half_begins", "second_half_day"


class Quantity(NamedTuple):
    """One number of a run."""

    name: str
    unit: str


@dataclass(frozen=True)
class Quantities:
    """All quantities of interest of a market, over the last calendar quarter that its run reaches.

    `second_half_begins` is 1 when growth by new people ends within the run and 0 otherwise; `second_half_day` is nan in
    the latter case, so that nobody takes the end of the run for the day.
    """

    content: tuple[str, ...]
    shelf: tuple[str, ...]
    since: dt.date
    until: dt.date

    @classmethod
    def of(cls, settings: MarketSettings) -> Quantities:
        """Those of some settings."""
        kinds = {name: settings.platform[name].kind for name in settings.competing}
        last = settings.calendar.end
        quarter = dt.date(last.year, 3 * ((last.month - 1) // 3) + 1, 1)
        return cls(
            tuple(name for name, kind in kinds.items() if kind == "content"),
            tuple(name for name, kind in kinds.items() if kind != "content"),
            max(quarter, settings.calendar.start),
            last,
        )

    @property
    def all(self) -> list[Quantity]:
        """Names and units, in order."""
        found = [Quantity("content_attention_share", "share")]
        if PLATFORM in (*self.content, *self.shelf):
            found += [
                Quantity(f"{PLATFORM}_dau", "million people"),
                Quantity(f"{PLATFORM}_minutes", "minutes"),
                Quantity(f"{PLATFORM}_gmv", "billion RMB"),
            ]
        found += [Quantity(f"gmv_share_{name}", "share") for name in (*self.content, *self.shelf)]
        found += [Quantity(name, "share" if name == "leak_rate" else "index") for name in OF_MARKET]
        return [*found, Quantity("content_pan_shelf_share", "share"), Quantity(BEGINS, "0 or 1"), Quantity(DAY, "days")]

    @property
    def names(self) -> list[str]:
        """Names, in order."""
        return [quantity.name for quantity in self.all]

    @property
    def units(self) -> dict[str, str]:
        """Units by name."""
        return dict(self.all)

    @property
    def measured_of(self) -> str:
        """What is measured, so that kept results of something else are not taken for it."""
        return repr((self.names, self))

    def __len__(self) -> int:
        return len(self.all)

    def measured(self, tables: Mapping[str, pd.DataFrame]) -> Array:
        """What a run's tables (`experiments.facts.model_series.outputs`) give, [Q]."""
        first, last = self.since.isoformat(), self.until.isoformat()
        days = tables["daily"].loc[first:last]
        minutes, gmv = _by_platform(days, "minutes"), _by_platform(days, "gmv")
        content = days[days["platform"].isin(self.content)]
        found = {"content_attention_share": float(content.groupby(level=0)["attention_share"].sum().mean())}
        if PLATFORM in minutes.index:
            active = _by_platform(days, "active_users")[PLATFORM]
            found |= {
                f"{PLATFORM}_dau": active / MILLION / days.index.nunique(),
                f"{PLATFORM}_minutes": minutes[PLATFORM] / active if active > 0 else 0.0,
                f"{PLATFORM}_gmv": gmv[PLATFORM] / BILLION,
            }
        found |= {f"gmv_share_{name}": _over(gmv.get(name, 0.0), gmv.sum()) for name in (*self.content, *self.shelf)}
        market = tables["market"].loc[first:last]
        found |= {name: float(market[name].mean()) for name in OF_MARKET}
        found["content_pan_shelf_share"] = self._pan_shelf_share(content, tables["monthly"].loc[first[:7] : last[:7]])
        day = float(tables["phases"]["second_half_days"].iloc[0])
        found |= {BEGINS: float(np.isfinite(day)), DAY: day}
        return np.array([found[name] for name in self.names])

    def _pan_shelf_share(self, content: pd.DataFrame, months: pd.DataFrame) -> float:
        """Part of content platforms' GMV that came by mall, search and store."""
        gmv = content.groupby([content.index.str[:7], "platform"])["gmv"].sum()
        shares = months.set_index("platform", append=True)["pan_shelf_share"].reindex(gmv.index)
        return _over(float((shares * gmv).sum()), float(gmv.sum()))


def _by_platform(days: pd.DataFrame, column: str) -> pd.Series[float]:
    return days.groupby("platform")[column].sum()


def _over(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0
