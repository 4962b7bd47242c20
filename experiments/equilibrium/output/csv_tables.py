"""CSV tables of an equilibrium study; gains are parts of the payoff, cells without a number are empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from secondhalf.experiments.equilibrium.certify import named
from secondhalf.experiments.equilibrium.findings import Findings, Profile
from secondhalf.experiments.equilibrium.game.payoffs import BY_PLATFORM, MARKET, OF_MARKET
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import Deviations, deviations
from secondhalf.experiments.game_theory.pure_nash import regrets
from secondhalf.experiments.results.statistics.crossed_runs import nested_parts

Array = NDArray[np.float64]
Row = dict[str, Any]
PAYS, DOES_NOT, OPEN = "pays", "does not pay", "open"
WELFARE = {
    "platforms": "revenue of all platforms, which is what merchants pay in fees and advertising, discounted, RMB",
    "merchants": "profit: margin on net sales less fees and the cost of shops, discounted, RMB",
    "consumers": "surplus of purchases, log-sum over the price weight, discounted, RMB",
    "users": "surplus of the mean user in the last year, minutes a day",
}


def part(log_gain: float) -> float:
    """A log gain as a part of the payoff; infinite where draws are so few that an interval says nothing."""
    with np.errstate(over="ignore"):
        return float(np.expm1(log_gain))


def deviation_word(low: float, high: float, epsilon: float) -> str:
    """Whether a deviation pays."""
    return PAYS if low > epsilon else DOES_NOT if high <= epsilon else OPEN


def profiles(found: Findings) -> pd.DataFrame:
    """profiles.csv: a row a profile, with its verdict and the deviation that decides it."""
    game, estimate, solution = found.game, found.estimate, found.solution
    verdicts, values = estimate.verdicts, estimate.values
    rows = []
    for place, profile in enumerate(game.profiles):
        player = int(verdicts.player[place])
        row: Row = {
            "profile": game.words(profile),
            "label": found.label(profile),
            "verdict": verdicts.word[place],
            "verdict_of_bundles": found.before_word(profile),
            "player": game.players[player],
            "to": game.names(game.profiles[int(verdicts.to[place])])[player],
            "gain": part(verdicts.gain[place]),
            "gain_low": part(verdicts.low[place]),
            "gain_high": part(verdicts.high[place]),
            "regret": part(verdicts.regret[place]),
            "regret_low": part(verdicts.regret_low[place]),
            "regret_high": part(verdicts.regret_high[place]),
            "draws": int(np.isfinite(values[place, :, 0]).sum()),
            "often": solution.often(profile) if solution else np.nan,
            "reached": float(solution.reading.reached[place]) if solution else np.nan,
            "logit_mass": float(solution.logit[place]) if solution else np.nan,
            "alpha_mass": float(solution.alpha[place]) if solution else np.nan,
        }
        rows.append(row)
    return pd.DataFrame(rows)


def deviation_table(found: Findings) -> pd.DataFrame:
    """deviations.csv: a row a profile and deviation of one player."""
    game, every = found.game, deviations(found.estimate.pairs, found.estimate.gains)
    draws = np.concatenate([found.estimate.gains.seeds] * 2)
    rows, kept = [], dict[int, Array]()
    for number in np.lexsort((every.to, every.player, every.start)):
        start, player = game.profiles[int(every.start[number])], int(every.player[number])
        rows.append(
            {
                "profile": game.words(start),
                "player": game.players[player],
                "from": game.names(start)[player],
                "to": game.names(game.profiles[int(every.to[number])])[player],
                "gain": part(every.gain[number]),
                "low": part(every.low[number]),
                "high": part(every.high[number]),
                **dict(zip(("sd_parameters", "sd_luck"), _parts(found, every, number, kept), strict=True)),
                "draws": int(draws[number]),
                "verdict": deviation_word(every.low[number], every.high[number], found.problem.options.epsilon),
            }
        )
    return pd.DataFrame(rows)


def _parts(found: Findings, every: Deviations, number: int, kept: dict[int, Array]) -> tuple[float, float]:
    """Standard deviations of a log gain over parameters and over luck; `kept` holds runs by profile."""
    draws = range(found.estimate.values.shape[1])
    for place in (int(every.start[number]), int(every.to[number])):
        if place not in kept:
            choices = found.game.choices(found.game.profiles[place])
            kept[place] = np.array([found.market.run_values(choices, draw) for draw in draws])
    gain = kept[int(every.to[number])] - kept[int(every.start[number])]
    return nested_parts(gain[:, :, int(every.player[number])])


def payoffs(found: Findings) -> pd.DataFrame:
    """payoffs.csv: a row a profile and player; intervals are of that row alone, over draws that both profiles have."""
    game, values = found.game, found.estimate.values
    base, rows = values[game.place(game.nobody)], []
    gain = regrets(found.solution.table).reshape(len(game.players), -1) if found.solution else None
    for place, profile in enumerate(game.profiles):
        for player, name in enumerate(game.players):
            mean, low, high = interval(values[place, :, player] - base[:, player])
            there = values[place, :, player][np.isfinite(values[place, :, player])]
            rows.append(
                {
                    "profile": game.words(profile),
                    "player": name,
                    "strategy": game.names(profile)[player],
                    "payoff": float(np.exp(there).mean()) if there.size else np.nan,
                    "against_nobody": part(mean),
                    "low": part(low),
                    "high": part(high),
                    "best_gain": part(float(gain[player, place])) if gain is not None else np.nan,
                }
            )
    return pd.DataFrame(rows)


def interval(values: Array) -> tuple[float, float, float]:
    """Mean and 95 % interval (Student's t) of what is there."""
    there = values[np.isfinite(values)]
    if there.size == 0:
        return (float("nan"),) * 3
    mean = float(there.mean())
    if there.size == 1:
        return mean, float("nan"), float("nan")
    width = float(stats.t.isf(0.025, there.size - 1) * there.std(ddof=1) / np.sqrt(there.size))
    return mean, mean - width, mean + width


def results(found: Findings, profile: Profile) -> Iterator[tuple[int, dict[str, dict[str, float]]]]:
    """What a profile gave under each finished draw."""
    for draw in range(found.estimate.values.shape[1]):
        result = found.market.result(found.game.choices(profile), draw)
        if result is not None:
            yield draw, result


def outcomes(found: Findings) -> pd.DataFrame:
    """outcomes.csv: shares of minutes and of GMV in the last year of some profiles, beside the year before."""
    rows = []
    year = found.market.past.year
    total = {key: sum(own[key] for own in year.values()) for key in ("attention", "gmv")}
    for name, own in year.items():
        shares = (own["attention"] / total["attention"], own["gmv"] / total["gmv"])
        rows.append(_outcome("", "year before the revision", name, [shares]))
    for profile in found.shown:
        by_draw: dict[str, list[tuple[float, float]]] = {}
        for _, result in results(found, profile):
            there = {name: own for name, own in result.items() if name != MARKET}
            minutes, gmv = (sum(own[key] for own in there.values()) for key in ("attention_last", "gmv_last"))
            for name, own in there.items():
                by_draw.setdefault(name, []).append((own["attention_last"] / minutes, own["gmv_last"] / gmv))
        words, label = found.game.words(profile), found.label(profile) or found.verdict(profile)
        rows += [_outcome(words, label, name, own) for name, own in by_draw.items()]
    return pd.DataFrame(rows)


def _outcome(profile: str, label: str, platform: str, draws: list[tuple[float, float]]) -> Row:
    row: Row = {"profile": profile, "label": label, "platform": platform}
    for name, own in zip(("minutes_share", "gmv_share"), np.array(draws).T, strict=True):
        mean, low, high = interval(own)
        row |= {name: mean, f"{name}_low": low, f"{name}_high": high}
    return row


def welfare(found: Findings) -> pd.DataFrame:
    """welfare.csv: surplus of each side in some profiles, and its difference from the profile in which all stay."""
    base = {draw: sides(result) for draw, result in results(found, found.game.nobody)}
    rows = []
    for profile in found.shown:
        own = {draw: sides(result) for draw, result in results(found, profile)}
        both = [draw for draw in own if draw in base]
        for side, unit in WELFARE.items():
            mean, low, high = interval(np.array([own[draw][side] for draw in own]))
            ratio = interval(np.array([log_ratio(own[draw][side], base[draw][side]) for draw in both]))
            row: Row = {"profile": found.game.words(profile), "label": found.label(profile) or found.verdict(profile)}
            row |= {"side": side, "mean": mean, "low": low, "high": high}
            row |= dict(zip(("against_nobody", "ratio_low", "ratio_high"), map(part, ratio), strict=True))
            rows.append(row | {"unit": unit})
    return pd.DataFrame(rows)


def log_ratio(value: float, base: float) -> float:
    """Log of a ratio; nan where one of the two is no positive number."""
    return float(np.log(value / base)) if min(value, base) > 0 else float("nan")


def sides(result: dict[str, dict[str, float]]) -> dict[str, float]:
    """What one run gives each side."""
    return {
        "platforms": sum(own["revenue"] for name, own in result.items() if name != MARKET),
        "merchants": result[MARKET]["merchants_profit"],
        "consumers": result[MARKET]["consumer_surplus"],
        "users": result[MARKET]["users_surplus"],
    }


def candidates(found: Findings) -> pd.DataFrame:
    """candidates.csv: deviations of candidates to all capability sets."""
    columns = ["profile", "player", "capabilities", "gain", "low", "high", "draws", "verdict"]
    rows = []
    for one in found.held:
        for deviation, gain in one.ruled_out:
            who = named(found.game, deviation)
            rows.append([found.game.words(one.profile), *who, part(gain), np.nan, np.nan, 2, "ruled out by two draws"])
        for number, deviation in enumerate(one.judged if one.estimate else []):
            assert one.estimate is not None
            own = one.estimate.gains
            word = deviation_word(own.low[number], own.high[number], found.problem.options.epsilon)
            numbers = (part(own.mean[number]), part(own.low[number]), part(own.high[number]), int(own.seeds[number]))
            rows.append([found.game.words(one.profile), *named(found.game, deviation), *numbers, word])
    return pd.DataFrame(rows, columns=columns)


def looks(found: Findings) -> pd.DataFrame:
    """looks.csv: how sampling went."""
    return pd.DataFrame([{"look": number, **look._asdict()} for number, look in enumerate(found.estimate.looks, 1)])


def runs(found: Findings) -> pd.DataFrame:
    """runs.csv: a row a run and platform (or `market`); for a failed run one row with its error."""
    rows = []
    game = found.game
    for profile in game.profiles:
        draws, runner = range(found.estimate.values.shape[1]), found.market.runner
        for job in (job for draw in draws for job in found.market.jobs(game.choices(profile), draw)):
            if job.key not in runner.journal.results:
                continue
            head: Row = {
                "profile": game.words(profile),
                "member": job.member,
                "seed": job.seed,
                "seconds": round(runner.seconds(job), 3),
            }
            head["error"] = runner.error(job)
            for name, numbers in (runner.result(job) or {"": {}}).items():
                rows.append(head | {"platform": name} | numbers)
    columns = ["profile", "member", "seed", "seconds", "error", "platform", *BY_PLATFORM, *OF_MARKET]
    return pd.DataFrame(rows, columns=columns)
