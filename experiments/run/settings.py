"""Settings of checkpoints: the group conf/checkpoint."""

from __future__ import annotations

from typing import ClassVar

from secondhalf.conf.schema.base import Count
from secondhalf.experiments.execution.settings import Options


class Checkpoint(Options):
    """How often a run saves its market."""

    group: ClassVar[str] = "checkpoint"
    every: Count | None = None
