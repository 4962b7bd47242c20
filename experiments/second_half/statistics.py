"""Statistics over seeds of the study `phases`: quantiles, intervals of medians, lags of two arms side by side."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from secondhalf.experiments.results.statistics.two_way import two_way

QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
RESAMPLES = 9999
EXACT = 2**16
"""Permutations up to which all are tried (16 pairs); beyond, so many are drawn."""
EVENTS = ("second_half_day", "mutual_entry")
Array = NDArray[np.float64]
Places = NDArray[np.int64]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """A row an arm, scope and event: in which share of seeds it happens, and when.

    Quantiles of dates are dates that occurred (inverse of the distribution function), over the seeds that have one.

    Parameters
    ----------
    table
        finished rows of phases.csv
    """
    rows = []
    for arm in table["arm"].unique():
        of_arm = table[table["arm"] == arm]
        for scope in of_arm["scope"].unique():
            own = of_arm[of_arm["scope"] == scope]
            for event in EVENTS if scope == "market" else EVENTS[:1]:
                having = own[own[event] != ""]
                days, members = ordinals(having[event]), having["member"].to_numpy(int)
                head = {"arm": arm, "scope": scope, "event": event, "seeds": len(own), "share": len(days) / len(own)}
                rows.append(head | _dates(days, members) | _parts(own, days, having))
    return pd.DataFrame(rows)


def ordinals(dates: pd.Series[str]) -> Array:
    """Dates as numbers of days."""
    return np.array([dt.date.fromisoformat(date).toordinal() for date in dates], dtype=float)


def _parts(own: pd.DataFrame, days: Array, having: pd.DataFrame) -> dict[str, float]:
    """Standard deviations of the day over members and over luck; 0 where there are not two of each."""
    cells = pd.Series(days, pd.MultiIndex.from_frame(having[["member", "seed"]]))
    table = cells.unstack() if len(cells) else pd.DataFrame()  # members by seeds
    whole = table.dropna()
    if min(whole.shape) >= 2 and whole.shape[1] == own["seed"].nunique():
        found = two_way(whole.to_numpy(float))
        return {"sd_parameters": found.sd_parameters, "sd_luck": found.sd_luck}
    alone = own["member"].nunique() == 1 and len(days) > 1
    return {"sd_parameters": 0.0, "sd_luck": float(days.std(ddof=1)) if alone else 0.0}


def _dates(days: Array, members: Places) -> dict[str, Any]:
    if not len(days):
        return dict.fromkeys([*QUANTILES, "median_low", "median_high"], "") | {"standard_error": 0.0}
    method: Literal["inverted_cdf"] = "inverted_cdf"
    low, high, error = median_interval(days, method, members)
    found = {name: float(np.quantile(days, share, method=method)) for name, share in QUANTILES.items()}
    found |= {"median_low": low, "median_high": high}
    return {name: dt.date.fromordinal(int(day)).isoformat() for name, day in found.items()} | {"standard_error": error}


def median_interval(
    values: Array, method: Literal["linear", "inverted_cdf"] = "linear", members: Places | None = None
) -> tuple[float, float, float]:
    """95 % percentile interval and standard error of the median, from bootstrap resamples; no width for one value.

    Parameters
    ----------
    members
        of the ensemble, of each value: where there are several, they are resampled with all their seeds, so that the
        interval holds parameters too
    """
    rng = np.random.default_rng(0)
    places = np.unique(members)[:, None] == members if members is not None else np.zeros((1, len(values)), bool)
    if len(places) > 1:
        order = np.argsort(values)
        times = rng.multinomial(len(places), np.full(len(places), 1 / len(places)), RESAMPLES) @ places[:, order]
        reached = times.cumsum(axis=1) >= times.sum(axis=1, keepdims=True) / 2
        medians = values[order][reached.argmax(axis=1)]
    else:
        resampled = values[rng.integers(0, len(values), (RESAMPLES, len(values)))]
        medians = np.quantile(resampled, 0.5, axis=1, method=method)
    low, high = np.quantile(medians, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high), float(medians.std())


def lags(table: pd.DataFrame) -> pd.DataFrame:
    """Days from the market's second-half day to the first mutual entry, a row a seed and arm that has both."""
    columns = ["member", "seed", "arm", *EVENTS]
    both = (table["scope"] == "market") & (table[EVENTS[0]] != "") & (table[EVENTS[1]] != "")
    found = table.loc[both, columns].reset_index(drop=True)
    found["lag"] = (ordinals(found[EVENTS[1]]) - ordinals(found[EVENTS[0]])).astype(int)
    return found


def lags_summary(found: pd.DataFrame) -> pd.DataFrame:
    """A row an arm and, for two arms, one for their difference seed by seed; none where no seed has a lag.

    The sign test asks whether positive and negative values are equally likely, the permutation test whether the mean
    is zero when the sign of each value may be exchanged; both are two-sided. Of an ensemble they are of members' means,
    as the seeds of a member share its parameters.
    """
    pivot = found.pivot(index=["member", "seed"], columns="arm", values="lag")
    parts = {arm: pivot[arm].dropna() for arm in found["arm"].unique()}
    if len(parts) == 2:
        first, second = parts.values()
        parts["difference"] = (first - second).dropna()
    rows = [{"lag": name} | _distribution(own) for name, own in parts.items() if len(own)]
    tests = ["above", "below", "sign_p", "permutation_p"]
    return pd.DataFrame(
        rows, columns=["lag", "seeds", *QUANTILES, "mean", "median_low", "median_high", "standard_error", *tests]
    )


def _distribution(own: pd.Series[float]) -> dict[str, Any]:
    """Of values by member and seed."""
    values, members = np.asarray(own, float), own.index.get_level_values("member").to_numpy(int)
    low, high, error = median_interval(values, members=members)
    units = values if len(np.unique(members)) == 1 else np.asarray(own.groupby(level="member").mean(), float)
    above, below = int((units > 0).sum()), int((units < 0).sum())
    return {
        "seeds": len(values),
        **{name: float(np.quantile(values, share)) for name, share in QUANTILES.items()},
        "mean": float(values.mean()),
        "median_low": low,
        "median_high": high,
        "standard_error": error,
        "above": above,
        "below": below,
        "sign_p": float(stats.binomtest(above, above + below).pvalue) if above + below else 1.0,
        "permutation_p": permutation_p(units),
    }


def permutation_p(values: Array) -> float:
    """Two-sided p-value of the mean when every value may carry either sign; 1 where all are zero."""
    if len(values) < 2 or not values.any():  # SciPy asks for two; one value is as large with either sign
        return 1.0
    done = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=EXACT, rng=np.random.default_rng(0)
    )
    return float(done.pvalue)
