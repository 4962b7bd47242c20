"""Attention flows between platforms, closed once a month, and other counts by calendar month.

Per user, the mean minutes a day of the month's last 28 days are compared with those of the month before. Gains (of
platforms, of the outside, or a shrinking budget) are matched to losses within the user pro rata, so the table is
antisymmetric by counterparty and adds up to each platform's change. A user who installed the app within the past year
is new there, one who dropped it is lost, any other piece is named after its counterparty. Phone time is not summed day
by day: it is a user's factor times the mean person's, from the first day online.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from secondhalf.model.numba_kernels import Integer, bounds, chunk_count, compiled, compiled_parallel
from secondhalf.model.shapes import (
    ACTIVE_LAST_MONTH,
    ACTIVE_THIS_MONTH,
    BOUGHT_LAST_MONTH,
    BOUGHT_THIS_MONTH,
    F64,
    MARKS_LAST_MONTH,
    TENURE,
    YEAR_MONTHS,
    Columns,
)
from secondhalf.model.users.storage import positive

FLOWS = ("new", "lost", "outside", "budget", "transfer")
NEW, LOST, OUTSIDE, BUDGET, TRANSFER = range(5)
KEPT, LAST, BOUGHT_AGAIN, BOUGHT_LAST, BOUGHT_NOW = 0, 1, 2, 3, 4
"""Columns of the monthly counts: active in both months, active last month, buyers in both, last month, this month."""
MONTH_COUNTS = 5


class Window(NamedTuple):
    """Days of a month over which minutes are summed."""

    first: np.int64  # number of the first of them
    length: float  # how many they are
    rest: F64  # [length + 1] phone minutes of the mean person online from each of them on


def window(budgets: F64, last: int) -> Window:
    """The window of days that end with day `last`, from the mean person's phone minutes on each of them, [length]."""
    rest = np.append(np.cumsum(budgets[::-1])[::-1], 0.0)
    return Window(np.int64(last - budgets.size + 1), float(max(budgets.size, 1)), rest)


@compiled_parallel
def close_month(columns: Columns, now: Window, before: Window, flows: F64, counts: F64, overlap: F64) -> None:
    """Fill the month's flow accounts and start the next month's.

    Parameters
    ----------
    now, before
        days summed in `minutes_now` and `minutes_before`
    flows
        [chunks, 5 flows, P, P + 2 counterparties]: users' minutes a day; the last two are the outside and the budget
    counts
        [chunks, P, 5] users (see the constants above)
    overlap
        [chunks, P, P] users active on both within the month
    """
    for chunk in prange(chunk_count(columns.installed.size)):
        first, last = bounds(chunk, columns.installed.size)
        _close(columns, now, before, flows[chunk], counts[chunk], overlap[chunk], first, last)


@compiled
def _close(
    columns: Columns,
    now: Window,
    before: Window,
    flows: F64,
    counts: F64,
    overlap: F64,
    first: Integer,
    last: Integer,
) -> None:
    minutes_now, minutes_before = columns.minutes_now, columns.minutes_before
    installed, marks, days_now, days_before = columns.installed, columns.marks, now.length, before.length
    platforms = minutes_now.shape[0]
    gain, loss = np.zeros(platforms + 2), np.zeros(platforms + 2)
    flows[:] = 0.0
    counts[:] = 0.0
    overlap[:] = 0.0
    for i in range(first, last):
        factor, online_from = float(positive(columns.budget_factor[i])), int(columns.online_from[i])
        change = factor * (phone(now, online_from) / days_now - phone(before, online_from) / days_before)
        gain[platforms + 1], loss[platforms + 1] = max(-change, 0.0), max(change, 0.0)
        outside = change
        for p in range(platforms):
            change = float(positive(minutes_now[p, i])) / days_now
            change -= float(positive(minutes_before[p, i])) / days_before
            gain[p], loss[p] = max(change, 0.0), max(-change, 0.0)
            outside -= change
        gain[platforms], loss[platforms] = max(outside, 0.0), max(-outside, 0.0)
        total = max(gain.sum(), loss.sum())
        if total > 0.0:
            for p in range(platforms):
                has_app = (installed[i] >> np.uint32(p)) & 1 != 0
                _book(flows, p, gain, loss, total, label(has_app, int(marks[p, i]) >> TENURE, minutes_before[p, i]))
        for p in range(platforms):
            mark = int(marks[p, i])
            counts[p, LAST] += (mark & ACTIVE_LAST_MONTH) != 0
            counts[p, KEPT] += (mark & ACTIVE_LAST_MONTH) != 0 and (mark & ACTIVE_THIS_MONTH) != 0
            counts[p, BOUGHT_LAST] += (mark & BOUGHT_LAST_MONTH) != 0
            counts[p, BOUGHT_AGAIN] += (mark & BOUGHT_LAST_MONTH) != 0 and (mark & BOUGHT_THIS_MONTH) != 0
            counts[p, BOUGHT_NOW] += (mark & BOUGHT_THIS_MONTH) != 0
            if mark & ACTIVE_THIS_MONTH:
                for q in range(platforms):
                    overlap[p, q] += (marks[q, i] & ACTIVE_THIS_MONTH) != 0
        for p in range(platforms):
            mark = int(marks[p, i])
            marks[p, i] = ((mark >> 1) & MARKS_LAST_MONTH) | (min((mark >> TENURE) + 1, YEAR_MONTHS) << TENURE)
            minutes_before[p, i] = minutes_now[p, i]
            minutes_now[p, i] = 0


@compiled
def phone(window: Window, online_from: int) -> float:
    """Phone minutes of the mean person over the days of a window on which somebody was online."""
    missed = min(max(online_from - int(window.first), 0), window.rest.size - 1)
    return float(window.rest[missed])


@compiled
def label(has_app: bool, months: int, minutes_before: Integer) -> int:
    """NEW, LOST, or TRANSFER for "by counterparty"; `months` have been closed since the app was installed."""
    if not has_app:
        return LOST if minutes_before > 0 else NEW
    return NEW if months < YEAR_MONTHS else TRANSFER


@compiled
def _book(flows: F64, p: int, gain: F64, loss: F64, total: float, named: int) -> None:
    platforms = flows.shape[1]
    for other in range(platforms + 2):
        amount = (gain[p] * loss[other] - loss[p] * gain[other]) / total
        if other == p or amount == 0.0:
            continue
        flow = named
        if named == TRANSFER and other >= platforms:
            flow = OUTSIDE if other == platforms else BUDGET
        flows[flow, p, other] += amount
