"""Long run of a profile: stationarity of its market, play of adaptive strategies, fixed points of the mean field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.equilibrium.findings import Findings, Profile, Stationarity
from secondhalf.experiments.equilibrium.game.meanfield_check import meanfield_table, tipping_table
from secondhalf.experiments.equilibrium.game.simulations import (
    ADAPTIVE,
    BALANCE,
    MEANFIELD,
    PATH,
    Simulation,
    profile_tuple,
)
from secondhalf.experiments.equilibrium.inference.stationarity import (
    FAILS,
    HOLDS,
    OPEN,
    balance_week,
    equivalent,
    judge_ensemble,
)

Array = NDArray[np.float64]
OWN, NOBODY, EVERYBODY = "the profile itself", "nobody enters", "all enter"
LEAST_RUNS = 3
PATHS = ("start", "week", "platform", "measure", "mean", "low", "high")
BALANCE_COLUMNS = (
    *("profile", "start", "runs", "at_rest", "drift", "drift_low", "drift_high", "own_drift", "steady", "cycle_share"),
    *("single", "modes_apart", "same_end", "difference", "week", "week_low", "week_high"),
)
OUTSIDE = "outside of the game"


def judge_stationarity(found: Findings, profile: Profile, part: float) -> Stationarity:
    """Continue the market of a profile in a frozen world, from three starts, and test it for stationarity."""
    options, game, runner = found.problem.options.balance, found.game, found.market.runner
    starts = {OWN: None, NOBODY: game.nobody, EVERYBODY: game.everybody}
    kept = {name: before for name, before in starts.items() if before != profile}
    jobs = {
        (name, number): Simulation(
            BALANCE,
            own.setup,
            own.seed,
            profile_tuple(game.choices(profile)),
            None if before is None else profile_tuple(game.choices(before)),
            options.weeks,
            member=own.member,
        )
        for number, own in enumerate(map(found.problem.draws.one, range(options.seeds)))
        for name, before in kept.items()  # run by run, so that what the budget ends has pairs
    }
    runner(list(jobs.values()), part, free=True)
    done: dict[str, dict[int, Array]] = {name: {} for name in kept}
    names: list[str] = []
    for (name, number), job in jobs.items():
        result = runner.result(job)
        if result is not None:
            names = result["platforms"]
            done[name][number] = np.array(result["shares"])
    rows = [_row(found, profile, name, done[name], done[OWN]) for name in kept if len(done[name]) >= LEAST_RUNS]
    table = pd.DataFrame(rows, columns=list(BALANCE_COLUMNS))
    answers = [*table["at_rest"], *(word for word in table["same_end"] if word)]
    word = FAILS if FAILS in answers else HOLDS if rows and set(answers) == {HOLDS} else OPEN
    drift = float(np.abs(table[["drift_low", "drift_high"]].to_numpy(float)).max()) if rows else float("nan")
    return Stationarity(table, _paths(done, names), word, drift)


def _row(
    found: Findings, profile: Profile, start: str, own: Mapping[int, Array], base: Mapping[int, Array]
) -> list[Any]:
    options = found.problem.options.balance
    paths = np.stack(list(own.values()))
    stationarity = judge_ensemble(paths, options.judged, options.margin)
    week = balance_week(paths, options.judged, options.margin)
    same, apart = "", float("nan")
    pairs = [number for number in own if number in base]
    if start != OWN and len(pairs) >= LEAST_RUNS:
        ends = [own[n][-options.judged :].mean(axis=0) - base[n][-options.judged :].mean(axis=0) for n in pairs]
        same, apart = equivalent(np.array(ends), options.margin)
    drifts = (stationarity.drift, stationarity.drift_low, stationarity.drift_high, stationarity.own_drift)
    rests = (stationarity.steady, stationarity.cycle_share, stationarity.single, stationarity.modes_apart)
    return [found.game.words(profile), start, len(own), stationarity.word, *drifts, *rests, same, apart, *week]


def _paths(done: Mapping[str, Mapping[int, Array]], names: list[str]) -> pd.DataFrame:
    parts = []
    for start, own in done.items():
        if not own:
            continue
        paths = np.stack(list(own.values()))
        mean, (low, high) = paths.mean(axis=0), np.quantile(paths, [0.05, 0.95], axis=0)
        for number, (measure, name) in enumerate((m, n) for m in ("minutes", "gmv") for n in names):
            columns = (mean[:, number], low[:, number], high[:, number])
            weeks = np.arange(1, len(mean) + 1)
            parts.append(pd.DataFrame(dict(zip(PATHS, (start, weeks, name, measure, *columns), strict=True))))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(PATHS))


def adaptive(found: Findings, part: float) -> pd.DataFrame:
    """adaptive.csv: the profile in which each seed's play ends, and its verdict in the game."""
    options, runner = found.problem.options.adaptive, found.market.runner
    jobs = {}
    for own in map(found.problem.draws.one, range(options.seeds)):
        for name in options.strategies:
            chosen = load_settings([f"strategy={name}"]).strategy
            pairs = tuple((who, chosen) for who in found.game.players)
            jobs[name, own.seed] = Simulation(ADAPTIVE, own.setup, own.seed, strategies=pairs, member=own.member)
    runner(list(jobs.values()), part, free=True)
    rows = []
    for (name, own_seed), job in jobs.items():
        result = runner.result(job)
        if result is not None:
            ended = _ended(found, {who: frozenset(has) for who, has in result["standing"].items()})
            rows.append({"strategy": name, "seed": own_seed} | ended)
    return pd.DataFrame(rows, columns=["strategy", "seed", "profile", "verdict", "verdict_of_bundles"])


