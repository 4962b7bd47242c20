"""Settings of the supply side: channels, capabilities, platforms, strategies."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from secondhalf.conf.schema.base import (
    Days,
    Factor,
    Hazard,
    Memory,
    Money,
    Number,
    Settings,
    Share,
    Utility,
    Weight,
)
from secondhalf.conf.schema.calendar import FIRST_DATE

Entrance = Literal["top_tab", "bottom_tab", "second_level", "in_feed"]


def _begun(knots: dict[dt.date, float]) -> dict[dt.date, float]:
    for date in knots:
        if date <= FIRST_DATE:
            raise ValueError(f"{date} is not after {FIRST_DATE}, where every trend is 1")
    return dict(sorted(knots.items()))


Trend = Annotated[dict[dt.date, Annotated[Number, Field(ge=0.001, le=100)]], AfterValidator(_begun)]
"""Factors by date: straight lines in logs from 1 on the first day, flat after the last."""
ChannelName = Literal["short_video", "live_store", "live_expert", "mall", "search", "store"]
Skill = Annotated[Number, Field(ge=0.001, le=2)]
"""Share of what a pool can add that a platform reaches in time; with none it would never grow."""
LongDays = Annotated[Days, Field(ge=1)]
LEAST_WEIGHT = 1e-6


class Affinity(Settings):
    """How readily each kind of need is met in a channel."""

    planned: Factor
    impulse: Factor
    ripened: Factor
    repeat: Factor


class ChannelSettings(Settings):
    """One channel: who uses it, what is paid and sent back, whether it is of the feed, plants interest, makes fans."""

    affinity: Affinity
    paid_share: Share
    return_rate: Share
    fan_gain: Share
    feed: bool
    seeds: bool


class CapabilitySettings(Settings):
    """What a pool adds at full presence, what it costs (RMB; running cost per day), how fast it fills."""

    leisure_gain: Utility = 0.0
    seeding: Factor = 0.0
    clutter: Weight = 0.0
    clutter_limit: Annotated[Number, Field(ge=0.001, le=1)] = 0.09
    recommendation_gain: Factor = 0.0
    price_cut: Annotated[Number, Field(ge=0, le=0.9)] = 0.0
    link_gain: Weight = 0.0
    supply_gain: Weight = 0.0
    opens: list[ChannelName] = Field(default_factory=list)
    ramp_days: Memory = 180.0
    launch_cost: Money = 0.0
    running_cost: Money = 0.0
    entrance: Entrance = "second_level"
    test_share: Share = 0.1
    restricted_share: Share = 0.5
    strengthen: Share = 0.15
    skill: dict[Literal["content", "shelf"], Skill]
    skill_sd: Annotated[Number, Field(ge=0, le=1)] = 0.0  # a hidden skill above 20 is none that a pool of time has

    @property
    def opens_all(self) -> bool:
        """Whether it opens every channel, as the storefront does."""
        return set(self.opens) == set(get_args(ChannelName))


class OpenAtStart(Settings):
    """State of a capability on the first day."""

    maturity: Annotated[Number, Field(ge=0, le=2)] = 1.0
    exposure: Share = 1.0
    entrance: Entrance | None = None


class PlatformSettings(Settings):
    """One platform: line of business, appeal, growth, earnings, what it starts with and may choose."""

    kind: Literal["content", "shelf"]
    taste_content: Utility
    taste_shelf: Utility
    leisure: Utility
    gamma: Annotated[Number, Field(ge=0.01, le=1440)]  # minutes; a day has no more
    innovation: Hazard
    imitation: Hazard
    drop: Hazard
    installed_at_start: Share
    recent_at_start: Share
    buyers_at_start: Share
    creator_share: Share
    shops_at_start: Share
    appeal: Utility
    tier_fit: Annotated[Number, Field(ge=-5, le=5)]
    never_installs: Share
    recruit_trend: Trend = Field(default_factory=dict)
    depth_trend: Trend = Field(default_factory=dict)
    appeal_trend: Trend = Field(default_factory=dict)
    selling_load: Share
    take_rate: Share
    ad_yield: Annotated[Number, Field(ge=0, le=1e6)]  # RMB an hour
    ad_take: Share
    open_at_start: dict[str, OpenAtStart]
    choosable: list[str] | None = None
    skill: dict[str, Skill] = Field(default_factory=dict)


class StrategySettings(Settings):
    """Name and parameters of a strategy; the parameters are checked by the strategy itself."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str

    @property
    def parameters(self) -> dict[str, Any]:
        """Everything but the name."""
        return dict(self.model_extra or {})


class Weights(Settings):
    """Parts of a blended objective."""

    profit: Factor = 1.0
    attention: Factor = 1.0
    gmv: Factor = 1.0

    @model_validator(mode="after")
    def _one_counts(self) -> Weights:
        if self.profit + self.attention + self.gmv < LEAST_WEIGHT:
            given = f"profit: {self.profit:g}, attention: {self.attention:g}, gmv: {self.gmv:g}"
            raise ValueError(f"one of the weights must count, but their sum is below {LEAST_WEIGHT:g} ({given})")
        return self


class ObjectiveSettings(Settings):
    """What a platform is after; the goal's name alone will do."""

    goal: Literal["profit", "attention", "gmv", "blend"] = "profit"
    discount_rate: Factor = 0.1
    weights: Weights = Weights()

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        return {"goal": given} if isinstance(given, str) else given


class GrowthSettings(Settings):
    """Size, length and price of recruiting and of deepening the pool, for strategies that decide."""

    recruit_factor: Annotated[Number, Field(ge=1, le=100)]
    recruit_days: LongDays
    recruit_cost: Money
    deepen_factor: Annotated[Number, Field(gt=1, le=100)]
    deepen_days: LongDays
    deepen_cost: Money
    deepest: Annotated[Number, Field(ge=0.01, le=100)]
