"""Balance in numbers: where the market of a profile comes to rest, beside the last year of history's profile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.equilibrium.findings import Findings, Profile
from secondhalf.experiments.equilibrium.game.payoffs import MARKET
from secondhalf.experiments.equilibrium.game.simulations import BALANCE, Simulation, profile_tuple
from secondhalf.experiments.equilibrium.inference.stationarity import balance_week
from secondhalf.experiments.equilibrium.output.csv_tables import interval, results

Array = NDArray[np.float64]
MEASURES = {
    "interpenetration_minutes": "index",
    "interpenetration_gmv": "index",
    "minutes_a_day": "minutes a day",
}
"""Of the market, with their units: minutes on all platforms are of a person online."""
SHARES = {"minutes_share": ("attention_last", "share"), "gmv_share": ("gmv_last", "share")}
COLUMNS = (
    *("profile", "label", "platform", "measure", "unit", "rest", "low", "high", "runs"),
    *("last_year", "last_year_low", "last_year_high", "week", "week_low", "week_high"),
)
LEAST_RUNS = 3


def rest_jobs(found: Findings, profile: Profile) -> list[Simulation]:
    """Runs of a profile's market that go on in a frozen world, one a draw."""
    options, own = found.problem.options.balance, profile_tuple(found.game.choices(profile))
    places = map(found.problem.draws.one, range(options.seeds))
    return [
        Simulation(BALANCE, place.setup, place.seed, own, weeks=options.weeks, member=place.member) for place in places
    ]


def at_rest(found: Findings, part: float) -> pd.DataFrame:
    """at_rest.csv: history's profile, the focus and certified ones, with intervals over draws.

    Beside each number the same in the last year of the horizon under history's profile, which with the default plan is
    2024; and the week of the continuation from which on shares are within the margin of their ends.
    """
    runner, rows = found.market.runner, list[dict[str, Any]]()
    chosen = list(dict.fromkeys([found.game.history, found.focus, *found.certified[:2]]))
    jobs = {profile: rest_jobs(found, profile) for profile in chosen}
    runner([job for own in jobs.values() for job in own], part, free=True)
    before = last_year(found)
    for profile, own in jobs.items():
        done = [result for job in own if (result := runner.result(job)) is not None]
        if len(done) >= LEAST_RUNS:
            rows += _rows(found, profile, done, before)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def last_year(found: Findings) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Means and intervals of the horizon's last year under history's profile, by platform (or market) and measure."""
    kept: dict[tuple[str, str], list[float]] = {}
    for _, result in results(found, found.game.history):
        there = {name: own for name, own in result.items() if name != MARKET}
        for measure, (key, _) in SHARES.items():
            whole = sum(own[key] for own in there.values())
            for name, own in there.items():
                kept.setdefault((name, measure), []).append(own[key] / whole)
        for measure in MEASURES:
            kept.setdefault((MARKET, measure), []).append(result[MARKET][measure])
    return {key: interval(np.array(values)) for key, values in kept.items()}


def _rows(
    found: Findings,
    profile: Profile,
    done: list[dict[str, Any]],
    before: dict[tuple[str, str], tuple[float, float, float]],
) -> list[dict[str, Any]]:
    options, names = found.problem.options.balance, done[0]["platforms"]
    paths = np.stack([np.array(one["shares"]) for one in done])  # [run, week, 2 P]
    week = balance_week(paths, options.judged, options.margin)
    ends = paths[:, -options.judged :].mean(axis=1)
    whole = np.stack([np.array(one["market"]) for one in done])[:, -options.judged :].mean(axis=1)
    values = {
        (name, measure): (ends[:, number * len(names) + place], "share")
        for number, measure in enumerate(SHARES)
        for place, name in enumerate(names)
    }
    values |= {(MARKET, measure): (whole[:, n], unit) for n, (measure, unit) in enumerate(MEASURES.items())}
    head = {"profile": found.game.words(profile), "label": found.label(profile) or found.verdict(profile)}
    rows = []
    for key, (own, unit) in values.items():
        row = head | {"platform": key[0], "measure": key[1], "unit": unit, "runs": len(own)}
        row |= dict(zip(("rest", "low", "high"), interval(own), strict=True))
        there = before.get(key, (float("nan"),) * 3)
        row |= dict(zip(("last_year", "last_year_low", "last_year_high"), there, strict=True))
        rows.append(row | dict(zip(("week", "week_low", "week_high"), week, strict=True)))
    return rows
