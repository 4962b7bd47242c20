"""Mean-field stage of a calibration, its first: targets on attention, reach and trade, fitted with the mean-field path.

A path has no noise, so that differences between settings are differences of the model. It lacks friends' clustering,
luck in what users hold of trade, and merchants that react; what that changes is measured where the fit starts, as a
factor for each target, and taken for the same nearby (a multi-fidelity fit: each round measures it anew).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import least_squares

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.parameters import Parameters
from secondhalf.experiments.facts.model_series import SeriesNumbers, outputs
from secondhalf.experiments.facts.targets import Target, Targets
from secondhalf.model.meanfield.path import (
    OF_MARKET,
    OF_PLATFORMS,
    PRECISION,
    Path,
    Precision,
    TradePath,
    path,
    trade_path,
)

Array = NDArray[np.float64]
VISIBLE = {
    "daily": OF_PLATFORMS,
    "market": OF_MARKET,
    "overlap": ("users",),
    "monthly": ("repurchase_rate",),
    "channels": ("gmv", "pan_shelf_gmv"),
}
"""Tables and columns that a path has."""
STEP = 0.1
"""Step of the differences, in standard deviations of the prior: well above what one user more or less makes."""
LEAST = 0.01
"""Standard errors by which some target must move with a parameter's standard deviation for the path to see it."""


def path_measures(target: Target) -> bool:
    """Whether a path has what a target is measured by."""
    rule = target.rule
    return {*rule.columns, *([rule.over] if rule.over else [])} <= set(VISIBLE[rule.table])


def path_tables(found: Path, labels: Sequence[str], platforms: Sequence[str]) -> dict[str, pd.DataFrame]:
    """What a path brings as the tables that `Targets.measured` reads.

    Parameters
    ----------
    labels
        dates of all days of the calendar
    """
    size, names = len(platforms), list(platforms)
    daily = pd.DataFrame(
        {"platform": names * len(labels)} | {name: amounts.ravel() for name, amounts in found.of_platforms.items()},
        index=pd.Index(np.repeat(np.asarray(labels, object), size), name="date"),
    )
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size)]
    overlap = {
        "platform_a": [platforms[a] for a, _ in pairs] * len(found.months),
        "platform_b": [platforms[b] for _, b in pairs] * len(found.months),
        "users": np.array([[month[a, b] for a, b in pairs] for month in found.overlap]).ravel(),
    }
    by_month = daily[["platform", "gmv", "orders"]].assign(pan_shelf_gmv=found.pan_shelf.ravel())
    channels = by_month.groupby([by_month.index.str[:7].rename("month"), "platform"], sort=False).sum().reset_index(1)
    of_path = pd.DataFrame(
        {"platform": names * len(found.months), "repurchase_rate": found.repurchase.ravel()},
        index=pd.Index(np.repeat(np.asarray(found.months, object), size), name="month"),
    )
    return {
        "daily": daily,
        "market": pd.DataFrame(found.of_market, index=pd.Index(labels, name="date")),
        "overlap": pd.DataFrame(overlap, index=pd.Index(np.repeat(np.asarray(found.months, object), len(pairs)))),
        "monthly": of_path,
        "channels": channels[["platform", "gmv", "pan_shelf_gmv"]],
    }


class MeanFieldModel:
    """What the path gives for targets.

    Parameters
    ----------
    settings
        the market whose trade stands in for that of all others; its seed and sizes are those of the run
    targets
        what is measured
    precision
        of the paths
    seeds
        runs behind `corrections`, a seed each from that of the settings on

    Attributes
    ----------
    corrections
        means over the runs divided by the path's values, [T]; `nan` where the path sees nothing
    """

    def __init__(
        self, settings: MarketSettings, targets: Targets, precision: Precision = PRECISION, seeds: int = 2
    ) -> None:
        self.targets, self.precision = targets, precision
        self.seen = np.array([path_measures(target) for target in targets.all])
        self.trade: TradePath = ()
        runs = []
        for seed in range(settings.seed, settings.seed + seeds):
            trade, market = trade_path(settings.model_copy(update={"seed": seed}))
            self.trade = self.trade or trade
            runs.append(targets.numbers.measured(outputs(market)))
            market.close()
        self.full: Array = np.mean(runs, axis=0)
        here = self(settings)
        # Where a small market sells nothing the ratio says nothing.
        self.corrections: Array = np.divide(self.full, here, out=np.where(np.isnan(here), np.nan, 1.0), where=here > 0)

    def __call__(self, settings: MarketSettings) -> Array:
        """What a path gives for each target, [T]; `nan` for those that it cannot see."""
        found = path(settings, self.trade, self.precision)
        dates = pd.date_range(settings.calendar.start, settings.calendar.end).strftime("%Y-%m-%d")
        tables = path_tables(found, list(dates), settings.first_platforms)
        seen = SeriesNumbers(
            tuple(target for target, path_measures in zip(self.targets.all, self.seen, strict=True) if path_measures)
        )
        values = np.full(len(self.targets), np.nan)
        values[self.seen] = seen.measured(tables)
        return values


