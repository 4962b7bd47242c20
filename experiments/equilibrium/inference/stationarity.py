"""Stationarity of an ensemble of paths: drift, cycles, several attractors, and when it is reached.

Paths are [run, week, series], shares between 0 and 1; the last `judged` weeks are looked at. "No drift" is a claim of
its own, which needs evidence: that a test for drift finds none says nothing when runs are few.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import gammaln

Array = NDArray[np.float64]
LEVEL = 0.05
OWN_BOUND = 2.0
"""Drift of a single run, in margins, that counts as one of its own."""
CYCLE_LEVEL = 0.01
"""Chance of calling an ensemble of noise a cycle, over all series together."""
MODES_BIC = 6.0
"""Evidence for two attractors, as a difference of BIC ("strong", Kass and Raftery 1995)."""
HOLDS, FAILS, OPEN = "yes", "no", "undecided"


class StationarityVerdict(NamedTuple):
    """Answers in words, `yes`, `no` or `undecided`, and the numbers behind them.

    Attributes
    ----------
    drift
        `yes`: over the window the ensemble's mean moves less than the margin (two one-sided tests) and no run drifts by
        itself; `no`: some series moves more; else undecided
    drift_low, drift_high
        widest 90 % interval of the ensemble's drift over the window, over series
    own_drift
        largest drift of any run
    steady
        `yes` when no cycle is found
    cycle_share
        largest share of runs, over series, with a significant period
    single
        `yes` when runs end in one place
    modes_apart
        distance of the two places where runs end, 0 with one
    """

    drift: str
    drift_low: float
    drift_high: float
    own_drift: float
    steady: str
    cycle_share: float
    single: str
    modes_apart: float

    @property
    def word(self) -> str:
        """All three together."""
        answers = (self.drift, self.steady, self.single)
        return FAILS if FAILS in answers else OPEN if OPEN in answers else HOLDS


def judge_ensemble(paths: Array, judged: int, margin: float) -> StationarityVerdict:
    """Test the end of an ensemble of paths for stationarity."""
    window = paths[:, -judged:]
    drift, low, high, own = _drift(window, margin)
    share, cycle = _cycles(window)
    apart = max(modes_apart(series, margin) for series in window.mean(axis=1).T)
    return StationarityVerdict(
        drift, low, high, own, FAILS if cycle else HOLDS, share, FAILS if apart > 0 else HOLDS, apart
    )


def slopes(window: Array) -> Array:
    """Least-squares change of each run and series over the whole window, [run, series]."""
    weeks = window.shape[1]
    time = (np.arange(weeks) - (weeks - 1) / 2) / (weeks - 1)
    return np.asarray(np.einsum("t,rts->rs", time, window) / np.square(time).sum())


def _drift(window: Array, margin: float) -> tuple[str, float, float, float]:
    own = slopes(window)
    mean, error = own.mean(axis=0), own.std(axis=0, ddof=1) / np.sqrt(len(own))
    width = stats.t.isf(LEVEL, len(own) - 1) * error
    low, high = mean - width, mean + width
    widest = int(np.argmax(np.maximum(-low, high)))
    largest = float(np.abs(own).max())
    if largest > OWN_BOUND * margin or (low > margin).any() or (high < -margin).any():
        word = FAILS
    else:
        word = HOLDS if ((low > -margin) & (high < margin)).all() else OPEN
    return word, float(low[widest]), float(high[widest]), largest


def equivalent(differences: Array, margin: float) -> tuple[str, float]:
    """Whether means of paired differences, [pair, series], lie within the margin; and the largest mean."""
    count = len(differences)
    mean, error = differences.mean(axis=0), differences.std(axis=0, ddof=1) / np.sqrt(count)
    width = stats.t.isf(LEVEL, count - 1) * error
    largest = float(np.abs(mean).max())
    if ((mean - width > margin) | (mean + width < -margin)).any():
        return FAILS, largest
    return (HOLDS if (np.abs(mean) + width < margin).all() else OPEN), largest


def fisher_g(series: Array) -> float:
    """p-value of Fisher's (1929) test: is the largest ordinate of the periodogram larger than noise makes it?"""
    power = np.square(np.abs(np.fft.rfft(series - series.mean())))[1 : (series.size + 1) // 2]
    if power.sum() <= 0:
        return 1.0
    g, count = power.max() / power.sum(), power.size
    terms = np.arange(1, min(int(1 / g), count) + 1)
    logs = gammaln(count + 1) - gammaln(terms + 1) - gammaln(count - terms + 1)
    with np.errstate(divide="ignore"):
        logs = logs + (count - 1) * np.log(np.maximum(1 - terms * g, 0.0))
    return float(np.clip(np.sum((-1.0) ** (terms - 1) * np.exp(logs)), 0.0, 1.0))


def prewhitened(series: Array) -> Array:
    """Residuals of a first-order autoregression around a straight line, whose slow swings would look like cycles."""
    time = np.arange(series.size)
    residuals = series - np.polyval(np.polyfit(time, series, 1), time)
    size = float(residuals[:-1] @ residuals[:-1])
    slope = float(residuals[1:] @ residuals[:-1]) / size if size > 0 else 0.0
    return residuals[1:] - slope * residuals[:-1]


def _cycles(window: Array) -> tuple[float, bool]:
    """Largest share of runs with a significant period, and whether so many are more than chance."""
    runs, _, series = window.shape
    found = np.array([[fisher_g(prewhitened(window[r, :, s])) < LEVEL for s in range(series)] for r in range(runs)])
    count = int(found.sum(axis=0).max())
    chance = float(stats.binom.sf(count - 1, runs, LEVEL))
    return count / runs, chance < CYCLE_LEVEL / series


def modes_apart(values: Array, margin: float) -> float:
    """Distance of two places where runs end; 0 when one explains them as well, or they are within two margins.

    Two normal distributions of one width against one, by BIC; each place needs two runs.
    """
    ordered = np.sort(values)
    count = ordered.size
    floor = (margin / 100) ** 2
    one = count * np.log(max(float(ordered.var()), floor))
    best, apart = np.inf, 0.0
    for cut in range(2, count - 1):
        below, above = ordered[:cut], ordered[cut:]
        within = (below.var() * cut + above.var() * (count - cut)) / count
        mixing = -2 * (cut * np.log(cut / count) + (count - cut) * np.log(1 - cut / count))
        two = count * np.log(max(float(within), floor)) + mixing
        if two < best:
            best, apart = two, float(above.mean() - below.mean())
    # Cutting the ordered runs where it suits best is a choice among many cuts: it counts as a parameter, too.
    strong = one - best - 3 * np.log(count) > MODES_BIC
    return apart if strong and apart > 2 * margin else 0.0


class BalanceWeek(NamedTuple):
    """First week of the rest of the path that stays within the margin of its end, with a 95 % interval."""

    week: int
    low: int
    high: int


def balance_week(paths: Array, judged: int, margin: float, resamples: int = 499) -> BalanceWeek:
    """When the ensemble's mean is where it ends; the interval is a bootstrap over runs."""
    rng = np.random.default_rng(0)
    weeks = [
        _first_within(paths[rng.integers(0, len(paths), len(paths))].mean(axis=0), judged, margin)
        for _ in range(resamples)
    ]
    low, high = np.quantile(weeks, [0.025, 0.975], method="inverted_cdf")
    return BalanceWeek(_first_within(paths.mean(axis=0), judged, margin), int(low), int(high))


def _first_within(mean: Array, judged: int, margin: float) -> int:
    outside = (np.abs(mean - mean[-judged:].mean(axis=0)) > margin).any(axis=1)
    last = np.flatnonzero(outside)
    return int(last[-1] + 1) if last.size else 0
