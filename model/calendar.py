"""Calendar (stage 1): date, season, festivals and exogenous drivers of a day.

Everything is computed once for all days; a day number counts from the first day of the calendar, the days of settling
in are negative and see neither seasons nor growth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from secondhalf.conf.schema.base import SettingsError
from secondhalf.conf.schema.calendar import CalendarSettings, Driver, Festival
from secondhalf.conf.schema.mechanisms import Mechanisms
from secondhalf.conf.schema.population import Spending, UserSettings
from secondhalf.conf.schema.scenario import Shock
from secondhalf.model.shapes import Day

LARGEST_TILT, BISECTIONS = 8.0, 50
"""Bounds of the search for the tilt of spending tiers, and its halvings."""
FLOW_WINDOW = 28
"""Last days of a month over which minutes are summed for the flow books."""


def driver_curve(driver: Driver, start: dt.date, days: int) -> NDArray[np.float64]:
    """Values on `days` days from `start`: monotone cubic between knots, level before, damped growth after.

    After the last knot the log growth per day equals the mean over the last `trend_days`, times
    ``exp(-damping * years)``.
    """
    knots = np.array([day.toordinal() for day in driver.knots], float)
    values = np.array(list(driver.knots.values()), float)
    at = np.arange(days) + float(start.toordinal())
    curve = PchipInterpolator(knots, values)
    inside = np.asarray(curve(np.clip(at, knots[0], knots[-1])), float)
    back = max(knots[-1] - driver.trend_days, knots[0])
    growth = float(np.log(values[-1] / curve(back))) / (knots[-1] - back)
    after = np.maximum(at - knots[-1], 0.0)
    rate = driver.damping / 365.0
    stretched = after if rate == 0 else (1 - np.exp(-rate * after)) / rate
    return np.asarray(inside * np.exp(growth * stretched))


def tier_cdf(spending: Spending, need_value: NDArray[np.float64]) -> NDArray[np.float32]:
    """Cumulative shares of needs by day, class of income and tier of spending, [days, K, G].

    The shares of the settings are tilted by ``amount ** tilt``, one tilt a day for all classes, so that the mean amount
    of a need moves as `need_value` does (relative to the settings).

    Raises
    ------
    SettingsError
        when no tilt of the tiers reaches that mean
    """
    amounts = np.array(spending.amounts)
    classes = spending.incomes
    people = np.array([one.share for one in classes])
    shares = np.array([one.tiers for one in classes])

    def tilted(tilt: NDArray[np.float64]) -> NDArray[np.float64]:
        part = shares * amounts ** tilt[:, None, None]
        return np.asarray(part / part.sum(axis=2, keepdims=True))

    def mean(tilt: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.einsum("k,dkg,g->d", people, tilted(tilt), amounts))

    at_most = np.array([LARGEST_TILT])
    wanted = mean(np.zeros(1)) * need_value
    if len(amounts) > 1 and not ((wanted > mean(-at_most)) & (wanted < mean(at_most))).all():
        raise SettingsError(
            "calendar.need_value, calendar.gmv_over_retail: no mix of users.spending.amounts="
            f"{list(spending.amounts)} has a mean of {wanted.min():g} to {wanted.max():g} RMB"
        )
    low, high = np.full(wanted.size, -LARGEST_TILT), np.full(wanted.size, LARGEST_TILT)
    for _ in range(BISECTIONS if len(amounts) > 1 else 0):
        middle = (low + high) / 2
        above = mean(middle) > wanted
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    cdf = np.cumsum(tilted((low + high) / 2), axis=2)
    cdf[:, :, -1] = 1.0
    return cdf.astype(np.float32)


class MarketCalendar:
    """All days of a run, with what each brings.

    Attributes are arrays over the days of the run: `phone_minutes`, `planned_demand`, `need_value` (with what platforms
    count beyond retail), `tier_cdf` [day, class, tier], `other_short_video`, `instant_messaging`, `season`, and
    festivals' factors `festival_demand` and `basket`; their `pull`, `boost` and `package` are [day, platform]; factors
    of shocks are `needs_shock` and `phone_shock`. `trend_day` is the day at which platforms' trends stand.
    """

    def __init__(
        self,
        settings: CalendarSettings,
        users: UserSettings,
        platforms: list[str],
        mechanisms: Mechanisms,
        shocks: Sequence[Shock] = (),
    ) -> None:
        self.start, self.end, self.warm_up = settings.start, settings.end, settings.warm_up
        self.days = (settings.end - settings.start).days + 1
        self.dates = [settings.start + dt.timedelta(days=d) for d in range(self.days)]
        self.labels = [date.isoformat() for date in self.dates]
        steady = not mechanisms.outside_growth
        self.people_online = self._curve(settings.people_online, steady)
        self.phone_minutes = self._curve(settings.phone_minutes, steady)
        self.planned_demand = self._curve(settings.planned_demand, steady)
        self.need_value = self._curve(settings.need_value, steady) * self._curve(settings.gmv_over_retail, steady)
        self._needs_per_day = users.needs_per_day
        self.trend_day = np.zeros(self.days, int) if steady else np.arange(self.days)
        self.tier_cdf = tier_cdf(users.spending, self.need_value)
        self._tier_amount = np.array(users.spending.amounts, np.float32)
        self.other_short_video = self._curve(settings.other_short_video, steady)
        self.instant_messaging = self._curve(settings.instant_messaging, steady)
        self.season = self._season(settings) if mechanisms.seasons else np.ones(self.days)
        self.festival_demand, self.basket = np.ones(self.days), np.ones(self.days)
        shape = (self.days, len(platforms))
        self.pull, self.boost, self.package = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.needs_shock, self.phone_shock = np.ones(self.days), np.ones(self.days)
        for shock in shocks:
            strength = self._strength(shock)
            self.needs_shock *= 1 + (shock.planned_needs - 1) * strength
            self.phone_shock *= 1 + (shock.phone_time - 1) * strength
        self.windows: dict[str, list[tuple[int, int]]] = {}
        for name, festival in settings.festivals.items():
            self.windows[name] = self._festival(festival, platforms, mechanisms)
        self.festival_edges = {edge for spans in self.windows.values() for a, b in spans for edge in (a, b + 1)}

    def _curve(self, driver: Driver, steady: bool) -> NDArray[np.float64]:
        curve = driver_curve(driver, self.start, self.days)
        return np.full(self.days, curve[0]) if steady else curve

    def _strength(self, shock: Shock) -> NDArray[np.float64]:
        """How much of a shock there is on each day: all up to its end, then evenly less."""
        at = np.arange(self.days)
        first, over = (shock.since - self.start).days, (shock.until - self.start).days
        left = 1 - (at - over) / shock.recovery_days if shock.recovery_days else np.zeros(self.days)
        return np.where(at < first, 0.0, np.where(at < over, 1.0, np.clip(left, 0.0, 1.0)))

    def _season(self, settings: CalendarSettings) -> NDArray[np.float64]:
        months = np.array(settings.months) / np.mean(settings.months)
        weekdays = np.array(settings.weekdays) / np.mean(settings.weekdays)
        return np.array([months[date.month - 1] * weekdays[date.weekday()] for date in self.dates])

    def _festival(self, festival: Festival, platforms: list[str], mechanisms: Mechanisms) -> list[tuple[int, int]]:
        spans = []
        for year in range(self.start.year, self.end.year + 1):
            short = year <= festival.single_day_until
            first = festival.peak_day if short else festival.from_day
            last = festival.peak_day if short else festival.to_day
            a, b, peak = (
                (dt.date.fromisoformat(f"{year}-{d}") - self.start).days for d in (first, last, festival.peak_day)
            )
            if b < 0 or a >= self.days:
                continue
            a, b = max(a, 0), min(b, self.days - 1)
            spans.append((a, b))
            if not mechanisms.festivals:
                continue
            at_peak = np.arange(a, b + 1) == peak
            extra = festival.single_day_factor if short else 1.0
            self.festival_demand[a : b + 1] *= np.where(at_peak, festival.peak_demand * extra, festival.demand)
            self.basket[a : b + 1] *= np.where(at_peak, festival.peak_basket * extra, festival.basket)
            for p, name in enumerate(platforms):
                if festival.platforms != "all" and name not in festival.platforms:
                    continue
                self.pull[a : b + 1, p] += festival.pull
                if mechanisms.traffic_boost:
                    self.boost[a : b + 1, p] += latest(festival.traffic_boost, year)
                if mechanisms.traffic_package:
                    self.package[a : b + 1, p] += latest(festival.traffic_package, year)
        return spans

    def day(self, number: int) -> Day:
        """What users see of a day; days of settling in (negative) are like the first, out of season."""
        at = max(number, 0)
        season = self.season[at] * self.festival_demand[at] if number >= 0 else 1.0
        needs_shock, phone_shock = (self.needs_shock[at], self.phone_shock[at]) if number >= 0 else (1.0, 1.0)
        return Day(
            number=np.int64(number),
            budget=np.float32(self.phone_minutes[at] * phone_shock),
            planned=np.float32(self._needs_per_day * self.planned_demand[at] * season * needs_shock),
            repeat=np.float32(season),
            tier_cdf=self.tier_cdf[at],
            tier_amount=self._tier_amount,
            count_window=np.uint8(self.in_flow_window(number)),
        )

    def basket_factor(self, number: int) -> float:
        """Factor of today's festivals on what is spent on a need; none on days of settling in."""
        return float(self.basket[number]) if number >= 0 else 1.0

    def in_flow_window(self, number: int) -> bool:
        """Whether minutes of this day enter the flow books: the last 28 days of a month, or of settling in."""
        if number < 0:
            return number >= -FLOW_WINDOW
        return self.days_left_in_month(number) < FLOW_WINDOW

    def days_left_in_month(self, number: int) -> int:
        """Days between a day and the last of its month, by the calendar and not by the end of the run."""
        date = self.dates[number]
        following = (date.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        return (following - date).days - 1

    def ends_month(self, number: int) -> bool:
        """Whether a day closes a month's books; the run's last day does."""
        return number >= 0 and (number == self.days - 1 or self.days_left_in_month(number) == 0)

    def starts_quarter(self, number: int) -> bool:
        """Whether a day is the first of a calendar quarter."""
        return number >= 0 and self.dates[number].day == 1 and self.dates[number].month in (1, 4, 7, 10)


def latest(by_year: dict[int, float], year: int) -> float:
    """The value of the latest year not after `year`, or nothing."""
    years = [known for known in by_year if known <= year]
    return by_year[max(years)] if years else 0.0
