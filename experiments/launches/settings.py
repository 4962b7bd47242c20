"""Settings of the study `launches`: the group conf/launches."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from secondhalf.conf.schema.base import Count, Settings, Whole, Word
from secondhalf.conf.schema.population import Nest
from secondhalf.experiments.execution.settings import Options


class Group(Settings):
    """Launches of one platform that are taken away together, with traffic packages of festivals."""

    launches: Annotated[tuple[str, ...], Field(min_length=1)]
    packages: dict[str, tuple[Annotated[int, Field(ge=2019, le=2099)], ...]] = Field(default_factory=dict)
    label: str = ""


class Nests(Settings):
    """Values of users.channel_nest under which malls are measured again, and for how many members."""

    values: tuple[Nest, ...]
    members: Annotated[Whole, Field(ge=0)]

    @model_validator(mode="after")
    def _enough(self) -> Nests:
        if self.members == 1:
            raise ValueError("members=1: 0 for none, else at least 2")
        if len(set(self.values)) < len(self.values):
            raise ValueError(f"values={list(self.values)} name one twice")
        return self


class Launches(Options):
    """What `secondhalf launches` measures, and with how many runs."""

    group: ClassVar[str] = "launches"
    calibration: str
    members: Annotated[Whole, Field(ge=2)]
    seeds: Annotated[Whole, Field(ge=2)]
    users: Annotated[Whole, Field(ge=2)]
    merchants: Count
    until: dt.date | None = None
    only: tuple[str, ...] = ()
    groups: dict[Word, Group] = Field(default_factory=dict)
    nests: Nests
    workers: Count | None = None
    documents: tuple[str, ...] = ()
    write: bool = False
