"""Settings of the study `report`: the group conf/report."""

from __future__ import annotations

from typing import ClassVar

from secondhalf.experiments.execution.settings import Options


class Report(Options):
    """What `secondhalf report` shows."""

    group: ClassVar[str] = "report"
    of: str | None = None
    against: str | None = None
    metrics: tuple[str, ...] = ()
