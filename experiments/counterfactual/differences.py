"""Differences of the two arms over seeds, with intervals, and the variance reduction that pairing gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.counterfactual.arms import ARMS
from secondhalf.experiments.counterfactual.quarterly_measures import KEYS, RUN, SECOND_HALF, UNITS
from secondhalf.experiments.results.paired_statistics import holm, mean_and_margin, p_values

Array = NDArray[np.float64]
LAST_YEAR = 4
"""Quarters over which GMV is summed for the variance reduction."""


def side_by_side(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a quarter, platform and measure, a column an arm and seed.

    A platform that only one arm has counts as zero in the other. The second-half day stays empty where there is none.
    """
    platforms = list(dict.fromkeys(runs["platform"]))
    table = runs.pivot(index=KEYS, columns=["arm", "seed"], values="value")
    turning = table.index.get_level_values("measure") == SECOND_HALF
    table = table.where(table.notna() | turning[:, None], 0.0)
    ranks = {"platform": platforms, "measure": list(UNITS)}
    order = sorted(
        table.index, key=lambda row: (row[0], *(ranks[k].index(w) for k, w in zip(ranks, row[1:], strict=True)))
    )
    return table.reindex(order)


def differences(runs: pd.DataFrame, since: str | None) -> pd.DataFrame:
    """The table differences.csv: alternative minus baseline, mean over seeds.

    Parameters
    ----------
    runs
        a row a seed, arm, quarter, platform and measure
    since
        the quarter of the first day on which the arms can differ: before it nothing is judged; None when they cannot
    """
    table = side_by_side(runs)
    baseline, alternative = (arm_of(table, arm) for arm in ARMS)
    paired = alternative - baseline
    missing = np.isnan(paired)
    count = (~missing).sum(axis=1)
    mean, error, margin = mean_and_margin(paired)
    found = table.index.to_frame(index=False)
    found["unit"] = found["measure"].map(UNITS)
    for arm, values in zip(ARMS, (baseline, alternative), strict=True):
        found[f"{arm}_mean"] = np.where(missing, 0.0, values).sum(axis=1) / np.maximum(count, 1)
    found["difference"], found["standard_error"] = mean, error
    found["low"], found["high"] = mean - margin, mean + margin
    found["seeds"] = count
    judged = (count >= 2) & (np.zeros(count.size, bool) if since is None else (found["quarter"] >= since).to_numpy())
    p = np.ones(count.size)
    p[judged] = holm(p_values(mean, error, count)[judged])
    found["p_holm"] = p
    judgeable: pd.DataFrame = found[count >= 2]
    return judgeable.reset_index(drop=True)


def arm_of(table: pd.DataFrame, arm: str) -> Array:
    """One arm's values of `side_by_side`, a column a seed."""
    return table.loc[:, table.columns.get_level_values("arm") == arm].to_numpy(float)


def variance_reduction(runs: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """By platform: what pairing is worth for the GMV of the last four quarters.

    Unpaired arms have nothing in common, so that their variances add up. `ratio` is that sum over the variance of the
    paired difference, `ratio_log` the same of logs: a change that takes away a share of whatever a seed has spreads in
    RMB as the seeds do, however well they are paired. None where no seed differs, or sells nothing.
    """
    table = side_by_side(runs[runs["measure"] == "gmv"])
    last = sorted({quarter for quarter in runs["quarter"] if quarter != RUN})[-LAST_YEAR:]
    index = table.index.to_frame(index=False)
    found: dict[str, dict[str, Any]] = {}
    for platform in dict.fromkeys(index["platform"]):
        rows = (index["platform"] == platform).to_numpy() & index["quarter"].isin(last).to_numpy()
        baseline, alternative = (arm_of(table, arm)[rows].sum(axis=0) for arm in ARMS)
        unpaired, paired = _variances(baseline, alternative)
        found[platform] = {"unpaired": unpaired, "paired": paired, "ratio": _over(unpaired, paired), "ratio_log": None}
        if min(baseline.min(), alternative.min()) > 0:
            found[platform]["ratio_log"] = _over(*_variances(np.log(baseline), np.log(alternative)))
    return found


def _variances(baseline: Array, alternative: Array) -> tuple[float, float]:
    """Variance of the unpaired and of the paired difference."""
    unpaired = np.var(alternative, ddof=1) + np.var(baseline, ddof=1)
    return float(unpaired), float(np.var(alternative - baseline, ddof=1))


def _over(unpaired: float, paired: float) -> float | None:
    return unpaired / paired if paired > 0 else None
