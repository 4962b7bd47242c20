"""Settings of the study `bench`: the group conf/bench."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from secondhalf.conf.schema.base import Count, Whole
from secondhalf.experiments.execution.settings import Options


class Bench(Options):
    """What `secondhalf bench` measures."""

    group: ClassVar[str] = "bench"
    users: tuple[Count, ...] = Field(min_length=1)
    days: Count
    repeats: Count
    oracle_users: Count
    what: Literal["speed", "sweep"]
    runs: Count
    kills: Annotated[Whole, Field(ge=0)]
    flat: Annotated[Whole, Field(ge=0)]
    documents: tuple[str, ...] = ()
