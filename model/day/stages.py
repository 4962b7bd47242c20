"""Stages of one day, eight in this order:

1. calendar: the date, the season, the drivers from outside; today's random streams
2. platforms: they move; capabilities grow; what they offer today follows
3. merchants: weekly, they revise effort, products and shops; a festival's package begins and ends on its day
4. adoption: users meet a friend, install and remove apps
5. interest: yesterday's selling content has planted interest; needs arrive
6. attention: users split their day
7. choice: needs are met: platform, channel, merchant, product
8. books: the day is booked; on a month's last day the flow books are closed

Days of settling in have negative numbers: on them nobody moves, installs or removes, and there are no seasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import SettingsError
from secondhalf.model.accounts.day_book import BooksError, require_finite, require_usable
from secondhalf.model.day.entry import admit_entrants
from secondhalf.model.day.platform_moves import move_platforms
from secondhalf.model.state import Stages, State
from secondhalf.model.users.attention import BUDGET
from secondhalf.model.users.attention_flows import window
from secondhalf.model.users.orders import LOST_FANS, NEW_FANS
from secondhalf.model.users.user_stages import MonthBooks

DAYS_A_WEEK = 7


def calendar_stage(market: State) -> None:
    """Set `today` and `streams`."""
    market.today = market.calendar.day(market.day)
    market.streams = market.random_streams.day(market.day)


def platform_stage(market: State) -> None:
    """Set `moves_today`, `offer` and `channel_share`."""
    move_and_grow(market)
    set_offer(market)


def move_and_grow(market: State) -> None:
    """Set `moves_today`: platforms move, capabilities grow, campaigns and the pools' depth pass a day."""
    begun, at = market.day >= 0, max(market.day, 0)
    if begun:
        admit_entrants(market, market.calendar.dates[market.day])
    market.moves_today = move_platforms(market) if begun else []
    market.caps.impose(market.calendar.dates[at], market.platforms)
    market.capabilities.advance()
    trend_date, last_fact = market.calendar.dates[market.calendar.trend_day[at]], market.settings.calendar.last_fact
    for platform in market.platforms:
        platform.follow_trend(trend_date, last_fact)
    if begun:  # campaigns and the deepening of a pool that a later start finds under way wait for the first day
        for platform in market.platforms:
            platform.pass_day()


def set_offer(market: State) -> None:
    """Set `offer` and `channel_share` by what platforms are today."""
    begun, at, calendar = market.day >= 0, max(market.day, 0), market.calendar
    market.offer, market.channel_share = market.desk.offer(
        market.trade, market.active_share, calendar.pull[at] * begun, calendar.boost[at] * begun
    )
    require_usable(market.platform_names, market.offer)


def merchant_stage(market: State) -> None:
    """Settle merchants' sales, run their weekly revision when it is due, and set `shops`."""
    at, trade = max(market.day, 0), market.trade
    weekly, edge = market.day % DAYS_A_WEEK == 0, market.day in market.calendar.festival_edges
    opens = market.desk.availability() > 0
    date = market.calendar.dates[market.day] if market.day >= 0 else None
    if market.preferencing.changed(date):
        trade.stale = True
    if not (weekly or edge or trade.stale or (opens != trade.open_cells).any()):
        return
    trade.settle()
    if edge:
        market.record.note_festivals(market.day)
    live = market.desk.live_presence()
    if weekly:
        market.week.revise(market.day, market.take_rate, live)
        effort = trade.table.effort  # summed over the long axis first, six times as fast
        _require_finite(market, effort.reshape(len(effort), -1).sum(axis=0).reshape(effort.shape[1:]).sum(axis=1))
    bound = market.exclusivity.bound(trade.table)
    trade.favour = market.preferencing.factors(trade.table, bound, market.platform_names, date)
    trade.refresh(live, opens, market.calendar.package[at] * (market.day >= 0))
    market.shops = trade.shops()
    # Where the last shop closed this morning, nothing can be ordered today.
    market.offer = market.offer._replace(sells=market.offer.sells * trade.has_shop)


def adoption_stage(market: State) -> None:
    """Update installed apps and the day's contacts."""
    if market.day >= 0:
        market.users_day.adopt(market.offer, market.streams, market.day)
    else:
        market.users_day.meet(market.streams, market.day)


def interest_stage(market: State) -> None:
    """Update users' interest and today's needs."""
    market.users_day.arise(market.offer, market.shops, market.streams, market.today)


