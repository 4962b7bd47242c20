"""One switch, one output, one direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.mechanisms.runs import Overrides, Run, run


@dataclass(frozen=True)
class Case:
    """What a mechanism must do to an output.

    Attributes
    ----------
    switch
        field of `Mechanisms`
    output
        what `measure` reads from a run: table and column, or the books
    gain
        +1 when the mechanism raises the output (so that it falls when switched off), -1 when it lowers it
    least
        change, relative to the larger of the two values, that every seed must show; a mechanism that does nothing
        changes nothing at all, since both runs share their luck
    gone
        what the output is exactly when the mechanism is off, if there is such a value
    """

    switch: str
    output: str
    measure: Callable[[Run], float]
    gain: int
    least: float
    overrides: Overrides
    gone: float | None = None
    strategy: str = "hold"
    seeds: tuple[int, ...] = (0, 1)

    def __post_init__(self) -> None:
        assert abs(self.gain) == 1
        assert self.least > 0

    def __str__(self) -> str:
        return f"{self.switch}: {self.output}"

    def values(self, seed: int) -> tuple[float, float]:
        """The output with and without the mechanism, under the same luck."""
        off = (*self.overrides, (f"mechanisms.{self.switch}", False))
        return self.measure(run(seed, self.overrides, self.strategy)), self.measure(run(seed, off, self.strategy))


def change(on: float, off: float) -> float:
    """What is added, relative to the larger of the two values."""
    return (on - off) / max(abs(on), abs(off), 1e-300)
