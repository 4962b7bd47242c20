"""Attention flows between platforms, closed once a month, and other counts by calendar month.

Per user, the mean minutes a day of the month's last 28 days are compared with those of the month before. Gains (of
platforms, of the outside, or a shrinking budget) are matched to losses within the user pro rata, so the table is
antisymmetric by counterparty and adds up to each platform's change. A user who installed the app within the past year
is new there, one who dropped it is lost, any other piece is named after its counterparty.
"""

from __future__ import annotations

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
    NEVER,
    Columns,
)

FLOWS = ("new", "lost", "outside", "budget", "transfer")
NEW, LOST, OUTSIDE, BUDGET, TRANSFER = range(5)
NEW_DAYS = 365
KEPT, LAST, BOUGHT_AGAIN, BOUGHT_LAST, BOUGHT_NOW = 0, 1, 2, 3, 4
"""Columns of the monthly counts: active in both months, active last month, buyers in both, last month, this month."""
MONTH_COUNTS = 5


@compiled_parallel
def close_month(
    columns: Columns, day: int, days_now: float, days_before: float, flows: F64, counts: F64, overlap: F64
) -> None:
    """Fill the month's flow accounts and start the next month's.

    Parameters
    ----------
    days_now, days_before
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
        _close(columns, day, days_now, days_before, flows[chunk], counts[chunk], overlap[chunk], first, last)


@compiled
def _close(
    columns: Columns,
    day: int,
    days_now: float,
    days_before: float,
    flows: F64,
    counts: F64,
    overlap: F64,
    first: Integer,
    last: Integer,
) -> None:
    minutes_now, minutes_before = columns.minutes_now, columns.minutes_before
    budget_now, budget_before = columns.budget_now, columns.budget_before
    installed_day, marks = columns.installed_day, columns.marks
    platforms = minutes_now.shape[0]
    gain, loss = np.zeros(platforms + 2), np.zeros(platforms + 2)
    flows[:] = 0.0
    counts[:] = 0.0
    overlap[:] = 0.0
    for i in range(first, last):
        change = budget_now[i] / days_now - budget_before[i] / days_before
        gain[platforms + 1], loss[platforms + 1] = max(-change, 0.0), max(change, 0.0)
        outside = change
        for p in range(platforms):
            change = minutes_now[p, i] / days_now - minutes_before[p, i] / days_before
            gain[p], loss[p] = max(change, 0.0), max(-change, 0.0)
            outside -= change
        gain[platforms], loss[platforms] = max(outside, 0.0), max(-outside, 0.0)
        total = max(gain.sum(), loss.sum())
        if total > 0.0:
            for p in range(platforms):
                _book(flows, p, gain, loss, total, label(installed_day[p, i], minutes_before[p, i], day))
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
            marks[p, i] = (marks[p, i] >> 1) & MARKS_LAST_MONTH
            minutes_before[p, i] = minutes_now[p, i]
            minutes_now[p, i] = 0.0
        budget_before[i] = budget_now[i]
        budget_now[i] = 0.0


@compiled
def label(installed_day: int, minutes_before: float, day: int) -> int:
    """NEW, LOST, or TRANSFER for "by counterparty"."""
    if installed_day == NEVER:
        return LOST if minutes_before > 0.0 else NEW
    return NEW if day - installed_day < NEW_DAYS else TRANSFER


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
