"""Settings of users: how many, what they are like, how they decide."""

from __future__ import annotations

import math
import operator
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from secondhalf.conf.schema.base import (
    Days,
    Factor,
    Hazard,
    Memory,
    Money,
    Number,
    Scale,
    Settings,
    Share,
    Spread,
    Utility,
    Weight,
    Whole,
)
from secondhalf.conf.schema.import_path import import_object, is_import_path
from secondhalf.conf.schema.vocabulary import MAX_FAN_SLOTS

NETWORKS = ("small_world", "scale_free", "clustered_scale_free", "communities", "file", "random_mixing")
"""Friend graphs that ship."""


class PopulationSettings(Settings):
    """Sizes. A user stands for ``people / users`` people."""

    users: Annotated[Whole, Field(ge=2, le=1_000_000_000)]
    merchants: Annotated[Whole, Field(ge=1, le=1_000_000)]
    people: Annotated[Number, Field(ge=1, le=1e11)]
    agent_objects: Annotated[Whole, Field(ge=0)]


class NetworkSettings(Settings):
    """The friend graph."""

    kind: str
    mean_degree: Annotated[Number, Field(ge=0.001, le=100_000)]
    rewiring: Share
    exponent: Annotated[Number, Field(gt=2, le=10)]
    temperature: Annotated[Number, Field(ge=0, lt=1)]
    community_size: Annotated[Whole, Field(ge=3, le=1_000_000_000)]
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

    rate_shape: Scale
    rate_mean: Hazard
    dropout_a: Scale
    dropout_b: Scale
    fresh_days: Days
    slots: Annotated[Whole, Field(ge=1, le=MAX_FAN_SLOTS)]


Nest = Annotated[Number, Field(ge=0.05, le=1)]
"""Dissimilarity of a nest's alternatives."""


OrderCount = Annotated[Number, Field(ge=0.1, le=50)]


class Income(Settings):
    """A class of income: its share of people, and the share of its needs in each tier of spending."""

    name: str
    share: Share
    tiers: Annotated[list[Share], Field(min_length=1, max_length=8)]