def _ended(found: Findings, standing: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """The profile in words, and its verdict where it is one of the game's."""
    game, names, profile = found.game, [], []
    for number, player in enumerate(game.players):
        own = game.strategies[number]
        has = standing[player] & own[0].choice.among  # what else it has is not the bundles'
        # A strategy that has joined is about more than the bundles are, so it comes first.
        place = next(
            (n for n in reversed(range(len(own))) if standing[player] & own[n].choice.among == own[n].choice.has), None
        )
        names.append(f"{player} {game.described(number, has) if place is None else own[place].name}")
        profile.append(place)
    whole = tuple(place for place in profile if place is not None)
    if len(whole) < len(profile):
        return {"profile": ", ".join(names), "verdict": OUTSIDE, "verdict_of_bundles": ""}
    words = ", ".join(names)
    return {"profile": words, "verdict": found.verdict(whole), "verdict_of_bundles": found.before_word(whole)}


def mean_field(found: Findings, part: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """meanfield.csv and tipping.csv: for the focus, history's profile and the one in which all stay."""
    options, game, runner = found.problem.options.meanfield, found.game, found.market.runner
    profiles = list(dict.fromkeys([found.focus, game.history, game.nobody])) if options.types else []
    own, jobs = found.problem.draws.one(0), {}
    for profile in profiles:
        choices = profile_tuple(game.choices(profile))
        jobs[profile] = Simulation(MEANFIELD, own.setup, own.seed, choices, mean_field=options, member=own.member)
    runner(list(jobs.values()), part, free=True)
    done = [(game.words(profile), result) for profile, job in jobs.items() if (result := runner.result(job))]
    return (
        pd.concat([meanfield_table(words, result) for words, result in done] or [pd.DataFrame()]),
        pd.concat([tipping_table(words, result, options) for words, result in done] or [pd.DataFrame()]),
    )


def second_half_days(found: Findings, part: float) -> pd.DataFrame:
    """phases.csv: when the second half began under each of the first seeds, as the settings have it."""
    runner, places = found.market.runner, map(found.problem.draws.one, range(found.problem.options.first_draws))
    jobs = [Simulation(PATH, own.setup, own.seed, member=own.member) for own in places]
    runner(jobs, part, free=True)
    done = [(job.seed, result) for job in jobs if (result := runner.result(job)) is not None]
    rows = [{"seed": own, "second_half_day": result["second_half_day"] or ""} for own, result in done]
    return pd.DataFrame(rows, columns=["seed", "second_half_day"])
