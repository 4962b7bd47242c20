"""Settings of the supply side: channels, capabilities, platforms, strategies."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from secondhalf.conf.schema.base import Count, Number, Positive, Rate, Settings, Share

Entrance = Literal["top_tab", "bottom_tab", "second_level", "in_feed"]
ChannelName = Literal["short_video", "live_store", "live_expert", "mall", "search", "store"]


class NeedWeights(Settings):
    """One number for each kind of need."""

    planned: Rate
    impulse: Rate
    repeat: Rate


class Affinity(Settings):
    """How readily each kind of need is met in a channel."""

    planned: Rate
    impulse: Rate
    ripened: Rate
    repeat: Rate


class ChannelSettings(Settings):
    """One channel: who uses it, what comes back, whether it is part of the feed, plants interest, makes fans."""

    affinity: Affinity
    return_rate: Share
    fan_gain: Share
    feed: bool
    seeds: bool


class CapabilitySettings(Settings):
    """What a pool adds at full presence, what it costs (RMB; running cost per day), how fast it fills."""

    leisure_gain: Number = 0.0
    shopping_gain: NeedWeights = NeedWeights(planned=0, impulse=0, repeat=0)
    seeding: Rate = 0.0
    clutter: Rate = 0.0
    clutter_limit: Annotated[Number, Field(gt=0, le=1)] = 0.09
    recommendation_gain: Rate = 0.0
    price_gain: Rate = 0.0
    link_gain: Rate = 0.0
    supply_gain: Rate = 0.0
    opens: list[ChannelName] = Field(default_factory=list)
    ramp_days: Positive = 180.0
    launch_cost: Rate = 0.0
    running_cost: Rate = 0.0
    subsidy_rate: Share = 0.0
    entrance: Entrance = "second_level"
    test_share: Share = 0.1
    restricted_share: Share = 0.5
    strengthen: Rate = 0.15
    skill: dict[Literal["content", "shelf"], Annotated[Number, Field(gt=0, le=2)]]
    skill_sd: Rate = 0.0


class OpenAtStart(Settings):
    """State of a capability on the first day."""

    maturity: Annotated[Number, Field(ge=0, le=2)] = 1.0
    exposure: Share = 1.0
    entrance: Entrance | None = None


class PlatformSettings(Settings):
    """One platform: line of business, appeal, growth, earnings, what it starts with and may choose."""

    kind: Literal["content", "shelf"]
    taste_content: Number
    taste_shelf: Number
    leisure: Number
    gamma: Positive
    innovation: Rate
    imitation: Rate
    drop: Rate
    installed_at_start: Share
    recent_at_start: Share
    creator_share: Share
    shops_at_start: Share
    affordability: Number
    order_value: Positive
    take_rate: Share
    ad_yield: Rate
    ad_take: Share
    open_at_start: dict[str, OpenAtStart]
    choosable: list[str] | None = None
    skill: dict[str, Annotated[Number, Field(gt=0, le=2)]] = Field(default_factory=dict)


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

    profit: Rate = 1.0
    attention: Rate = 1.0
    gmv: Rate = 1.0


class ObjectiveSettings(Settings):
    """What a platform is after; the goal's name alone will do."""

    goal: Literal["profit", "attention", "gmv", "blend"] = "profit"
    discount_rate: Rate = 0.1
    weights: Weights = Weights()

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        return {"goal": given} if isinstance(given, str) else given


class GrowthSettings(Settings):
    """Size, length and price of recruiting and of deepening the pool, for strategies that decide."""

    recruit_factor: Annotated[Number, Field(ge=1)]
    recruit_days: Count
    recruit_cost: Rate
    deepen_factor: Annotated[Number, Field(gt=1)]
    deepen_days: Count
    deepen_cost: Rate
    deepest: Positive
