"""Settings of deciding platforms: what they are after, and what growing costs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from secondhalf.model.settings.base import Count, Number, Positive, Rate, Settings


class Weights(Settings):
    """Parts of a blended objective."""

    profit: Rate = 1.0
    attention: Rate = 1.0
    gmv: Rate = 1.0


class Objective(Settings):
    """What a platform is after; the goal's name alone will do."""

    goal: Literal["profit", "attention", "gmv", "blend"] = "profit"
    discount_rate: Rate = 0.1
    weights: Weights = Weights()

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        return {"goal": given} if isinstance(given, str) else given


class Growth(Settings):
    """Size, length and price of recruiting and of deepening the pool, for strategies that decide."""

    recruit_factor: Annotated[Number, Field(ge=1)]
    recruit_days: Count
    recruit_cost: Rate
    deepen_factor: Annotated[Number, Field(gt=1)]
    deepen_days: Count
    deepen_cost: Rate
    deepest: Positive
