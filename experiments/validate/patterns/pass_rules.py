"""Pass rules of patterns: bounds for the mean over seeds, or for its whole 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from secondhalf.experiments.results.statistics.paired_statistics import mean_and_margin

DEVIATIONS = 1.96
"""Standard deviations of a fact by which the model may be off: 95 % of a normal error."""
BASELINE = "baseline"
"""The arm with nothing changed."""
Runs = Mapping[str, Mapping[str, pd.DataFrame]]
"""Tables by name, by arm, of one seed (`runs.evidence`)."""


@dataclass(frozen=True)
class PassRule:
    """Open bounds, in the quantity's unit.

    Attributes
    ----------
    low, high
        bounds; infinite where there is none, both for a number that is only reported
    whole
        whether the whole 95 % interval over seeds must lie between them, or the mean
    """

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False

    @property
    def judged(self) -> bool:
        """Whether there is anything to fail."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    def holds(self, mean: float, margin: float) -> bool:
        """Whether a mean with its half interval passes; a number that is none never does."""
        spread = margin if self.whole else 0.0
        return self.low < mean - spread and mean + spread < self.high

    def __str__(self) -> str:
        if not self.judged:
            return "reported"
        what = "95 % interval" if self.whole else "mean"
        if math.isinf(self.high):
            return f"{what} above {self.low:.4g}"
        if math.isinf(self.low):
            return f"{what} below {self.high:.4g}"
        return f"{what} within {self.low:.4g} to {self.high:.4g}"


REPORTED = PassRule()
RISES, FALLS = PassRule(low=0.0, whole=True), PassRule(high=0.0, whole=True)
"""A difference whose interval excludes zero, on the side that the direction asks for."""


def near(value: float, error: float) -> PassRule:
    """The mean lies within the fact's own 95 %; `error` is its standard deviation as a share of the value."""
    reach = DEVIATIONS * error
    return PassRule(value * (1 - reach), value * (1 + reach))


@dataclass(frozen=True)
class Quantity:
    """One number of a pattern.

    Attributes
    ----------
    measure
        gives it from a seed's runs; NaN where they cannot show it, which counts as not shown
    fact
        the reported value, in `unit`; NaN where only a direction or a range is known
    source
        of the fact, with its grade; empty where there is none
    """

    name: str
    unit: str
    measure: Callable[[Runs], float]
    rule: PassRule
    fact: float = math.nan
    source: str = ""


@dataclass(frozen=True)
class Pattern:
    """What the default market must show: a statement, and the numbers that show it.

    Attributes
    ----------
    arms
        second runs that it needs beside the baseline, by name in `patterns.ARMS`
    """

    statement: str
    quantities: tuple[Quantity, ...]
    arms: tuple[str, ...] = ()


def apply_rule(quantity: Quantity, values: list[float]) -> dict[str, object]:
    """Fact, model, interval and verdict of a quantity over seeds; a seed that does not show it makes it fail."""
    found = np.array(values, float)
    mean, _, margin = (float(number) for number in mean_and_margin(found))
    shown = bool(np.isfinite(found).all())
    return {
        "fact": quantity.fact,
        "model": mean,
        "low": mean - margin,
        "high": mean + margin,
        "unit": quantity.unit,
        "rule": str(quantity.rule),
        "passed": int(shown and quantity.rule.holds(mean, margin)) if quantity.rule.judged else None,
        "seeds": int(np.isfinite(found).sum()),
    }
