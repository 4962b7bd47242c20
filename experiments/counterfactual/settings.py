"""Settings of the study `counterfactual`: the group conf/counterfactual."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from secondhalf.conf.schema.base import Count, Whole
from secondhalf.experiments.execution.settings import Options


class Counterfactual(Options):
    """What `secondhalf counterfactual` compares, and how often."""

    group: ClassVar[str] = "counterfactual"
    model_config = ConfigDict(populate_by_name=True)

    ensemble: bool
    calibration: str
    members: Annotated[Whole, Field(ge=2)]
    seeds: Annotated[Whole, Field(ge=2)]
    users: Annotated[Whole, Field(ge=2)]
    workers: Count | None = None
    with_: tuple[str, ...] = Field(default=(), alias="with")
    against: tuple[str, ...] = ()
