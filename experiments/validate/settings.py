"""Settings of the study `validate`: the group conf/validate."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from secondhalf.conf.schema.base import Count, Positive, Rate, Settings, Whole
from secondhalf.experiments.execution.settings import Options


class Outlook(Settings):
    """What is assumed about errors after the last fact (see experiments.validate.ensemble)."""

    memory_years: Positive
    drift: dict[str, Rate]
    """By metric; `others` for those without an entry."""
    unseen: Rate

    @model_validator(mode="after")
    def _covers_all(self) -> Self:
        if "others" not in self.drift:
            raise ValueError("drift: an entry `others` is needed, for metrics without one of their own")
        return self


class Validate(Options):
    """What `secondhalf validate` compares with facts, naive forecasts and patterns."""

    group: ClassVar[str] = "validate"
    calibration: str
    origins: tuple[dt.date, ...]
    draws: Annotated[Whole, Field(ge=2)]
    users: Annotated[Whole, Field(ge=2)]
    merchants: Count
    pattern_seeds: Annotated[Whole, Field(ge=2)]
    forecast_until: dt.date
    outlook: Outlook
    workers: Count | None = None
    score: str = ""
    forecast: str = ""
    documents: tuple[str, ...] = ()
    write: bool = False
