"""Settings of the world around the platforms: what a scenario imposes, takes away, shifts or adds.

A `platform` of these settings is a name, `content` or `shelf` for all of a line of business, or `*` for all. Dates
named `since` are the first day of a rule, those named `until` the first day without it.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from secondhalf.conf.schema.base import Days, Factor, Number, Rate, Scale, Settings, Share, Whole
from secondhalf.conf.schema.platforms import Entrance

ALL, BOUND = "*", "bound"
LINES = ("content", "shelf")
Change = Literal["test", "open", "strengthen", "restrict", "close", "restore"]


class DatedRule(Settings):
    """Something that holds between two dates; without them from the start (settling in, too) or for ever."""

    since: dt.date | None = None
    until: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> DatedRule:
        if self.since and self.until and self.since >= self.until:
            raise ValueError(f"until={self.until}: needs a date after since={self.since}")
        return self

    def holds(self, date: dt.date | None) -> bool:
        """Whether the rule is in force on a date; `None` is a day of settling in."""
        if date is None:
            return self.since is None
        return (self.since is None or self.since <= date) and (self.until is None or date < self.until)


class Exclusivity(DatedRule):
    """Shops of `platform` that may not sell on other platforms of its kind."""

    platform: str
    share: Share


class ScenarioMove(Settings):
    """A change that the scenario imposes on a date; `share` is the part of the users to whom an `open` opens."""

    date: dt.date
    platform: str
    change: str
    capability: str
    entrance: Entrance | None = None
    share: Annotated[Number, Field(ge=1e-6, le=1)] | None = None

    @model_validator(mode="after")
    def _share_of_opening(self) -> ScenarioMove:
        if self.share is not None and self.change != "open":
            raise ValueError(f"share={self.share}: only change=open has a share, not {self.change}")
        return self


class Without(Settings):
    """Launches that do not happen; a strategy that decides is kept from such moves. No `changes`, `dates`: all."""

    platform: str
    capability: str
    changes: list[Change] | None = None
    dates: list[dt.date] | None = None


class Shift(Settings):
    """Launches that happen `days` later, or earlier when it is negative."""

    platform: str
    capability: str
    days: Annotated[Whole, Field(ge=-10_000, le=10_000)]


class Ban(Settings):
    """A capability that is closed on a date and cannot be opened afterwards."""

    platform: str = ALL
    capability: str
    since: dt.date


class Cap(Settings):
    """Most that platforms may take from a date on: commission, advertising, the share of the feed that sells."""

    platform: str = ALL
    since: dt.date
    take_rate: Rate | None = None
    ad_take: Rate | None = None
    ad_yield: Rate | None = None
    load: Rate | None = None

    @model_validator(mode="after")
    def _caps_something(self) -> Cap:
        if all(value is None for value in (self.take_rate, self.ad_take, self.ad_yield, self.load)):
            raise ValueError("a cap needs one of take_rate, ad_take, ad_yield, load")
        return self


class Entrant(Settings):
    """A platform that opens on a date."""

    platform: str
    date: dt.date


class Shock(Settings):
    """Factors on planned needs and phone time from `since` to the day before `until`, then back to one."""

    since: dt.date
    until: dt.date
    planned_needs: Factor = 1.0
    phone_time: Annotated[Number, Field(ge=0.01, le=10)] = 1.0
    recovery_days: Days = 0

    @model_validator(mode="after")
    def _in_order(self) -> Shock:
        if self.since >= self.until:
            raise ValueError(f"until={self.until}: needs a date after since={self.since}")
        return self


class SelfPreferencing(DatedRule):
    """A factor on the weight that a platform's own merchants have in its search.

    `own` lists kinds of merchant, or `bound` for the shops that exclusivity ties to the platform.
    """

    platform: str
    factor: Scale
    own: Annotated[list[str], Field(min_length=1)]


class Scenario(Settings):
    """The world around the platforms; every entry but the name may be left out."""

    name: str
    exclusivity: Exclusivity | None = None
    moves: list[ScenarioMove] = Field(default_factory=list)
    without: list[Without] = Field(default_factory=list)
    shift: list[Shift] = Field(default_factory=list)
    bans: list[Ban] = Field(default_factory=list)
    caps: list[Cap] = Field(default_factory=list)
    entrants: list[Entrant] = Field(default_factory=list)
    shocks: list[Shock] = Field(default_factory=list)
    self_preferencing: list[SelfPreferencing] = Field(default_factory=list)

    @field_validator("entrants")
    @classmethod
    def _in_order_of_dates(cls, entrants: list[Entrant]) -> list[Entrant]:
        return sorted(entrants, key=lambda entrant: entrant.date)
