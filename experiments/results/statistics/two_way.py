"""Two-way analysis of variance with one run a cell: parameters and luck of a crossed design, and intervals.

The model is ``d[m, s] = mean + a[m] + b[s] + e[m, s]`` with random effects of the member (its parameters), of the seed
and of both together. What a member adds is spread by parameters; seeds and the interaction are luck.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Array = NDArray[np.float64]
LEVEL = 0.90
"""Coverage of each interval."""


class TwoWay(NamedTuple):
    """Estimates of one quantity.

    Attributes
    ----------
    mean
        over all cells
    low, high
        interval of the mean effect (over luck) in a market whose parameters are drawn from the posterior
    sd_parameters
        standard deviation over parameters, luck averaged out
    sd_luck
        standard deviation over luck of one run at given parameters
    error_parameters, error_luck
        the two parts of the interval's standard deviation: spread and finite number of members; luck that the number
        of runs leaves in the mean
    """

    mean: float
    low: float
    high: float
    sd_parameters: float
    sd_luck: float
    error_parameters: float
    error_luck: float

    @property
    def error(self) -> float:
        """Standard deviation of the interval."""
        return float(np.hypot(self.error_parameters, self.error_luck))


def two_way(cells: Array) -> TwoWay:
    """The estimates alone, with a 90 % interval; see `analyse`."""
    return analyse(cells, LEVEL)[0]


def analyse(cells: Array, level: float) -> tuple[TwoWay, float]:
    """Analyse a table of members by seeds, [M, S], each at least 2.

    Variance components are those of the mean squares (a negative one is 0). The interval's variance is
    ``var_a * (1 + 1 / M) + var_b / S + var_e / (M * S)``: parameters stay uncertain however many members there are,
    luck averages out. Its degrees of freedom are Satterthwaite's.

    Returns
    -------
    tuple
        the estimates, with an interval of that level, and the interval's degrees of freedom

    Raises
    ------
    ValueError
        for fewer than two members or seeds
    """
    members, seeds = cells.shape
    if min(members, seeds) < 2:
        raise ValueError(f"{members} members and {seeds} seeds: two of each are needed")
    cells = np.asarray(cells, float)
    if (cells == cells[0, 0]).all():  # no rounding of means where nothing varies
        value = float(cells[0, 0])
        return TwoWay(value, value, value, 0.0, 0.0, 0.0, 0.0), float(members * seeds - 1)
    mean = float(cells.mean())
    by_member, by_seed = cells.mean(axis=1), cells.mean(axis=0)
    rest = cells - by_member[:, None] - by_seed[None, :] + mean
    freedom = np.array([members - 1, seeds - 1, (members - 1) * (seeds - 1)], float)
    squares = np.array(
        [
            seeds * np.square(by_member - mean).sum(),
            members * np.square(by_seed - mean).sum(),
            np.square(rest).sum(),
        ]
    )
    of_member, of_seed, of_rest = squares / freedom
    var_members = max(float(of_member - of_rest) / seeds, 0.0)
    var_seeds = max(float(of_seed - of_rest) / members, 0.0)
    from_members = var_members * (1 + 1 / members)
    from_luck = var_seeds / seeds + float(of_rest) / (members * seeds)
    # The same sum in terms of the mean squares, each with its own degrees of freedom.
    parts = np.zeros(3)
    if var_members > 0:
        parts += np.array([1.0, 0.0, -1.0]) * (1 + 1 / members) / seeds
    if var_seeds > 0:
        parts += np.array([0.0, 1.0, -1.0]) / (members * seeds)
    parts[2] += 1 / (members * seeds)
    variance = from_members + from_luck
    spread = np.square(parts * squares / freedom) / freedom
    degrees = max(variance**2 / float(spread.sum()), 1.0) if spread.sum() > 0 else 1.0
    margin = float(np.sqrt(variance) * student.ppf((1 + level) / 2, degrees))
    found = TwoWay(
        mean,
        mean - margin,
        mean + margin,
        float(np.sqrt(var_members)),
        float(np.sqrt(var_seeds + of_rest)),
        float(np.sqrt(from_members)),
        float(np.sqrt(from_luck)),
    )
    return found, degrees
