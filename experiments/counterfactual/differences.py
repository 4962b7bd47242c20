"""Differences of the two arms over members and seeds, with intervals, and what pairing is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.counterfactual.arms import ARMS
from secondhalf.experiments.counterfactual.quarterly_measures import KEYS, RUN, SECOND_HALF, UNITS
from secondhalf.experiments.results.statistics.crossed_runs import estimate
from secondhalf.experiments.results.statistics.paired_statistics import holm

Array = NDArray[np.float64]
LAST_YEAR = 4
"""Quarters over which GMV is summed for the variance reduction."""


def side_by_side(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a quarter, platform and measure, a column an arm, member and seed.

    A platform that only one arm has counts as zero in the other. The second-half day stays empty where there is none.
    """
    platforms = list(dict.fromkeys(runs["platform"]))
    table = runs.pivot(index=KEYS, columns=["arm", "member", "seed"], values="value")
    table = table.sort_index(axis=1)
    turning = table.index.get_level_values("measure") == SECOND_HALF
    table = table.where(table.notna() | turning[:, None], 0.0)
    ranks = {"platform": platforms, "measure": list(UNITS)}
    order = sorted(
        table.index, key=lambda row: (row[0], *(ranks[k].index(w) for k, w in zip(ranks, row[1:], strict=True)))
    )
    return table.reindex(order)


def differences(runs: pd.DataFrame, since: str | None) -> pd.DataFrame:
    """The table differences.csv: alternative minus baseline, mean over members and seeds.

    Where a measure is above 0 in every run, it is tested on logs, which is sharper: effects grow with what there is.

    Parameters
    ----------
    runs
        a row a member, seed, arm, quarter, platform and measure; every member has the same seeds
    since
        the quarter of the first day on which the arms can differ: before it nothing is judged; None when they cannot
    """
    table = side_by_side(runs)
    members = runs["member"].nunique()
    baseline, alternative = (arm_of(table, arm).reshape(len(table), members, -1) for arm in ARMS)
    paired = alternative - baseline
    missing = np.isnan(paired)
    if members > 1:  # a member without a number under one seed is left out whole
        missing |= missing.any(axis=2, keepdims=True)
    count = (~missing).sum(axis=(1, 2))
    found = table.index.to_frame(index=False)
    found["unit"] = found["measure"].map(UNITS)
    for arm, values in zip(ARMS, (baseline, alternative), strict=True):
        found[f"{arm}_mean"] = np.where(missing, 0.0, values).sum(axis=(1, 2)) / np.maximum(count, 1)
    plain = [estimate(cells) for cells in paired]
    found["difference"], found["standard_error"] = [one.mean for one in plain], [one.error for one in plain]
    found["low"], found["high"] = [one.low for one in plain], [one.high for one in plain]
    found["sd_parameters"] = [one.sd_parameters for one in plain]
    found["sd_luck"] = [one.sd_luck for one in plain]
    found["runs"] = count
    positive = (baseline > 0).all(axis=(1, 2)) & (alternative > 0).all(axis=(1, 2))
    positive &= (found["measure"] != SECOND_HALF).to_numpy()
    p = np.array([one.p for one in plain])
    ratios = np.full((len(found), 3), np.nan)
    for row in np.flatnonzero(positive):
        log = estimate(np.log(alternative[row]) - np.log(baseline[row]))
        p[row], ratios[row] = log.p, np.expm1([log.mean, log.low, log.high])
    for column, values in zip(("change", "change_low", "change_high"), ratios.T, strict=True):
        found[column] = values
    enough = np.isfinite(found["standard_error"].to_numpy(float))
    judged = enough & (np.zeros(count.size, bool) if since is None else (found["quarter"] >= since).to_numpy())
    found["p_holm"] = 1.0
    found.loc[judged, "p_holm"] = holm(p[judged])
    judgeable: pd.DataFrame = found[enough]
    return judgeable.reset_index(drop=True)


def arm_of(table: pd.DataFrame, arm: str) -> Array:
    """One arm's values of `side_by_side`, a column a member and seed."""
    return table.loc[:, table.columns.get_level_values("arm") == arm].to_numpy(float)


def variance_reduction(runs: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """By platform: what pairing is worth for the GMV of the last four quarters.

    Unpaired arms have nothing in common, so that their variances add up. `ratio` is that sum over the variance of the
    paired difference, `ratio_log` the same of logs: a change that takes away a share of whatever a seed has spreads in
    RMB as the seeds do, however well they are paired. None where no seed differs, or sells nothing. With several
    members each is a mean over members of the variance over seeds: what pairing is worth at given parameters.
    """
    table, members = side_by_side(runs[runs["measure"] == "gmv"]), runs["member"].nunique()
    last = sorted({quarter for quarter in runs["quarter"] if quarter != RUN})[-LAST_YEAR:]
    index = table.index.to_frame(index=False)
    found: dict[str, dict[str, Any]] = {}
    for platform in dict.fromkeys(index["platform"]):
        rows = (index["platform"] == platform).to_numpy() & index["quarter"].isin(last).to_numpy()
        baseline, alternative = (arm_of(table, arm)[rows].sum(axis=0).reshape(members, -1) for arm in ARMS)
        unpaired, paired = _variances(baseline, alternative)
        found[platform] = {"unpaired": unpaired, "paired": paired, "ratio": _over(unpaired, paired), "ratio_log": None}
        if min(baseline.min(), alternative.min()) > 0:
            found[platform]["ratio_log"] = _over(*_variances(np.log(baseline), np.log(alternative)))
    return found


def _variances(baseline: Array, alternative: Array) -> tuple[float, float]:
    """Variance over seeds of the unpaired and of the paired difference, mean over members; [members, seeds] each."""
    unpaired = np.var(alternative, ddof=1, axis=1) + np.var(baseline, ddof=1, axis=1)
    return float(unpaired.mean()), float(np.var(alternative - baseline, ddof=1, axis=1).mean())


def _over(unpaired: float, paired: float) -> float | None:
    return unpaired / paired if paired > 0 else None
