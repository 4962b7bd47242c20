"""Settings of the study `calibrate`: the group conf/calibrate."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar

from pydantic import Field

from secondhalf.conf.schema.base import Count, Number, Whole
from secondhalf.experiments.execution.settings import Options


class Calibrate(Options):
    """How `secondhalf calibrate` searches."""

    group: ClassVar[str] = "calibrate"
    parameters: str
    targets: str
    only: str
    until: dt.date
    users: Annotated[Whole, Field(ge=2)]
    merchants: Count
    seeds: Count
    rounds: Count
    renew: bool
    polish: Annotated[Whole, Field(ge=0)]
    coarse_rounds: Annotated[Whole, Field(ge=0)]
    coarse_users: Annotated[Whole, Field(ge=2)]
    start: str
    meanfield_rounds: Annotated[Whole, Field(ge=0)]
    step: Annotated[Number, Field(gt=0, le=1)]
    discrepancy: Annotated[Number, Field(ge=0, le=1)]
    shared: Annotated[Number, Field(ge=0, lt=1)]
    draws: Annotated[Whole, Field(ge=2)]
    sharpen: Annotated[Whole, Field(ge=0)]
    coverage: Annotated[Whole, Field(ge=0)]
    recover: Annotated[Whole, Field(ge=0)]
    recover_parameters: str
    workers: Count | None = None
    write: bool = False
