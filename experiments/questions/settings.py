"""Settings of the study `questions`: the group conf/questions."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from secondhalf.conf.schema.base import Count, Whole
from secondhalf.experiments.execution.settings import Options


class Questions(Options):
    """What `secondhalf questions` runs, and where its answers go."""

    group: ClassVar[str] = "questions"
    calibration: str
    members: Annotated[Whole, Field(ge=2)]
    seeds: Annotated[Whole, Field(ge=2)]
    users: Annotated[Whole, Field(ge=2)]
    merchants: Count
    workers: Count | None = None
    documents: tuple[str, ...] = ()
    write: bool = False
