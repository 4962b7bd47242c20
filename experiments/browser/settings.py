"""Settings of the study `browse`: the group conf/browse."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from secondhalf.conf.schema.base import Number, Whole
from secondhalf.experiments.execution.settings import Options


class Browse(Options):
    """Where `secondhalf browse` is found, and how much it draws."""

    group: ClassVar[str] = "browse"
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[Whole, Field(ge=1, le=65535)]
    nodes: Annotated[Whole, Field(ge=2, le=500)]
    frames: Annotated[Number, Field(gt=0, le=60)]
