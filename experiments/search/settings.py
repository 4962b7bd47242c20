"""Settings of the study `search`: the group conf/search."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from secondhalf.conf.schema.base import Count
from secondhalf.experiments.execution.settings import Options


class Search(Options):
    """What `secondhalf search` looks for."""

    group: ClassVar[str] = "search"
    metric: str | None = None
    direction: Literal["maximize", "minimize"]
    space: dict[str, Any]
    log: tuple[str, ...] = ()
    trials: Count
    seeds: Count
    batch: Count
