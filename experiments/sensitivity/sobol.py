"""Sobol indices: which share of a quantity's variance a parameter brings, alone and with others (Saltelli 2010)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from SALib.analyze import sobol as analysis
from SALib.sample import sobol as sampling

from secondhalf.experiments.sensitivity.factors import Box
from secondhalf.experiments.sensitivity.morris import ranked
from secondhalf.experiments.sensitivity.quantities import Quantity

Array = NDArray[np.float64]
RESAMPLES = 1000
ENDS = (0.025, 0.975)
LEAST = 4
"""Blocks below which a quantity has no indices."""
COLUMNS = (
    *("quantity", "unit", "parameter", "first", "first_low", "first_high", "total", "total_low", "total_high"),
    *("rank", "rank_low", "rank_high", "blocks"),
)
"""Columns of sobol.csv."""


def design(box: Box, size: int) -> Array:
    """Saltelli's design, [size * (D + 2), D], `size` a power of two; the same for every call."""
    return np.asarray(sampling.sample(box.problem, size, calc_second_order=False, seed=1))


def table(box: Box, values: Array, quantities: Sequence[Quantity]) -> pd.DataFrame:
    """sobol.csv: a row a quantity and factor; a quantity that does not vary has none.

    Blocks of the design in which a value is missing are left out. Intervals are 95 % bootstrap percentiles; ranks are
    by the total index, 1 for the largest.

    Parameters
    ----------
    values
        what the design's runs gave, [runs, Q]
    """
    blocks = values.reshape(-1, len(box) + 2, values.shape[1])
    rows = []
    for number, (quantity, unit) in enumerate(quantities):
        own = blocks[np.isfinite(blocks[:, :, number]).all(axis=1), :, number]
        if len(own) < LEAST or np.ptp(own[:, [0, -1]]) <= 1e-12 * np.abs(own).max():
            continue
        found = analysis.analyze(
            box.problem,
            own.ravel(),
            calc_second_order=False,
            num_resamples=RESAMPLES,
            keep_resamples=True,
            seed=1,
        )
        first = np.quantile(found["S1_conf_all"], ENDS, axis=0)
        total = np.quantile(found["ST_conf_all"], ENDS, axis=0)
        ranks = ranked(np.asarray(found["ST"]))
        among = np.quantile(ranked(found["ST_conf_all"]), ENDS, axis=0, method="inverted_cdf")
        rows += [
            (
                *(quantity, unit, name, float(found["S1"][n]), *first[:, n].tolist()),
                *(float(found["ST"][n]), *total[:, n].tolist()),
                *(int(ranks[n]), int(among[0, n]), int(among[1, n]), len(own)),
            )
            for n, name in enumerate(box.names)
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
