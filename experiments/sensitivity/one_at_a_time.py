"""One-at-a-time analysis: each parameter one standard deviation down and up from the settings, under shared seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.results.statistics.paired_statistics import mean_and_margin
from secondhalf.experiments.sensitivity.factors import SEED, Space
from secondhalf.experiments.sensitivity.morris import ranked
from secondhalf.experiments.sensitivity.quantities import Quantity

Array = NDArray[np.float64]
COLUMNS = (
    *(
        "quantity",
        "unit",
        "parameter",
        "setting_below",
        "setting_above",
        "value_below",
        "value_above",
        "effect",
        "low",
        "high",
    ),
    *("relative", "elasticity", "elasticity_low", "elasticity_high", "rank", "seed_sd", "seeds"),
)
"""Columns of oat.csv."""


class Step(NamedTuple):
    """Where a parameter is put."""

    name: str
    offsets: tuple[float, float]
    """below and above, in standard deviations from the settings"""
    settings: tuple[float, float]
    """the same in the setting's unit"""
    stretch: float
    """logarithm of the ratio of both; nan for a parameter that may have any sign"""


def steps(space: Space) -> list[Step]:
    """One standard deviation down and up, or to the bound where that is nearer."""
    low, high = space.limits
    found = []
    for number, parameter in enumerate(space.parameters.all):
        ends = (max(-1.0, float(low[number])), min(1.0, float(high[number])))
        values = []
        for end in ends:
            offsets = np.zeros(len(space))
            offsets[number] = end
            values.append(space.values(offsets)[parameter.name])
        stretch = np.nan if parameter.scale == "linear" else float(np.log(values[1] / values[0]))
        found.append(Step(parameter.name, ends, (values[0], values[1]), stretch))
    return found


def design(given: Sequence[Step]) -> Array:
    """Offsets of all runs under one seed, [2 D, D]: below and above, parameter by parameter."""
    points = np.zeros((2 * len(given), len(given)))
    for number, step in enumerate(given):
        points[2 * number : 2 * number + 2, number] = step.offsets
    return points


def table(given: Sequence[Step], base: Array, values: Array, quantities: Sequence[Quantity]) -> pd.DataFrame:
    """oat.csv: a row a quantity and parameter, and one for the seed.

    Parameters
    ----------
    base
        the settings' own runs, [seeds, Q], at least twice as many as moved ones: the seed's row moves between them
    values
        the moved runs, [S, 2 D, Q], under the first S of the seeds
    """
    seeds = len(values)
    moved = np.concatenate([values.reshape(seeds, len(given), 2, -1), _by_luck(base, seeds)], axis=1)
    rows = [*given, Step(SEED, (-1.0, 1.0), (np.nan, np.nan), np.nan)]
    sizes = np.array([step.offsets[1] - step.offsets[0] for step in rows])
    effect = np.diff(moved, axis=2)[:, :, 0] / sizes[None, :, None]
    found = []
    for number, (quantity, unit) in enumerate(quantities):
        mean, _, margin = mean_and_margin(effect[:, :, number].T)
        counts = np.isfinite(effect[:, :, number]).sum(axis=0)
        known = base[np.isfinite(base[:, number]), number]
        if len(known) < 2:
            continue
        middle, spread = float(known.mean()), float(known.std(ddof=1))
        ranks = ranked(np.where(counts >= 2, np.abs(mean), -1.0))
        for place in np.flatnonzero(counts >= 2):
            step, ends = rows[place], np.nanmean(moved[:, place, :, number], axis=0)
            own, half = float(mean[place]), float(margin[place])
            found.append(
                (
                    *(quantity, unit, step.name, *_texts(step.settings), float(ends[0]), float(ends[1])),
                    *(own, own - half, own + half, own / middle if middle else ""),
                    *_elasticity(step, sizes[place], own, half, middle),
                    *(int(ranks[place]), spread, int(counts[place])),
                )
            )
    return pd.DataFrame(found, columns=list(COLUMNS))


def _by_luck(base: Array, seeds: int) -> Array:
    """Pairs of the settings' own runs as if the seed were a parameter, [S, 1, 2, Q]."""
    return base[: 2 * seeds].reshape(seeds, 1, 2, -1)


def _texts(settings: tuple[float, float]) -> list[float | str]:
    """Settings' values; empty for the seed, which has none."""
    return ["" if np.isnan(value) else value for value in settings]


def _elasticity(step: Step, size: float, effect: float, half: float, middle: float) -> list[float | str]:
    """Percent by which the quantity changes per percent of the parameter, and its interval; empty without a sense."""
    if not middle or not np.isfinite(step.stretch):
        return ["", "", ""]
    factor = size / (middle * step.stretch)
    ends = sorted((factor * (effect - half), factor * (effect + half)))
    return [factor * effect, *ends]