def errors_of(values: Array, targets: Targets) -> Array:
    """Logarithms of values over facts, in standard errors of the facts, [T]; bounds as in `Targets.log_ratios`."""
    return np.asarray(targets.log_ratios(values) / targets.errors)


@dataclass(frozen=True)
class MeanFieldFit:
    """Result of the first stage."""

    scores: Array
    """[D] of all parameters; those that the path does not see stay where they were"""
    moved: list[str]
    """names of the parameters that it sees"""
    losses: list[float]
    """half the sum of squares, corrections included, before and after each round"""
    evaluations: int
    """paths that were worked out"""


def fit_meanfield(
    settings: MarketSettings,
    parameters: Parameters,
    targets: Targets,
    start: Array | None = None,
    rounds: int = 2,
    iterations: int = 6,
    precision: Precision = PRECISION,
    told: Callable[[str], None] = lambda _: None,
) -> MeanFieldFit:
    """Fit the parameters that act on the path until corrected paths meet the targets.

    Minimises half of the sum of ``(log(path * correction / fact) / error) ** 2`` and of squared scores (the prior).

    Parameters
    ----------
    settings
        size and seed are those of the runs behind the corrections
    start
        scores to start from, [D]; None for today's values
    rounds
        how often trade and corrections are measured and the fit goes on from there
    iterations
        steps of a round
    told
        called with a line after each round
    """
    scores = parameters.scores(parameters.of(settings)) if start is None else np.array(start, float)
    scores = np.clip(scores, *parameters.limits)
    losses: list[float] = []
    moved: NDArray[np.bool_] | None = None
    evaluations = 0
    for number in range(rounds):
        here = parameters.put(settings, parameters.values(scores))
        fit = CorrectedFit(MeanFieldModel(here, targets, precision), settings, parameters)
        if moved is None:
            moved = fit.visible(scores)
        before = fit.loss(scores)
        scores = fit.solve(scores, moved, iterations)
        losses += [before, fit.loss(scores)]
        evaluations += fit.evaluations
        told(f"round {number + 1}: loss {before:.1f} to {losses[-1]:.1f} after {evaluations} paths")
    names = [] if moved is None else [n for n, m in zip(parameters.names, moved, strict=True) if m]
    return MeanFieldFit(scores, names, losses, evaluations)


class CorrectedFit:
    """A fit under one set of corrections."""

    def __init__(self, model: MeanFieldModel, settings: MarketSettings, parameters: Parameters) -> None:
        self.model, self.settings, self.parameters = model, settings, parameters
        self.evaluations = 0

    def residuals(self, scores: Array) -> Array:
        """Errors of the targets that the path sees, then scores."""
        self.evaluations += 1
        settings = self.parameters.put(self.settings, self.parameters.values(scores))
        values = self.model(settings) * self.model.corrections
        return np.concatenate([errors_of(values, self.model.targets)[self.model.seen], scores])

    def loss(self, scores: Array) -> float:
        """Half the sum of squares."""
        return float(np.square(self.residuals(scores)).sum() / 2)

    def slopes(self, scores: Array, which: NDArray[np.int64]) -> Array:
        """Differences of the residuals with each of some parameters, [R, which]; away from the nearer bound."""
        here, most = self.residuals(scores), self.parameters.limits[1]
        columns = []
        for d in which:
            step = STEP if scores[d] + STEP <= most[d] else -STEP
            there = scores.copy()
            there[d] += step
            columns.append((self.residuals(there) - here) / step)
        return np.stack(columns, axis=1)

    def visible(self, scores: Array) -> NDArray[np.bool_]:
        """Which parameters move some target, [D]."""
        slopes = self.slopes(scores, np.arange(scores.size))[: int(self.model.seen.sum())]
        return np.asarray(np.abs(slopes).max(axis=0) >= LEAST)

    def solve(self, scores: Array, moved: NDArray[np.bool_], iterations: int) -> Array:
        """Least squares over the parameters that are moved."""
        which = np.flatnonzero(moved)
        low, high = (limit[which] for limit in self.parameters.limits)

        def whole(some: Array) -> Array:
            everything = scores.copy()
            everything[which] = some
            return everything

        def residuals(some: Array) -> Array:
            return self.residuals(whole(some))

        def slopes(some: Array) -> Array:
            return self.slopes(whole(some), which)

        begun = np.clip(scores[which], low + 1e-6, high - 1e-6)
        found = least_squares(residuals, begun, jac=slopes, bounds=(low, high), max_nfev=iterations)
        return whole(found.x)
