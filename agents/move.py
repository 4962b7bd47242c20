"""Move: one change by one platform."""

from __future__ import annotations

from dataclasses import dataclass

from secondhalf.conf.schema.vocabulary import CAPABILITY_CHANGES, PLATFORM_CHANGES


@dataclass(frozen=True)
class Move:
    """One change by one platform.

    `value` is the factor of a `recruit` or `deepen`; `days` limits a `recruit`, which needs them, or stretches a
    `deepen`. `share` of an `open` is the part of the users who see the capability from then on, all of them when it is
    None. `reason` says why, `estimates` on which payoffs it was chosen, `grade` how well the source of a launch that
    really happened is known.
    """

    change: str
    capability: str | None = None
    entrance: str | None = None
    value: float = 1.0
    days: int | None = None
    share: float | None = None
    reason: str = ""
    grade: str = ""
    estimates: str = ""

    def __post_init__(self) -> None:
        allowed = CAPABILITY_CHANGES if self.capability else PLATFORM_CHANGES
        if self.change not in allowed:
            about = f"of capability {self.capability!r}" if self.capability else "without a capability"
            raise ValueError(f"unknown change {self.change!r} {about}; allowed are {', '.join(allowed)}")
        if self.change == "recruit" and self.days is None:
            raise ValueError("days=None of the change 'recruit': a campaign needs a number of days")

    def __str__(self) -> str:
        return f"{self.change} {self.capability}" if self.capability else self.change
