"""Replicates: how many seeds are enough, by the coefficient of variation (Lorscheid, Heine and Meyer 2012)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.sensitivity.quantities import Quantity

Array = NDArray[np.float64]
EPSILON = 0.01
"""Change of the coefficient of variation that more seeds may still bring."""
WITNESSES = 5
"""Larger numbers of seeds that a number is held against at least."""
COLUMNS = ("quantity", "unit", "seeds", "mean", "standard_error", "cv", "largest_change", "settled")
"""Columns of replicates.csv."""


def table(values: Array, quantities: Sequence[Quantity]) -> pd.DataFrame:
    """replicates.csv: a row a quantity and number of seeds, from two on.

    Parameters
    ----------
    values
        runs of the same settings under seeds in a row, [seeds, Q]; seeds without a value are left out
    """
    rows: list[tuple[object, ...]] = []
    for number, (quantity, unit) in enumerate(quantities):
        own = values[np.isfinite(values[:, number]), number]
        cv = variation(own)
        changes = largest_changes(cv)
        enough = settled(cv)
        for place, (size, change) in enumerate(zip(cv, changes, strict=True)):
            seeds = place + 2
            mean, error = own[:seeds].mean(), own[:seeds].std(ddof=1) / np.sqrt(seeds)
            done = int(enough is not None and seeds >= enough)
            rows.append((quantity, unit, seeds, float(mean), float(error), float(size), float(change), done))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def variation(own: Array) -> Array:
    """Coefficient of variation (standard deviation over mean) over the first 2, 3, ... values, [n - 1]."""
    found = []
    for count in range(2, len(own) + 1):
        mean, spread = own[:count].mean(), own[:count].std(ddof=1)
        found.append(spread / abs(mean) if spread > 0 else 0.0)
    return np.array(found)


def largest_changes(cv: Array) -> Array:
    """How far the coefficient moves away for any larger number of seeds, [n - 1]; 0 for the last."""
    return np.array([np.abs(cv[place:] - cv[place]).max() for place in range(len(cv))])


def settled(cv: Array) -> int | None:
    """The least number of seeds from which on no larger one changes the coefficient by `EPSILON` or more.

    None when there is none that at least `WITNESSES` larger numbers bear out.
    """
    steady = np.flatnonzero(largest_changes(cv) < EPSILON)
    if not len(steady) or len(cv) - 1 - steady[0] < WITNESSES:
        return None
    return int(steady[0]) + 2


def recommended(rows: pd.DataFrame) -> dict[str, int | None]:
    """By quantity, the number of seeds that is enough; None when more than there were would be needed."""
    found: dict[str, int | None] = {}
    for quantity, own in rows.groupby("quantity", sort=False):
        enough = own.loc[own["settled"] == 1, "seeds"]
        found[str(quantity)] = None if enough.empty else int(enough.min())
    return found
