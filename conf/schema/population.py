"""Settings of users: how many, what they are like, how they decide."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from secondhalf.conf.schema.base import Count, Days, Number, Positive, Rate, Settings, Share, Whole
from secondhalf.conf.schema.import_path import import_object, is_import_path
from secondhalf.conf.schema.vocabulary import MAX_FAN_SLOTS

NETWORKS = ("small_world", "scale_free", "clustered_scale_free", "communities", "file", "random_mixing")
"""Friend graphs that ship."""


class PopulationSettings(Settings):
    """Sizes. A user stands for ``people / users`` people."""

    users: Annotated[Whole, Field(ge=2, le=1_000_000_000)]
    merchants: Annotated[Whole, Field(ge=1, le=1_000_000)]
    people: Annotated[Number, Field(gt=0, le=1e11)]
    agent_objects: Annotated[Whole, Field(ge=0)]


class NetworkSettings(Settings):
    """The friend graph."""

    kind: str
    mean_degree: Positive
    rewiring: Share
    exponent: Annotated[Number, Field(gt=2, le=10)]
    temperature: Annotated[Number, Field(ge=0, lt=1)]
    community_size: Annotated[Whole, Field(ge=3)]
    inside: Share
    file: str | None

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if is_import_path(kind):
            import_object(kind)
        elif kind not in NETWORKS:
            raise ValueError(f"allowed are {', '.join(NETWORKS)}, and module:function for your own")
        return kind

    @model_validator(mode="after")
    def _file_is_named(self) -> NetworkSettings:
        if self.kind == "file" and not self.file:
            raise ValueError("network=file needs network.file=<path of an edge list>")
        if self.kind != "file" and self.file:
            raise ValueError(f"network.file is read only with network=file, not with network={self.kind}")
        return self


class FanTie(Settings):
    """BG/NBD law of repeat purchase on a fan tie (Fader, Hardie and Lee 2005); rates per day."""

    rate_shape: Positive
    rate_mean: Rate
    dropout_a: Positive
    dropout_b: Positive
    fresh_days: Days
    slots: Annotated[Whole, Field(ge=1, le=MAX_FAN_SLOTS)]


class UserSettings(Settings):
    """Users' traits and decision parameters. Utilities are in log units, stocks in [0, 1]."""

    taste_sd_content: Rate
    taste_sd_shelf: Rate
    budget_sd: Rate
    needs_per_day: Rate
    need_shape: Positive
    adoption_taste: Number
    idle_days: Days
    habit_weight: Rate
    habit_days: Positive
    habit_half_minutes: Positive
    social_weight: Rate
    shock: Rate
    outside: Positive
    need_weight: Rate
    interest_days: Positive
    impulse_rate: Rate
    impulse_power: Annotated[Whole, Field(ge=0, le=3)]
    ripening_rate: Rate
    ripened_share: Share
    loyalty_weight: Rate
    loyalty_days: Positive
    loyalty_step: Share
    walk_away: Number
    price_weight: Rate
    assortment_weight: Rate
    closed_loop: Rate
    link_bonus: Rate
    repeat_bonus: Number
    fan: FanTie


class MerchantSettings(Settings):
    """Merchants' traits, effort and products."""

    real_count: Count
    pareto_exponent: Annotated[Number, Field(gt=0.5, le=5)]
    head_share: Share
    categories: Annotated[Whole, Field(ge=1, le=100)]
    category_exponent: Rate
    kinds: dict[str, MerchantKind]
    contest_exponent: Annotated[Number, Field(gt=0, le=1)]
    effort: Literal["ewa", "logit"]
    ewa_phi: Share
    ewa_delta: Share
    ewa_kappa: Share
    ewa_lambda: Rate
    effort_floor: Annotated[Number, Field(gt=0, lt=0.5)]
    supply_elasticity: Rate
    attribution: Share
    broadcast_gain: Rate
    feed_half: Positive
    load_ceiling: Share
    margin: Share
    shop_cost: Rate
    entry_hazard: Rate
    patience_weeks: Annotated[Whole, Field(ge=1)]
    products: Products

    @model_validator(mode="after")
    def _kinds_add_up(self) -> MerchantSettings:
        total = sum(kind.share for kind in self.kinds.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares of the kinds of merchant must add up to 1, not {total:g}")
        return self


class MerchantKind(Settings):
    """One kind of merchant: its share, its typical quality and price, how well it does in each channel."""

    share: Share
    quality: Positive
    price: Positive
    launches_per_year: Rate
    fit: dict[str, Rate]


class Products(Settings):
    """Launch, test by short video, scale the best."""

    slots: Annotated[Whole, Field(ge=1, le=64)]
    at_start: Annotated[Whole, Field(ge=1)]
    appeal_sd: Rate
    test_noise: Rate
    test_exposure: Positive
    max_scaled: Annotated[Whole, Field(ge=0)]
    scaled_boost: Rate

    @model_validator(mode="after")
    def _fits(self) -> Products:
        if self.at_start > self.slots:
            raise ValueError(f"products.at_start={self.at_start} does not fit products.slots={self.slots}")
        return self


MerchantSettings.model_rebuild()