def attention_stage(market: State) -> None:
    """Set `attention_sums`: users' minutes by platform and in all."""
    market.attention_sums = market.users_day.attend(market.offer, market.streams, market.today)
    by_platform, in_all = market.attention_sums
    _require_finite(market, by_platform.T)
    if not np.isfinite(in_all).all():
        raise BooksError(f"all platforms: phone minutes of all users are {in_all[BUDGET]}")


def choice_stage(market: State) -> None:
    """Set `purchases`: users' orders, spending and buyers; add visits and sessions to `attention_sums`."""
    market.purchases, market.attention_sums = market.users_day.buy(
        market.offer, market.shops, market.streams, market.today
    )
    _require_finite(market, market.purchases.spending.swapaxes(2, 3))


def book_stage(market: State) -> None:
    """Set `book`, check that it balances, and hand it to the record."""
    _write_book(market)
    fans = market.purchases.buyers * market.population.weight
    market.trade.update_fans(fans[:, NEW_FANS], fans[:, LOST_FANS])
    market.active_share = market.book.active / max(market.book.online, 1.0)
    if market.day < 0:
        return
    for platform, profit in zip(market.platforms, market.book.profit, strict=True):
        platform.cash += float(profit)
    market.reports.add(market.calendar.dates[market.day], market.book)
    if market.calendar.in_flow_window(market.day):
        market.budgets_now[market.window_days] = market.today.budget
        market.window_days += 1
    market.record.note_day(_close_month(market) if market.calendar.ends_month(market.day) else None)
    if market.day == market.calendar.days - 1:
        market.trade.settle()
        market.record.note_festivals(market.calendar.days)


def _write_book(market: State) -> None:
    spent = np.zeros(len(market.platforms))
    for platform, _, cost in market.moves_today:
        spent[platform.index] += cost
    book = market.bookkeeper.book(
        market.attention_sums,
        market.purchases,
        market.trade,
        market.channel_share,
        market.calendar.basket_factor(market.day),
        market.desk.prices(market.capabilities.presence),
        spent,
    )
    _require_finite(market, np.array([book.platform_gmv, book.cost, book.ad_revenue, book.commission]))
    book.check()
    market.book = book


def _close_month(market: State) -> MonthBooks:
    """Close the month's books; those of a month that the run cuts short count users, but no flows."""
    complete = market.calendar.days_left_in_month(market.day) == 0
    before = window(market.budgets_before[: market.window_days_before], market.window_end_before)
    books = market.users_day.close_month(window(market.budgets_now[: market.window_days], market.day), before)
    market.budgets_before[:] = market.budgets_now
    market.window_days_before, market.window_end_before, market.window_days = market.window_days, market.day, 0
    return books if complete else books._replace(flows=np.zeros_like(books.flows))


def _require_finite(market: State, values: NDArray[Any]) -> None:
    """Raise `BooksError` where one of `values` ([..., P]) is not a finite number >= 0."""
    if not (values.min() >= 0 and values.max() < np.inf):
        for row in values.reshape(-1, values.shape[-1]):
            require_finite(market.platform_names, row)


STAGES: Stages = (
    ("calendar", calendar_stage),
    ("platforms", platform_stage),
    ("merchants", merchant_stage),
    ("adoption", adoption_stage),
    ("interest", interest_stage),
    ("attention", attention_stage),
    ("choice", choice_stage),
    ("books", book_stage),
)
"""One day, in order; errors name a stage as it is named here."""


def in_order(names: Sequence[str] | None) -> Stages:
    """The stages in another order; None for that of `STAGES`.

    The calendar sets the date, platforms the offer that all others read, a choice needs today's minutes, and the books
    close the day. The rest may change places: it then reads what the day before left.

    Raises
    ------
    SettingsError
        when a name is missing, unknown or there twice, or a stage would come before what it needs
    """
    if names is None:
        return STAGES
    known = dict(STAGES)
    where = f"stage_order={list(names)}"
    if sorted(names) != sorted(known):
        raise SettingsError(f"{where}: each of {', '.join(known)} is needed once")
    if tuple(names[:2]) != ("calendar", "platforms") or names[-1] != "books":
        raise SettingsError(f"{where}: calendar and platforms come first, books last")
    if names.index("choice") < names.index("attention"):
        raise SettingsError(f"{where}: choice comes after attention, on which it depends")
    return tuple((name, known[name]) for name in names)
