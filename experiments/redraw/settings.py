"""Settings of the study `pictures`: the group conf/pictures."""

from __future__ import annotations

from typing import ClassVar

from secondhalf.experiments.execution.settings import Options


class Pictures(Options):
    """What `secondhalf pictures` draws."""

    group: ClassVar[str] = "pictures"
    of: str | None = None
    only: tuple[str, ...] = ()
