"""Settings of the study `browse`: the group conf/browse."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from secondhalf.conf.schema.base import Number, Whole
from secondhalf.experiments.execution.settings import Options

HOST = r"^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"
"""What a browser sends as Host: NAME or NAME:PORT."""


class Browse(Options):
    """Where `secondhalf browse` is found, and how much it draws."""

    group: ClassVar[str] = "browse"
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[Whole, Field(ge=1, le=65535)]
    nodes: Annotated[Whole, Field(ge=2, le=500)]
    frames: Annotated[Number, Field(gt=0, le=60)]
    allowed_hosts: tuple[Annotated[str, Field(pattern=HOST)], ...] = ()
