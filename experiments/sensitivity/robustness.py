"""Robustness to what must not matter much: kind of friend graph, number of users, order of the day's stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.population import NETWORKS
from secondhalf.experiments.results.statistics.paired_statistics import mean_and_margin
from secondhalf.experiments.sensitivity.quantities import Quantity
from secondhalf.model.day.stages import STAGES

Array = NDArray[np.float64]
LATER = {
    "installs take effect the next day": ("adoption", "attention"),
    "needs are met the next day": ("interest", "choice"),
    "merchants revise in the evening": ("merchants", "choice"),
}
"""Other orders that make sense: the first stage comes right after the second."""
COLUMNS = (
    *("changed", "variant", "quantity", "unit", "default_mean", "variant_mean", "difference", "low", "high"),
    *("relative", "seeds"),
)
"""Columns of robustness.csv."""


class Variant(NamedTuple):
    """The market with one thing of no interest changed."""

    changed: str
    """network, users or stage_order"""
    name: str
    settings: MarketSettings


def variants(settings: MarketSettings, user_counts: Sequence[int]) -> list[Variant]:
    """Other networks (`file` needs a file), other orders, other numbers of users, the small ones first."""
    kinds = [kind for kind in NETWORKS if kind not in ("file", settings.network.kind)]
    found = [Variant("network", kind, _updated(settings, "network", kind=kind, file=None)) for kind in kinds]
    if settings.stage_order is None:
        found += [
            Variant("stage_order", name, settings.model_copy(update={"stage_order": moved(*pair)}))
            for name, pair in LATER.items()
        ]
    return found + [
        Variant("users", str(users), _updated(settings, "population", users=users))
        for users in sorted(set(user_counts))
        if users != settings.population.users
    ]


def _updated(settings: MarketSettings, group: str, **values: object) -> MarketSettings:
    return settings.model_copy(update={group: getattr(settings, group).model_copy(update=values)})


def moved(stage: str, after: str) -> tuple[str, ...]:
    """The day's stages with one put right after another."""
    names = [name for name, _ in STAGES if name != stage]
    names.insert(names.index(after) + 1, stage)
    return tuple(names)


def table(
    base: Array, given: Sequence[Variant], values: Sequence[Array], quantities: Sequence[Quantity]
) -> pd.DataFrame:
    """robustness.csv: a row a variant and quantity, variant less default over paired seeds.

    Parameters
    ----------
    base
        the settings' own runs, [seeds, Q]
    values
        by variant, its runs under the first of these seeds, [S, Q]
    """
    rows: list[tuple[object, ...]] = []
    for variant, own in zip(given, values, strict=True):
        pairs = np.stack([base[: len(own)], own])
        mean, _, margin = mean_and_margin((pairs[1] - pairs[0]).T)
        both = ~np.isnan(pairs.sum(axis=0))
        for number, (quantity, unit) in enumerate(quantities):
            if both[:, number].sum() < 2:
                continue
            before, after = pairs[:, both[:, number], number].mean(axis=1).tolist()
            change, half = float(mean[number]), float(margin[number])
            rows.append(
                (
                    *(variant.changed, variant.name, quantity, unit, before, after, change, change - half),
                    *(change + half, change / before if before else "", int(both[:, number].sum())),
                )
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))