class Spending(Settings):
    """Tiers of spending: RMB spent on a need, and who has how many needs of each."""

    amounts: Annotated[list[Scale], Field(min_length=1, max_length=8)]
    incomes: Annotated[list[Income], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _add_up(self) -> Spending:
        if self.amounts != sorted(set(self.amounts)):
            raise ValueError(f"users.spending.amounts={self.amounts}: must rise from tier to tier")
        for number, income in enumerate(self.incomes):
            where = f"users.spending.incomes.{number}.tiers={income.tiers}"
            if len(income.tiers) != len(self.amounts):
                raise ValueError(
                    f"{where}: {len(self.amounts)} shares are needed, one for each of users.spending.amounts"
                )
            if abs(sum(income.tiers) - 1) > 1e-9:
                raise ValueError(f"{where}: must add up to 1, not {sum(income.tiers):g}")
        shares = [income.share for income in self.incomes]
        if abs(sum(shares) - 1) > 1e-9:
            raise ValueError(f"users.spending.incomes.*.share={shares}: must add up to 1, not {sum(shares):g}")
        return self

    def mean_log_amount(self) -> float:
        """Mean of the logarithm of what a need is worth, over all people's needs."""
        logs = [math.log(amount) for amount in self.amounts]
        return math.fsum(one.share * math.fsum(map(operator.mul, one.tiers, logs)) for one in self.incomes)


class OrdersPerNeed(Settings):
    """Orders placed where a need is met: who buys from a live room buys more than once."""

    planned: OrderCount
    impulse: OrderCount
    ripened: OrderCount
    repeat: OrderCount


class UserSettings(Settings):
    """Users' traits and decision parameters. Utilities are in log units, stocks in [0, 1]."""

    taste_sd_content: Spread
    taste_sd_shelf: Spread
    budget_sd: Spread
    needs_per_day: Hazard
    need_shape: Annotated[Number, Field(ge=0.01, le=1000)]
    adoption_taste: Utility
    idle_days: Days
    habit_weight: Weight
    habit_days: Memory
    habit_half_minutes: Scale
    social_weight: Weight
    shock: Spread
    outside: Scale  # a factor on this is a shift of every app's leisure by its logarithm
    interest_days: Memory
    impulse_rate: Hazard
    impulse_power: Annotated[Whole, Field(ge=0, le=3)]
    ripening_rate: Hazard
    ripened_share: Share
    loyalty_weight: Weight
    loyalty_days: Memory
    loyalty_step: Share
    spending: Spending
    orders_per_need: OrdersPerNeed
    content_liking: Weight
    shelf_liking: Weight
    channel_nest: Nest  # lambda
    platform_nest: Nest  # mu
    walk_away: Utility
    price_weight: Annotated[Number, Field(ge=0, le=10)]  # eta, an elasticity
    opening_cost: Weight
    first_order_cost: Weight
    session_minutes: Annotated[Number, Field(ge=0, le=120)]
    attachment_sd: dict[Literal["content", "shelf"], Spread]
    closed_loop: Weight
    link_bonus: Weight
    repeat_bonus: Annotated[Number, Field(ge=-1000, le=1000)]
    fan: FanTie

    @model_validator(mode="after")
    def _nests_are_in_order(self) -> UserSettings:
        if self.channel_nest > self.platform_nest:
            raise ValueError(
                f"users.channel_nest={self.channel_nest:g}: allowed is at most users.platform_nest="
                f"{self.platform_nest:g}; a nested logit is consistent with utility for 0 < lambda <= mu <= 1"
            )
        missing = {"content", "shelf"} - set(self.attachment_sd)
        if missing:
            raise ValueError(
                f"users.attachment_sd={self.attachment_sd}: content and shelf are needed, "
                f"{' and '.join(sorted(missing))} is missing"
            )
        return self


class MerchantSettings(Settings):
    """Merchants' traits, effort and products."""

    real_count: Annotated[Whole, Field(ge=1, le=10_000_000_000)]
    pareto_exponent: Annotated[Number, Field(gt=0.5, le=5)]
    head_share: Share
    categories: Annotated[Whole, Field(ge=1, le=100)]
    category_exponent: Annotated[Number, Field(ge=0, le=10)]
    kinds: dict[str, MerchantKind]
    contest_exponent: Annotated[Number, Field(ge=0.001, le=1)]
    effort: Literal["ewa", "logit"]
    ewa_phi: Share
    ewa_delta: Share
    ewa_kappa: Share
    ewa_lambda: Annotated[Number, Field(ge=0)]  # without an end: the best cell takes all
    effort_floor: Annotated[Number, Field(ge=1e-6, lt=0.5)]
    supply_elasticity: Annotated[Number, Field(ge=0, le=5)]
    attribution: Share
    broadcast_gain: Factor
    margin: Share
    shop_cost: Money
    entry_hazard: Hazard
    patience_weeks: Annotated[Whole, Field(ge=1, le=10_000)]
    products: Products

    @model_validator(mode="after")
    def _kinds_add_up(self) -> MerchantSettings:
        total = sum(kind.share for kind in self.kinds.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the shares of the kinds of merchant must add up to 1, not {total:g}")
        return self


class MerchantKind(Settings):
    """One kind of merchant: its share, its typical quality, how well it does in each channel."""

    share: Share
    quality: Scale
    launches_per_year: Annotated[Number, Field(ge=0, le=10_000)]
    fit: dict[str, Factor]


class Products(Settings):
    """Launch, test by short video, scale the best."""

    slots: Annotated[Whole, Field(ge=1, le=64)]
    at_start: Annotated[Whole, Field(ge=1, le=64)]
    appeal_sd: Spread
    test_noise: Factor
    test_exposure: Scale
    max_scaled: Annotated[Whole, Field(ge=0, le=64)]
    scaled_boost: Weight

    @model_validator(mode="after")
    def _fits(self) -> Products:
        if self.at_start > self.slots:
            raise ValueError(f"products.at_start={self.at_start} does not fit products.slots={self.slots}")
        return self


MerchantSettings.model_rebuild()
