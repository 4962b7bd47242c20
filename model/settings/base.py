"""Types shared by all settings: closed models and numbers with ranges."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Settings(BaseModel):
    """A frozen group of settings that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _not_a_switch(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a number is needed, not a switch")
    return value


LARGEST = 1e15
"""Bound of every number, so that single precision cannot overflow where it is read."""

Number = Annotated[float, BeforeValidator(_not_a_switch), Field(ge=-LARGEST, le=LARGEST)]
Whole = Annotated[int, BeforeValidator(_not_a_switch)]
Share = Annotated[Number, Field(ge=0, le=1)]
Rate = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
Count = Annotated[Whole, Field(ge=1)]
Days = Annotated[Whole, Field(ge=0, le=10_000)]
