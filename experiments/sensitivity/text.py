"""Text of a sensitivity analysis: its tables, readable, in sensitivity.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.sensitivity.budget import Plan
from secondhalf.experiments.sensitivity.factors import SEED, Box
from secondhalf.experiments.sensitivity.morris import above_seed, importance
from secondhalf.experiments.sensitivity.problem import SensitivityProblem
from secondhalf.experiments.sensitivity.quantities import BEGINS, DAY, Quantities
from secondhalf.experiments.sensitivity.replicates import EPSILON, recommended

FIRST = 3
"""Parameters named for each quantity."""


@dataclass
class SensitivityResults:
    """What the parts gave.

    Attributes
    ----------
    tables
        by name of the file
    box, effects
        factors of the screening and their elementary effects, [trajectories, D, Q]
    chosen
        parameters that go on to Sobol, with the share of resamples that choose them too
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    box: Box = field(default_factory=lambda: Box((), ()))
    effects: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0, 0)))
    chosen: dict[str, float] = field(default_factory=dict)


def summary(
    problem: SensitivityProblem, plan: Plan, found: SensitivityResults, failed: pd.DataFrame, quantities: Quantities
) -> str:
    """All parts that were made, each with a table and what to make of it."""
    text = ["# Sensitivity of the results", _design(problem, quantities)]
    tables = found.tables
    if "morris" in tables:
        text += _morris(found)
    if "sobol" in tables:
        text += _sobol(tables["sobol"])
    if "oat" in tables:
        text += _oat(tables["oat"])
    if "robustness" in tables:
        text += _robustness(tables["robustness"])
    if "replicates" in tables:
        text += _replicates(tables["replicates"])
    text += _gaps(plan, found, failed, quantities)
    return "\n\n".join(text)


MARK = "sensitivity"
"""Name of the text that a document holds."""


def in_documents(problem: SensitivityProblem, found: SensitivityResults, quantities: Quantities) -> dict[str, str]:
    """What a document says of the screening and the shares of variance, by the name of its marks."""
    text, tables = [_design(problem, quantities)], found.tables
    text += _morris(found)[1:] if "morris" in tables else []
    text += _sobol(tables["sobol"])[1:] if "sobol" in tables else []
    return {MARK: "\n\n".join(text) + "\n"}


