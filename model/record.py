"""What a run remembers: one row a day, a month, a move, a festival. Recording observes and never steers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.vocabulary import PAN_SHELF
from secondhalf.model import measures
from secondhalf.model.demand import KIND_REPEAT
from secondhalf.model.flows import BOUGHT_AGAIN, BOUGHT_LAST, KEPT, LAST
from secondhalf.model.users_day import MonthBooks

if TYPE_CHECKING:
    from secondhalf.model.market import Market

Array = NDArray[np.float64]
THRESHOLDS = {"10_million": 1e7, "100_million": 1e8}
"""RMB a merchant or a product sells within a festival's window, as in the article's targets."""


@dataclass(frozen=True)
class Snapshot:
    """Who had sold how much when a festival began."""

    merchants: NDArray[np.int64]
    merchant_gmv: Array
    products: NDArray[np.int64]
    product_gmv: Array


class Record:
    """Everything that is written out after a run.

    `daily` holds one dict of [P] arrays a day, `market` one dict of numbers a day; `channels`, `monthly`, `flows`,
    `overlap` one entry a calendar month; `moves` one row a move; `festivals` one row a festival and year.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self.content = np.array([platform.settings.kind == "content" for platform in market.platforms])
        self.daily: list[dict[str, Array]] = []
        self.market: list[dict[str, float]] = []
        self.channels: list[dict[str, Array]] = []
        self.monthly: list[dict[str, Array]] = []
        self.flows: list[Array] = []
        self.closed: list[int] = []
        self.overlap: list[Array] = []
        self.months: list[str] = []
        self.moves: list[dict[str, Any]] = []
        self.festivals: list[dict[str, Any]] = []
        self.exposure_at_start: dict[str, dict[str, float]] = {}
        self._open: dict[tuple[str, int], Snapshot] = {}
        self._new_user_share = 0.0
        self._start_month()

    def note_start(self) -> None:
        """Which part of the users sees each capability on the morning of the first day, where anybody does."""
        table = self._market.capabilities
        self.exposure_at_start = {
            name: {k: float(shown) for k, shown in zip(table.names, table.exposure[p], strict=True) if shown > 0}
            for p, name in enumerate(self._market.platform_names)
        }

    def add_platform(self) -> None:
        """Make room for a platform that enters: nothing, in all that was taken down before."""
        entered = self._market.platforms[-1].settings.kind == "content"
        self.content = np.append(self.content, entered)
        for row in (*self.daily, *self.channels, *self.monthly, self._month):
            for name, amounts in row.items():
                row[name] = np.concatenate([amounts, np.zeros((1, *amounts.shape[1:]))])
        last = self.content.size - 1
        self.flows = [np.insert(np.insert(flow, last, 0.0, axis=1), last, 0.0, axis=2) for flow in self.flows]
        self.overlap = [np.pad(users, (0, 1)) for users in self.overlap]

    def _start_month(self) -> None:
        shape = (len(self._market.platforms), len(self._market.settings.channels))
        self._month = {name: np.zeros(shape) for name in ("gmv", "net_gmv", "orders", "repeat")}

    def note_day(self, month: MonthBooks | None) -> None:
        """Take down the latest day; `month` when it closed a calendar month."""
        market, book = self._market, self._market.book
        self._note_moves()
        for name, amount in (
            ("gmv", book.cells.sum(axis=0)),
            ("net_gmv", book.net_gmv),
            ("orders", (book.orders.sum(axis=1)[:, :, None] * book.channel_share).sum(axis=0)),
            ("repeat", book.cells[KIND_REPEAT]),
        ):
            self._month[name] += amount
        if month is not None:
            self._note_month(month)
        platform_minutes = book.minutes.sum()
        self.daily.append(
            {
                "installed_users": book.installed,
                "active_users": book.active,
                "monthly_active_users": book.monthly,
                "minutes": book.minutes,
                "minutes_per_active_user": _ratio(book.minutes, book.active),
                "attention_share": book.minutes / max(book.phone_minutes, 1e-300),
                "platform_share": book.minutes / max(platform_minutes, 1e-300),
                "gmv": book.platform_gmv,
                "net_gmv": book.net_gmv.sum(axis=1),
                "orders": book.platform_orders,
                "monthly_buyers": book.monthly_buyers,
                "annual_buyers": book.annual_buyers,
                "commission": book.commission,
                "ad_revenue": book.ad_revenue,
                "cost": book.cost,
                "profit": book.profit,
            }
        )
        outside = 1 - platform_minutes / max(book.phone_minutes, 1e-300)
        at = market.day
        self.market.append(
            {
                "hhi_attention": measures.hhi(book.minutes),
                "hhi_gmv": measures.hhi(book.platform_gmv),
                "interpenetration_gmv": measures.interpenetration(book.cells.sum(axis=0), self.content),
                "interpenetration_minutes": measures.interpenetration(book.channel_minutes, self.content),
                "leak_rate": measures.leak_rate(book.orders, self.content),
                "multi_homing_users": book.multi_homing / max(book.online, 1e-300),
                "multi_homing_merchants": market.trade.multi_homing,
                "short_video_share": self._short_video(outside),
                "instant_messaging_share": outside * float(market.calendar.instant_messaging[at]),
                "new_user_share": self._new_user_share,
            }
        )

    def _short_video(self, outside: float) -> float:
        """Share of all mobile time in short video: the content platforms and the apps that are not modelled."""
        market = self._market
        own = market.book.minutes[self.content].sum() / max(market.book.phone_minutes, 1e-300)
        return float(own + outside * market.calendar.other_short_video[market.day])

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
                    "reason": move.reason,
                }
            )

    def _note_month(self, month: MonthBooks) -> None:
        market = self._market
        weight = market.population.weight
        self.months.append(market.date_label[:7])
        self.channels.append(self._month)
        gmv = self._month["gmv"]
        names = list(market.settings.channels)
        shelf = [c for c, name in enumerate(names) if name in PAN_SHELF]
        self.monthly.append(
            {
                "repurchase_rate": _ratio(month.counts[:, BOUGHT_AGAIN], month.counts[:, BOUGHT_LAST]),
                "pan_shelf_share": _ratio(gmv[:, shelf].sum(axis=1), gmv.sum(axis=1)),
                "retention": _ratio(month.counts[:, KEPT], month.counts[:, LAST]),
            }
        )
        self.overlap.append(month.overlap * weight)
        if market.calendar.days_left_in_month(market.day) == 0:
            self.flows.append(month.flows * weight)
            self.closed.append(market.day)
            self._new_user_share = measures.new_user_share(np.array(self.flows[-12:]))
        self._start_month()

    def note_festivals(self, day: int) -> None:
        """Open the books of festivals that begin on `day` and close those that ended the day before."""
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
        here = _ratio(sold, products.sum(axis=1))[:, None]  # the part of sales at its platforms
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


def _ratio(part: Array, whole: Array) -> Array:
    """Elementwise part / whole, 0 where there is nothing."""
    return np.asarray(np.divide(part, whole, out=np.zeros_like(part, dtype=float), where=whole > 0))
