"""Parameter recovery: facts simulated from known parameters are fitted, and estimates compared with the known values.

Unlike the check of coverage, every replicate searches anew from the priors' side, so that it also shows whether the
search gets there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from secondhalf.experiments.calibrate.minimum_distance import Evaluate, Problem, search
from secondhalf.experiments.calibrate.posterior import laplace
from secondhalf.experiments.facts.targets import Targets

Array = NDArray[np.float64]
FIRST_SEED = 30_000
"""Seed of the first world that is to be recovered; the search uses others."""
LEVEL = 0.9
RECOVERED = "recovery.csv"
"""File of truths and estimates."""


def recover(
    problem: Problem, truths: Sequence[Array], start: Array, evaluate: Evaluate, rounds: int, step: float
) -> pd.DataFrame:
    """Fit worlds with known parameters.

    Parameters
    ----------
    truths
        scores of each world, [D] each
    start
        scores that every search begins with, [D]

    Returns
    -------
    DataFrame
        a row a replicate and parameter: truth, estimate and its 90 % interval in prior standard deviations, whether the
        truth is inside, the posterior over prior standard deviation, and the error in posterior standard deviations
    """
    rows = []
    reach = float(stats.norm.ppf(0.5 + LEVEL / 2))
    for number, truth in enumerate(truths):
        fit = search(_world(problem, truth, number, evaluate), start, evaluate, rounds, step)
        posterior = laplace(fit)
        for parameter, true, found, sd in zip(
            problem.parameters.names, truth, posterior.mode, posterior.sd, strict=True
        ):
            low, high = found - reach * sd, found + reach * sd
            rows.append(
                {
                    "replicate": number,
                    "parameter": parameter,
                    "truth": true,
                    "estimate": found,
                    "low": low,
                    "high": high,
                    "inside": int(low <= true <= high),
                    "score_sd": sd,
                    "error": (found - true) / sd,
                }
            )
    return pd.DataFrame(rows)


def recovered(table: pd.DataFrame) -> pd.DataFrame:
    """How well each parameter comes back.

    Returns
    -------
    DataFrame
        by parameter the root mean square of `error` (one, were intervals right), of the distance to the truth in prior
        standard deviations (one, were nothing known), the mean of `score_sd`, and the share of truths inside
    """
    squares = table.assign(error=table["error"] ** 2, distance=(table["estimate"] - table["truth"]) ** 2)
    by_parameter = squares.groupby("parameter", sort=False)[["error", "distance", "score_sd", "inside"]].mean()
    by_parameter[["error", "distance"]] **= 0.5
    return by_parameter


def recovery_markdown(table: pd.DataFrame) -> str:
    """The same as a Markdown table, with how many worlds there were."""
    worlds, found = table["replicate"].nunique(), recovered(table)
    rows = [
        "| parameter | error, in posterior sd | distance, in prior sd | posterior over prior sd | truths inside |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| `{name}` | {error:.1f} | {distance:.2f} | {score_sd:.2f} | {round(inside * worlds)} of {worlds} |"
            for name, (error, distance, score_sd, inside) in zip(found.index, found.to_numpy(float), strict=True)
        ),
    ]
    return (
        f"{worlds} worlds; {table['inside'].mean():.0%} of {len(table)} intervals of {LEVEL:.0%} hold the truth.\n\n"
        + "\n".join(rows)
        + "\n"
    )


def _world(problem: Problem, truth: Array, number: int, evaluate: Evaluate) -> Problem:
    """The problem with facts that a market with these parameters would report, errors of facts included."""
    rng = np.random.default_rng([FIRST_SEED, number])
    market = problem.parameters.put(problem.settings, problem.parameters.values(truth))
    reported = evaluate([market.model_copy(update={"seed": FIRST_SEED + number})])[0]
    reported = reported * np.exp(problem.root @ rng.standard_normal(reported.size))
    made = tuple(
        replace(target, value=float(value)) for target, value in zip(problem.targets.all, reported, strict=True)
    )
    return replace(problem, targets=Targets(made, problem.targets.left))