def _design(problem: SensitivityProblem, quantities: Quantities) -> str:
    settings = problem.space.settings
    belief = "posterior" if (problem.space.spread != 1).any() else "prior"
    return (
        f"{settings.population.users:,} users, {settings.population.merchants:,} merchants, {settings.calendar.start} "
        f"to {settings.calendar.end}; quantities over {quantities.since} to {quantities.until}. Parameters are moved "
        f"about the values of the settings: by one standard deviation of the {belief} to either side (one at a time), "
        "or evenly over a range with the same standard deviation (Morris, Sobol). Runs share their seeds; the row "
        "`seed` is a factor that changes nothing but the seed: effects below it are random variation."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    cells = [list(head), ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _morris(found: SensitivityResults) -> list[str]:
    weights = dict(zip(found.box.names, importance(found.effects), strict=True))
    above = int(above_seed(found.box, found.effects).sum())
    rows = [(name, f"{weights[name]:.2f}", f"{share:.0%}") for name, share in found.chosen.items()]
    text = [
        "## Screening (Morris)",
        f"{len(found.effects)} trajectories over {len(weights) - 1} parameters, of which {above} do more than the seed "
        "for one quantity at least. Weight: mu* as a share of the largest one, mean over quantities; the seed's is "
        f"{weights[SEED]:.2f}. Stable: share of resamples of trajectories in which the parameter is chosen as well.",
    ]
    return [*text, _table(("parameter", "weight", "stable"), rows)] if rows else [*text, "None goes on to Sobol."]


def _sobol(table: pd.DataFrame) -> list[str]:
    rows = []
    for quantity, own in table.groupby("quantity", sort=False):
        named = own[own["parameter"] != SEED].nsmallest(FIRST, "rank")
        luck = own[own["parameter"] == SEED].iloc[0]
        words = [
            f"{row.parameter} {row.total:.2f} [{row.total_low:.2f}, {row.total_high:.2f}], "
            f"rank {row.rank} [{row.rank_low}-{row.rank_high}]"
            for row in named.itertuples(index=False)
        ]
        rows.append((quantity, "; ".join(words), f"{luck.total:.2f}", f"{own['first'].sum():.2f}", luck.blocks))
    return [
        "## Shares of variance (Sobol)",
        "Total indices with 95 % bootstrap intervals: the part of a quantity's variance in which a parameter has a "
        "hand when only these parameters and the seed vary. The sum of first-order indices says how much they do each "
        "on its own.",
        _table(("quantity", "first by total index", "seed", "sum of first order", "blocks"), rows),
    ]


def _oat(table: pd.DataFrame) -> list[str]:
    rows = []
    for quantity, own in table.groupby("quantity", sort=False):
        named = own[own["parameter"] != SEED].nsmallest(FIRST, "rank")
        luck = own[own["parameter"] == SEED]
        words = [
            f"{row.parameter} {row.effect:+.3g} [{row.low:.3g}, {row.high:.3g}]"
            + (f", elasticity {row.elasticity:+.2f}" if row.elasticity != "" else "")
            for row in named.itertuples(index=False)
        ]
        behind = int((own["rank"] > luck["rank"].iloc[0]).sum()) if len(luck) else ""
        rows.append((f"{quantity} ({own['unit'].iloc[0]})", "; ".join(words), f"{own['seed_sd'].iloc[0]:.3g}", behind))
    return [
        "## One at a time",
        "Effect of one standard deviation of the parameter, with its 95 % interval over seeds; elasticity: percent per "
        "percent. Seed: standard deviation over seeds; behind: parameters that do less than another seed does.",
        _table(("quantity", "largest effects", "seed", "behind"), rows),
    ]


def _robustness(table: pd.DataFrame) -> list[str]:
    rows = []
    for changed, variant in table[["changed", "variant"]].drop_duplicates().itertuples(index=False):
        own = table[(table["changed"] == changed) & (table["variant"] == variant)]
        clear = own[(own["low"] > 0) | (own["high"] < 0)]
        words = [
            f"{row.quantity} {row.default_mean:.3g} → {row.variant_mean:.3g}" for row in clear.itertuples(index=False)
        ]
        rows.append((changed, variant, own["seeds"].max(), f"{len(clear)} of {len(own)}", "; ".join(words) or "none"))
    return [
        "## Robustness",
        "Quantities whose paired 95 % interval of the difference excludes zero; by chance alone one in twenty does.",
        _table(("changed", "variant", "seeds", "differ", "which"), rows),
    ]


def _replicates(table: pd.DataFrame) -> list[str]:
    enough, most = recommended(table), int(table["seeds"].max())
    last = table.drop_duplicates("quantity", keep="last").set_index("quantity")
    rows = [
        (name, f"{mean:.4g}", f"{cv:.3f}", enough[name] or f"more than {most}")
        for name, mean, cv in zip(map(str, last.index), last["mean"], last["cv"], strict=True)
    ]
    known = [count for count in enough.values() if count is not None]
    words = f"**{max(known)} seeds** are enough for {len(known)} of {len(enough)} quantities" if known else ""
    short = len(enough) - len(known)
    more = f"{short} would need more than the {most} there were" if short else ""
    return [
        "## How many seeds",
        f"{'; '.join(part for part in (words, more) if part)}. Enough: no larger number of seeds changes the "
        f"coefficient of variation by {EPSILON:g} or more.",
        _table(("quantity", "mean", "coefficient of variation", "seeds"), rows),
    ]


def _gaps(plan: Plan, found: SensitivityResults, failed: pd.DataFrame, quantities: Quantities) -> list[str]:
    notes = [f"left out: {text}" for text in plan.left]
    if "sobol" in plan.sizes and not found.chosen:
        notes.append("left out: sobol, as no parameter does more than the seed")
    if len(failed):
        notes.append(f"{len(failed)} runs failed and are left out with their trajectory, block or pair; see failed.csv")
    notes.append(
        f"{DAY} is measured only in runs that have a second half; {BEGINS} says how many have. What falls out with the "
        "others is left out of its rows alone"
    )
    return ["## What is missing", "\n".join(f"- {note}." for note in notes)]
