"""Conditions E1 to E6 of a second-half equilibrium for each profile, and statements about the whole game."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from secondhalf.experiments.equilibrium.findings import Findings, Profile
from secondhalf.experiments.equilibrium.game.payoffs import MARKET
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import CERTIFIED, REFUTED
from secondhalf.experiments.equilibrium.inference.stationarity import FAILS, HOLDS, OPEN
from secondhalf.experiments.equilibrium.output.csv_tables import interval, part, results
from secondhalf.experiments.equilibrium.solution import Reading, Solution
from secondhalf.model.day.stages import DAYS_A_WEEK

Row = dict[str, Any]
NAMES = {
    "E1": "user growth has ended: net new users in the last year, as a part of all",
    "E2": "the market is stationary with frozen surroundings",
    "E3": "merchants who would have gained a hundredth by one fixed division of effort, counted as they count",
    "E4": "no platform gains by another bundle: largest gain",
    "E5": "best responses from the profile in which nobody enters end here: probability",
    "E6": "interpenetration of minutes above that of the profile in which nobody enters",
}


def conditions(found: Findings) -> pd.DataFrame:
    """conditions.csv: a row a profile and condition; rest is judged for the focus only."""
    options, rows = found.problem.options, []
    base = {seed: result[MARKET]["interpenetration_minutes"] for seed, result in results(found, found.game.nobody)}
    for profile in found.shown:
        own = dict(results(found, profile))

        def numbers(name: str, own: dict[int, dict[str, dict[str, float]]] = own) -> tuple[float, float, float]:
            return interval(np.array([result[MARKET][name] for result in own.values()]))

        more = [result[MARKET]["interpenetration_minutes"] - base[seed] for seed, result in own.items() if seed in base]
        answers = {
            "E1": _below(numbers("growth"), options.growth),
            "E2": _rest(found, profile),
            "E3": _below(numbers("merchants_wishing"), options.wishing),
            "E4": _no_regret(found, profile),
            "E5": _reached(found.solution, found.game.place(profile)),
            "E6": _above(interval(np.array(more)), 0.0),
        }
        for name, (holds, value, low, high) in answers.items():
            head: Row = {"profile": found.game.words(profile), "label": found.label(profile), "condition": name}
            head |= {"holds": holds, "value": value, "low": low, "high": high, "statement": NAMES[name]}
            since = ""
            if name == "E1" and holds != HOLDS:
                since = growth_ends(found, value, numbers("growth_before")[0])
            elif name == "E2":
                since = _rest_since(found, profile)
            rows.append(head | {"since": since})
    return pd.DataFrame(rows)


Answer = tuple[str, float, float, float]


def _below(value: tuple[float, float, float], most: float) -> Answer:
    mean, low, high = value
    return (HOLDS if high <= most else FAILS if low > most else OPEN), mean, low, high


def _above(value: tuple[float, float, float], least: float) -> Answer:
    mean, low, high = value
    return (HOLDS if low > least else FAILS if high <= least else OPEN), mean, low, high


def _rest(found: Findings, profile: Profile) -> Answer:
    if found.stationarity is None or profile != found.focus:
        return OPEN, np.nan, np.nan, np.nan
    return found.stationarity.word, found.stationarity.drift, np.nan, np.nan


def growth_ends(found: Findings, last: float, before: float) -> str:
    """The year in which growth would be at most `growth`, if it went on falling at the rate of its last year.

    Nothing when it does not fall.
    """
    most, end = found.problem.options.growth, found.problem.setup.settings.calendar.end
    if not (0 < most < last < before):
        return ""
    return str(end.year + int(np.ceil(np.log(most / last) / np.log(last / before))))


def _rest_since(found: Findings, profile: Profile) -> str:
    """First day of the continuation from which on the market rests; empty when that was not shown."""
    if found.stationarity is None or profile != found.focus or found.stationarity.table.empty:
        return ""
    own = found.stationarity.table.iloc[0]
    if own["at_rest"] != HOLDS:
        return ""
    end = found.problem.setup.settings.calendar.end
    return (end + dt.timedelta(days=int(own["week"]) * DAYS_A_WEEK)).isoformat()


def _no_regret(found: Findings, profile: Profile) -> Answer:
    verdicts, place = found.estimate.verdicts, found.game.place(profile)
    word = {CERTIFIED: HOLDS, REFUTED: FAILS}.get(verdicts.word[place], OPEN)
    return word, part(verdicts.regret[place]), part(verdicts.regret_low[place]), part(verdicts.regret_high[place])


def _reached(solution: Solution | None, place: int) -> Answer:
    if solution is None:
        return OPEN, np.nan, np.nan, np.nan
    value = float(solution.reading.reached[place])
    low, high = _quantiles([float(one.reached[place]) for one in solution.resampled])
    return (HOLDS if low > 0 else FAILS if high == 0 else OPEN), value, low, high


def _quantiles(values: Sequence[float]) -> tuple[float, float]:
    """95 % of resampled values; nothing for none."""
    if not values:
        return np.nan, np.nan
    low, high = np.quantile(values, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high)


def statements(found: Findings) -> pd.DataFrame:
    """statements.csv: what is said of the whole game, with 95 % of the resampled tables."""
    rows: list[Row] = []
    solution, game = found.solution, found.game

    def say(name: str, value: float, over: Sequence[float] = (), words: str = "") -> None:
        low, high = _quantiles(over)
        rows.append({"statement": name, "value": value, "low": low, "high": high, "words": words})

    verdicts = found.estimate.verdicts.word
    for word in ("certified", "refuted", "undecided"):
        say(f"profiles {word}", verdicts.count(word))
    if solution is None:
        return pd.DataFrame(rows)
    tables = solution.resampled
    say("pure equilibria of the estimated table", len(solution.reading.equilibria), [len(t.equilibria) for t in tables])
    say("sink components", len(solution.sinks.members), words=_sinks(found, solution))
    say("moves from the profile in which nobody enters to a sink", solution.reading.moves, [t.moves for t in tables])
    for name in ("anarchy", "stability"):
        value = _price(solution.reading, name)
        over = [price for t in tables if np.isfinite(price := _price(t, name))]
        say(f"price of {name}", value, over, "" if np.isfinite(value) else "no pure equilibrium")
    own = solution.dilemma
    say(
        "prisoner's dilemma",
        float(own.holds),
        words="; ".join(
            f"{name}: its choice is best against {100 * share:.0f} % of what others may do, and it has "
            f"{'less' if worse else 'more'} than if nobody entered"
            for name, share, worse in zip(game.players, own.dominant, own.worse, strict=True)
        ),
    )
    mixed = solution.path.mixed
    likely = "; ".join(
        f"{name} "
        + ", ".join(f"{own.name} {100 * p:.0f} %" for own, p in zip(strategies, chances, strict=True) if p > 0.005)
        for name, strategies, chances in zip(game.players, game.strategies, mixed, strict=True)
    )
    say("regret where the logit path ends, part of the largest spread of payoffs", solution.path.regret, words=likely)
    return pd.DataFrame(rows)


def _price(reading: Reading, name: str) -> float:
    return float("nan") if reading.prices is None else float(getattr(reading.prices, name))


def _sinks(found: Findings, solution: Solution) -> str:
    """Where best responses end, the likeliest first."""
    start, chain = found.game.place(found.game.nobody), solution.sinks
    order = np.argsort(-chain.reached[start], kind="stable")
    said = []
    for number in order[:5]:
        states = chain.members[number]
        where = found.game.words(found.game.profiles[int(states[0])])
        what = where if len(states) == 1 else f"a rotation among {len(states)} profiles, {where} among them"
        said.append(f"{what} ({100 * chain.reached[start, number]:.0f} %)")
    return "; ".join(said)
