"""What an ensemble says, as tables: every fact beside the model, bands over the years of the fit, the forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.facts.targets import Target
from secondhalf.experiments.validate.forecast_series import ForecastSeries

Array = NDArray[np.float64]
QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}
LARGEST_SHARE = 100.0
"""No share in percent is larger."""


def target_table(targets: Sequence[Target], measured: Array, seed: int = 0) -> pd.DataFrame:
    """A row a fact: what was reported, the members' mean, and the band in which the report should lie.

    The band holds 90 % of what would be reported if a member were the world: its number with the fact's own error.

    Parameters
    ----------
    measured
        what members measure, [members, targets]
    """
    rng = np.random.default_rng(seed)
    errors = np.array([target.error for target in targets])
    reported = measured * np.exp(errors * rng.standard_normal(measured.shape))
    low, high = np.quantile(reported, [0.05, 0.95], axis=0)
    values = np.array([target.value for target in targets])
    mean = measured.mean(axis=0)
    return pd.DataFrame(
        {
            "metric": [target.metric for target in targets],
            "platform": [target.platform for target in targets],
            "period_start": [target.start.isoformat() for target in targets],
            "period_end": [target.end.isoformat() for target in targets],
            "unit": [target.unit for target in targets],
            "grade": [target.grade for target in targets],
            "fact": values,
            "model": mean,
            "p05": low,
            "p95": high,
            "error": mean / values - 1,
            "inside": ((values >= low) & (values <= high)).astype(int),
            "source": [target.source for target in targets],
        }
    )


def band_table(asked: Sequence[ForecastSeries], measured: Array) -> pd.DataFrame:
    """A row a number that was asked for: mean and quantiles over members, [members, asked]."""
    held = measured.copy()
    shares = [n for n, series in enumerate(asked) if series.unit == "percent"]
    held[:, shares] = np.minimum(held[:, shares], LARGEST_SHARE)
    quantiles = np.quantile(held, list(QUANTILES.values()), axis=0)
    table = pd.DataFrame(
        {
            "metric": [series.metric for series in asked],
            "platform": [series.platform for series in asked],
            "period_start": [series.start.isoformat() for series in asked],
            "period_end": [series.end.isoformat() for series in asked],
            "unit": [series.unit for series in asked],
            "mean": held.mean(axis=0),
        }
    )
    for name, row in zip(QUANTILES, quantiles, strict=True):
        table[name] = row
    return table
