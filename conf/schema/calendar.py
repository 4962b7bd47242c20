"""Settings of the calendar: dates, outside drivers, seasons, festivals."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from secondhalf.conf.schema.base import Days, Factor, Number, Scale, Settings, Weight, Whole

FIRST_DATE = dt.date(2019, 1, 1)
LAST_DATE = dt.date(2099, 12, 31)
MOST_YEARS_AHEAD = 10
"""Years that a run may go on after the last knot of the curve that ends first: farther, damped growth is a guess."""
LARGEST_OF_DRIVERS = {
    "people_online": 1e5,  # million people
    "phone_minutes": 1440.0,  # a day has no more
    "planned_demand": 100.0,
    "need_value": 1000.0,
    "gmv_over_retail": 100.0,
    "other_short_video": 1.0,  # shares of the time outside the platforms
    "instant_messaging": 1.0,
}
"""Most that a driver can be, in its unit."""


class Driver(Settings):
    """A curve from outside: monotone cubic through dated knots, damped growth after the last of them.

    After the last knot the growth seen over the final `trend_days` fades as ``exp(-damping * years)``.
    """

    unit: str
    source: str
    knots: dict[dt.date, Annotated[Number, Field(ge=1e-6, le=1e5)]]
    trend_days: Annotated[Days, Field(ge=1)] = 365
    damping: Annotated[Number, Field(ge=0, le=1)] = 0.5

    @field_validator("knots")
    @classmethod
    def _has_knots(cls, knots: dict[dt.date, float]) -> dict[dt.date, float]:
        if len(knots) < 2:
            raise ValueError("a driver needs at least two dated knots")
        return dict(sorted(knots.items()))


class Festival(Settings):
    """A yearly sale: factors on planned needs (`demand`) and spending (`basket`), added pull at who holds it.

    `from_day`, `to_day` are month-day; `single_day_until` shortens it to its peak day up to that year, with both peaks
    raised by `single_day_factor`.
    """

    from_day: Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
    to_day: Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
    peak_day: Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
    platforms: list[str] | Literal["all"]
    demand: Factor
    peak_demand: Factor
    basket: Scale = 1.0
    peak_basket: Scale = 1.0
    single_day_factor: Scale = 1.0
    pull: Weight
    traffic_boost: dict[int, Factor] = Field(default_factory=dict)
    traffic_package: dict[int, Factor] = Field(default_factory=dict)
    single_day_until: Annotated[Whole, Field(ge=0, le=9999)] = 0

    @model_validator(mode="after")
    def _in_order(self) -> Festival:
        for name in ("from_day", "to_day", "peak_day"):
            try:
                dt.date.fromisoformat(f"2019-{getattr(self, name)}")
            except ValueError as error:
                raise ValueError(f"{name}={getattr(self, name)} is no day of every year (MM-DD)") from error
        if not self.from_day <= self.peak_day <= self.to_day:
            raise ValueError(f"a festival runs from_day <= peak_day <= to_day, not {self.from_day}, {self.peak_day}")
        return self


class CalendarSettings(Settings):
    """First and last day, the days of settling in before the first, and what comes from outside."""

    start: dt.date
    end: dt.date
    last_fact: dt.date
    warm_up: Annotated[Whole, Field(ge=56, le=730)]
    revision: Literal["sequential", "simultaneous"]
    people_online: Driver
    phone_minutes: Driver
    planned_demand: Driver
    need_value: Driver
    gmv_over_retail: Driver
    other_short_video: Driver
    instant_messaging: Driver
    months: Annotated[list[Scale], Field(min_length=12, max_length=12)]
    weekdays: Annotated[list[Scale], Field(min_length=7, max_length=7)]
    festivals: dict[str, Festival]

    @model_validator(mode="after")
    def _in_order(self) -> CalendarSettings:
        if self.start < FIRST_DATE:
            raise ValueError(
                f"calendar.start={self.start} is before {FIRST_DATE}, where the platforms' first state is given"
            )
        if self.last_fact < FIRST_DATE:
            raise ValueError(f"calendar.last_fact={self.last_fact} is before {FIRST_DATE}")
        if self.start > self.end:
            raise ValueError(f"calendar.start={self.start} is after calendar.end={self.end}")
        name, known = min(self.known_until.items(), key=lambda pair: pair[1])
        farthest = LAST_DATE.replace(year=min(known.year + MOST_YEARS_AHEAD, LAST_DATE.year))
        if self.end > farthest:
            raise ValueError(
                f"calendar.end={self.end}: allowed is {FIRST_DATE} to {farthest}, {MOST_YEARS_AHEAD} years after the "
                f"last knot of calendar.{name} ({known})"
            )
        for name, largest in LARGEST_OF_DRIVERS.items():
            for date, value in getattr(self, name).knots.items():
                if value > largest:
                    raise ValueError(f"calendar.{name}.knots.{date}={value:g}: input should be at most {largest:g}")
        return self

    @property
    def known_until(self) -> dict[str, dt.date]:
        """Date of each curve's last knot; after it growth is damped."""
        return {name: max(getattr(self, name).knots) for name in LARGEST_OF_DRIVERS}

    @property
    def extrapolated(self) -> dict[str, dt.date]:
        """Curves that end before the calendar does, with the date of the last knot."""
        return {name: last for name, last in self.known_until.items() if last < self.end}
