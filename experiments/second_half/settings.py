"""Settings of the study `phases`: the group conf/phases."""

from __future__ import annotations

from typing import ClassVar

from secondhalf.conf.schema.base import Count
from secondhalf.experiments.execution.settings import Options


class Phases(Options):
    """How `secondhalf phases` measures."""

    group: ClassVar[str] = "phases"
    seeds: Count
    users: Count
    workers: Count
    against: tuple[str, ...] = ()
