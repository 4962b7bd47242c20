"""Record of a run: a row a day, a month, a move and a festival; recording never changes the market."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.axes import Axes
from secondhalf.conf.schema import SettingsError
from secondhalf.conf.schema.import_path import import_object
from secondhalf.conf.schema.vocabulary import PAN_SHELF
from secondhalf.model.accounts.day_book import BooksError, Snapshot
from secondhalf.model.observers import measures
from secondhalf.model.observers.reporters import DAILY, MARKET, ratio
from secondhalf.model.shapes import KIND_REPEAT
from secondhalf.model.state import State
from secondhalf.model.users.attention_flows import BOUGHT_AGAIN, BOUGHT_LAST, BOUGHT_NOW, KEPT, LAST
from secondhalf.model.users.user_stages import MonthBooks

Array = NDArray[np.float64]
Reporters = dict[str, Callable[..., Any]]
MONTHLY = (
    *("gmv", "net_gmv", "orders", "buyers", "orders_per_buyer", "spend_per_buyer"),
    *("repurchase_rate", "pan_shelf_share", "retention"),
)
"""Columns of monthly.csv after month and platform."""
KEYS = ("date", "platform")
"""Columns that say which day and platform a row is about."""
THRESHOLDS = {"10_million": 1e7, "100_million": 1e8}
"""RMB a merchant or a product sells within a festival's window, as in the article's targets."""


class Record:
    """Record of a run, from which its tables are written.

    `by_platform` and `of_market` are the reporters asked every day, by column, those of `measures` among them.
    `daily` holds one dict of [P] arrays a day, `market` one dict of numbers a day; `channels`, `monthly`, `flows`,
    `overlap` one entry a calendar month; `moves` one row a move; `festivals` one row a festival and year.
    """

    daily: Annotated[list[dict[str, Array]], Axes("P")]
    channels: Annotated[list[dict[str, Array]], Axes("PC")]
    monthly: Annotated[list[dict[str, Array]], Axes("P")]
    flows: Annotated[list[Array], Axes("-PR")]  # of which platform, and from which or where else
    overlap: Annotated[list[Array], Axes("PP")]
    _month: Annotated[dict[str, Array], Axes("PC")]

    def __init__(self, market: State) -> None:
        self._market = market
        self.by_platform = _columns("daily", DAILY, market.settings.measures.daily)
        self.of_market = _columns("market", MARKET, market.settings.measures.market)
        self.daily = []
        self.market: list[dict[str, float]] = []
        self.channels = []
        self.monthly = []
        self.flows = []
        self.closed: list[int] = []
        self.overlap = []
        self.months: list[str] = []
        self.moves: list[dict[str, Any]] = []
        self.festivals: list[dict[str, Any]] = []
        self.exposure_at_start: dict[str, dict[str, float]] = {}
        self.new_user_share: float = 0.0
        self._open: dict[tuple[str, int], Snapshot] = {}
        self._start_month()

    def of(self, market: State, whole: bool) -> Record:
        """The record of a fork: a copy, or an empty one when the fork has a sample of the users.

        What was taken down is shared, what is added is not.
        """
        if not whole:
            empty = Record(market)
            empty.exposure_at_start = self.exposure_at_start
            return empty
        other = copy.copy(self)
        other._market = market
        for name, value in vars(self).items():
            if isinstance(value, list):
                setattr(other, name, list(value))
        other._open = dict(self._open)
        other._month = {name: amounts.copy() for name, amounts in self._month.items()}
        return other

    def leave_out_own(self) -> None:
        """Use only the built-in reporters from now on; a user's own are code, and may take long."""
        self.by_platform, self.of_market = dict(DAILY), dict(MARKET)

    def note_start(self) -> None:
        """Which part of the users sees each capability on the morning of the first day, where anybody does."""
        table = self._market.capabilities
        self.exposure_at_start = {
            name: {k: float(shown) for k, shown in zip(table.names, table.exposure[p], strict=True) if shown > 0}
            for p, name in enumerate(self._market.platform_names)
        }

    def _start_month(self) -> None:
        shape = (len(self._market.platforms), len(self._market.settings.channels))
        self._month = {name: np.zeros(shape) for name in ("gmv", "net_gmv", "orders", "repeat")}

    def note_day(self, month: MonthBooks | None) -> None:
        """Record the latest day; `month` when it closed a calendar month."""
        market, book = self._market, self._market.book
        self._note_moves()
        for name, amount in (
            ("gmv", book.cell_gmv),
            ("net_gmv", book.net_gmv),
            ("orders", book.cell_orders),
            ("repeat", book.cells[KIND_REPEAT]),
        ):
            self._month[name] += amount
        if month is not None:
            self._note_month(month)
        self.daily.append({name: self._by_platform(name, report(market)) for name, report in self.by_platform.items()})
        self.market.append({name: self._one(name, report(market)) for name, report in self.of_market.items()})

    def _by_platform(self, name: str, value: Any) -> Array:
        """The values of a reporter of daily.csv, checked, because a user's own reporter may return anything."""
        if name in DAILY:
            return np.asarray(value)
        taken = _numbers(value)
        if taken.shape != (len(self._market.platforms),) or not np.isfinite(taken).all():
            raise BooksError(f"measures.daily.{name}: one finite number a platform is needed, not {value}")
        return taken

    def _one(self, name: str, value: Any) -> float:
        if name not in MARKET:
            taken = _numbers(value)
            if taken.shape != () or not np.isfinite(taken):
                raise BooksError(f"measures.market.{name}: one finite number is needed, not {value}")
        return float(value)

    def _note_moves(self) -> None:
        market = self._market
        for platform, move, cost in market.moves_today:
            entrance = move.entrance or ""
            if move.capability and not entrance:
                column = market.capabilities.column[move.capability]
                entrance = market.capabilities.entrance[platform.index][column]
            self.moves.append(
                {
                    "date": market.date_label,
                    "platform": platform.name,
                    "change": move.change,
                    "capability": move.capability or "",
                    "entrance": entrance,
                    "cost": cost,
                    "no_cost": "" if cost else platform.free_because(move),
                    "grade": move.grade,
                    "estimates": move.estimates,
                    "reason": move.reason,
                }
            )

    def _note_month(self, month: MonthBooks) -> None:
        market = self._market
        weight = market.population.weight
        self.months.append(market.date_label[:7])
        self.channels.append(self._month)
        gmv = self._month["gmv"]
        sums = {name: self._month[name].sum(axis=1) for name in ("gmv", "net_gmv", "orders")}
        buyers = month.counts[:, BOUGHT_NOW] * weight
        names = list(market.settings.channels)
        shelf = [c for c, name in enumerate(names) if name in PAN_SHELF]
        self.monthly.append(
            sums
            | {
                "buyers": buyers,
                "orders_per_buyer": ratio(sums["orders"], buyers),
                "spend_per_buyer": ratio(sums["gmv"], buyers),
                "repurchase_rate": ratio(month.counts[:, BOUGHT_AGAIN], month.counts[:, BOUGHT_LAST]),
                "pan_shelf_share": ratio(gmv[:, shelf].sum(axis=1), gmv.sum(axis=1)),
                "retention": ratio(month.counts[:, KEPT], month.counts[:, LAST]),
            }
        )
        self.overlap.append(month.overlap * weight)
        if market.calendar.days_left_in_month(market.day) == 0:
            self.flows.append(month.flows * weight)
            self.closed.append(market.day)
            self.new_user_share = measures.new_user_share(np.array(self.flows[-12:]))
        self._start_month()

    def note_festivals(self, day: int) -> None:
        """Start counting sales of festivals that begin on `day`, and stop for those that ended the day before."""
        market = self._market
        for name, spans in market.calendar.windows.items():
            for first, last in spans:
                if last + 1 == day and (name, first) in self._open:
                    self._close_festival(name, first, last, self._open.pop((name, first)))
                if first == day:
                    self._open[name, first] = self._snapshot(name)

    def _snapshot(self, festival: str) -> Snapshot:
        table = self._market.trade.table
        return Snapshot(
            table.number.copy(),
            table.gmv[:, self._held_at(festival)].sum(axis=1),
            table.products.number.copy(),
            table.products.gmv.copy(),
        )

    def _held_at(self, festival: str) -> list[int]:
        held = self._market.settings.calendar.festivals[festival].platforms
        return [p for p, name in enumerate(self._market.platform_names) if held == "all" or name in held]

    def _close_festival(self, name: str, first: int, last: int, before: Snapshot) -> None:
        now, table = self._snapshot(name), self._market.trade.table
        sold = now.merchant_gmv - np.where(now.merchants == before.merchants, before.merchant_gmv, 0.0)
        products = now.product_gmv - np.where(now.products == before.products, before.product_gmv, 0.0)
        here = ratio(sold, products.sum(axis=1))[:, None]  # the part of sales at its platforms
        held = self._held_at(name)
        row: dict[str, Any] = {
            "festival": name,
            "start": self._market.calendar.labels[first],
            # From the days and not from `sold`, which lacks the sales of merchants that have left since.
            "gmv": float(sum(day["gmv"][held].sum() for day in self.daily[first : last + 1])),
            "platforms": [self._market.platform_names[p] for p in held],
        }
        for label, bar in THRESHOLDS.items():
            row[f"merchants_above_{label}"] = float(table.weight[sold / table.weight >= bar].sum())
            above = (products * here / table.weight[:, None] >= bar) & (now.products >= 0)
            row[f"products_above_{label}"] = float((above * table.weight[:, None]).sum())
        self.festivals.append(row)


def _columns(table: str, shipped: Mapping[str, Callable[..., Any]], own_paths: Mapping[str, str]) -> Reporters:
    """Reporters of a table: the built-in ones, then the user's own."""
    for name in own_paths:
        if name in shipped or name in KEYS:
            raise SettingsError(f"measures.{table}.{name}={own_paths[name]}: {table}.csv has this column already")
    return {**shipped, **{name: import_object(path) for name, path in own_paths.items()}}


def _numbers(value: Any) -> Array:
    """A copy, because it may be a state that changes tomorrow; what is no number becomes NaN."""
    try:
        return np.array(value, dtype=float)
    except (TypeError, ValueError):
        return np.array(np.nan)
