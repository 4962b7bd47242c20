"""Settings of the study `phases`: the group conf/phases."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from secondhalf.conf.schema.base import Count, Whole
from secondhalf.experiments.execution.settings import Options


class Phases(Options):
    """How `secondhalf phases` measures."""

    group: ClassVar[str] = "phases"
    ensemble: bool
    calibration: str
    members: Annotated[Whole, Field(ge=2)]
    seeds: Count
    users: Count
    workers: Count
    against: tuple[str, ...] = ()
