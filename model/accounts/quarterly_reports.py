"""Quarterly reports of the platforms, as companies publish them: sums and means of the days of a calendar quarter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.agents.axes import Axes, add_platform
from secondhalf.agents.objective import Report
from secondhalf.agents.view import Seen
from secondhalf.model.accounts.day_book import DayBook

Array = NDArray[np.float64]


class Reports:
    """Adds up the days of the running quarter and closes it; also remembers all moves made.

    Attributes
    ----------
    closed
        reports by platform, oldest first
    seen
        all moves, oldest first
    """

    _sums: Annotated[Array, Axes("-P")]
    _installed: Annotated[Array | None, Axes("P")]  # stock when the quarter began
    _at_end: Annotated[Array | None, Axes("P")]

    def __init__(self, names: Sequence[str]) -> None:
        self.closed: dict[str, list[Report]] = {name: [] for name in names}
        self.seen: list[Seen] = []
        self._installed = None
        self._begin(None)

    @property
    def quarters(self) -> int:
        """Number of closed quarters."""
        return len(next(iter(self.closed.values())))

    def _begin(self, start: dt.date | None) -> None:
        self._start, self._days, self._sums = start, 0, np.zeros((6, len(self.closed)))
        self._at_end = self._installed

    def add_platform(self, name: str) -> None:
        """Reports of a platform that enters: empty ones for the quarters before, so that all have as many."""
        others = next(iter(self.closed.values()))
        nothing: dict[str, Any] = {field.name: 0.0 for field in fields(Report)}
        self.closed[name] = [Report(**nothing | {"start": r.start, "days": r.days}) for r in others]
        add_platform(self)

    def add(self, date: dt.date, book: DayBook) -> None:
        """Add a day's accounts."""
        if self._start is None:
            self._start = date
        if self._installed is None:  # the stock before the first day is that of its evening
            self._installed = book.installed
        self._days += 1
        share = book.minutes / max(book.phone_minutes, 1e-300)
        revenue = book.commission + book.ad_revenue
        self._sums += np.array([book.platform_gmv, revenue, book.cost, book.profit, share, book.active])
        self._at_end = book.installed

    def close(self, start: dt.date) -> None:
        """Close the running quarter, if it has days; the next begins on `start`."""
        if not self._days or self._at_end is None or self._installed is None or self._start is None:
            return
        for p, reports in enumerate(self.closed.values()):
            gmv, revenue, cost, profit, share, active = self._sums[:, p].tolist()
            installed = float(self._at_end[p])
            reports.append(
                Report(
                    start=self._start,
                    days=self._days,
                    gmv=gmv,
                    revenue=revenue,
                    cost=cost,
                    profit=profit,
                    attention_share=share / self._days,
                    active_users=active / self._days,
                    installed_users=installed,
                    new_users=installed - float(self._installed[p]),
                )
            )
        self._installed = self._at_end
        self._begin(start)
