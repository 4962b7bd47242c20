"""Text of an equilibrium study: sentences about its findings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from secondhalf.experiments.equilibrium.findings import Findings, Profile
from secondhalf.experiments.equilibrium.inference.simultaneous_intervals import CERTIFIED, REFUTED, UNDECIDED
from secondhalf.experiments.equilibrium.output.csv_tables import part, welfare
from secondhalf.experiments.pictures.style import label
from secondhalf.experiments.results.last_fact import note_of, plain

MOST = 10.0
"""Parts above this say only that nothing is known yet."""


def percent(share: float, signed: bool = False) -> str:
    """A part in per cent, with two digits that count."""
    if not np.isfinite(share):
        return "any amount" if share > 0 else "—"
    if share > MOST:
        return f"over {100 * MOST:,.0f} %"
    number = 100 * share
    text = f"{number:+.{_digits(number)}f}" if signed else f"{number:.{_digits(number)}f}"
    return f"{text} %".replace("-", "−")


def number(value: float) -> str:
    """Four digits, thousands apart."""
    if not np.isfinite(value):
        return "—"
    text = f"{value:,.0f}" if abs(value) > 999.4 or value == int(value) else f"{value:.3g}"
    return text.replace("-", "−")


def _digits(number: float) -> int:
    return 2 if abs(number) < 1 else 1 if abs(number) < 10 else 0


def profile_words(found: Findings, profile: Profile) -> str:
    """A profile with platforms' names as people write them."""
    pairs = zip(found.game.players, found.game.names(profile), strict=True)
    return ", ".join(f"{label(name)} {what}" for name, what in pairs)


def history_sentence(found: Findings) -> str:
    """The study's first sentence."""
    verdicts, place = found.estimate.verdicts, found.game.place(found.game.history)
    word, what = verdicts.word[place], profile_words(found, found.game.history)
    player = found.game.players[int(verdicts.player[place])]
    to = found.game.names(found.game.profiles[int(verdicts.to[place])])[int(verdicts.player[place])]
    gain = (
        f"{percent(part(verdicts.gain[place]), signed=True)} ({percent(part(verdicts.low[place]), signed=True)} to "
        f"{percent(part(verdicts.high[place]), signed=True)})"
    )
    head = f"The historical profile ({what})"
    epsilon = percent(found.problem.options.epsilon)
    if word == REFUTED:
        return f"{head} is not an equilibrium: {label(player)} would gain {gain} by choosing “{to}”."
    if word == CERTIFIED:
        return (
            f"{head} is an equilibrium: no platform would gain more than {epsilon} by another bundle; the largest "
            f"gain is {label(player)}'s {gain} by choosing “{to}”."
        )
    return (
        f"Whether the historical profile ({what}) is an equilibrium is undecided: {label(player)} might gain {gain} by "
        f"choosing “{to}”."
    )


def equilibria_sentence(found: Findings) -> str:
    """What is certified, or what stands in its place."""
    counts = {word: found.estimate.verdicts.word.count(word) for word in (CERTIFIED, REFUTED, UNDECIDED)}
    level = percent(found.problem.options.confidence)
    head = (
        f"Of {len(found.game.profiles)} profiles {counts[CERTIFIED]} are certified as equilibria, {counts[REFUTED]} "
        f"refuted and {counts[UNDECIDED]} undecided (joint confidence {level})."
    )
    if found.certified:
        return f"{head} Certified: {_first(found)}."
    solution = found.solution
    if solution is None:
        return f"{head} Some profiles have no run yet, so the game has no solution."
    place = found.game.place(solution.focus)
    verdicts = found.estimate.verdicts
    nearest = (
        f"the nearest to one is {profile_words(found, solution.focus)}, with a regret of "
        f"{percent(part(verdicts.regret[place]))} ({percent(part(verdicts.regret_low[place]))} to "
        f"{percent(part(verdicts.regret_high[place]))})"
    )
    if counts["undecided"] == 0:
        return f"{head} No equilibrium was found; {nearest}."
    return f"{head} No profile is certified; {nearest}."


def _first(found: Findings) -> str:
    """Certified profiles, the first three by name."""
    more = len(found.certified) - 3
    names = "; ".join(profile_words(found, one) for one in found.certified[:3])
    return names + (f", and {more} more" if more > 0 else "")


def bundles_sentence(found: Findings) -> str:
    """What the bundles alone gave, and what joined them."""
    old = found.before
    if old is None:
        return ""
    words = old.estimate.verdicts.word
    certified = f" ({_first(old)})" if old.certified else ""
    new = [
        f"{label(name)}'s “{own[-1].name}”"
        for name, own, known in zip(found.game.players, found.game.strategies, old.game.strategies, strict=True)
        if len(own) > len(known)
    ]
    return (
        f"Among the {len(words)} profiles of the bundles alone {words.count(CERTIFIED)} are certified{certified}, "
        f"{words.count(REFUTED)} refuted and {words.count(UNDECIDED)} undecided; against all capability sets "
        f"{_and(new)} was profitable and joined the game."
    )


def dynamics_sentence(found: Findings) -> str:
    """Where best responses lead from the profile in which all stay."""
    solution, game = found.solution, found.game
    if solution is None:
        return ""
    start, chain = game.place(game.nobody), solution.sinks
    number = int(np.argmax(chain.reached[start]))
    states, chance = chain.members[number], float(chain.reached[start, number])
    profile = profile_words(found, game.profiles[int(states[0])])
    where = profile if len(states) == 1 else f"a rotation among {len(states)} profiles"
    often = [1.0 if one.reached[states].sum() > 0 else 0.0 for one in solution.resampled]
    sure = f"; in {percent(float(np.mean(often)))} of the resampled tables they can" if often else ""
    return (
        f"From the profile in which nobody enters, best responses one at a time end in {where} with probability "
        f"{percent(chance)}, "
        f"after {solution.reading.moves:.1f} moves on average{sure}."
    )


def dilemma_sentence(found: Findings) -> str:
    """Is the second half a prisoner's dilemma?"""
    if found.solution is None:
        return ""
    own, players = found.solution.dilemma, found.game.players
    worse = [label(name) for name, less in zip(players, own.worse, strict=True) if less]
    if found.solution.focus == found.game.nobody:
        return "Nobody enters in this profile, so it is not a prisoner's dilemma."
    if own.holds:
        return "It is a prisoner's dilemma: each choice is dominant, and all earn less than if nobody had entered."
    dominant = [label(name) for name, share in zip(players, own.dominant, strict=True) if share == 1]
    return (
        f"It is not a prisoner's dilemma: {_and(worse) or 'nobody'} would earn less than if nobody had entered, and "
        f"{_and(dominant) or 'nobody'} {'have' if len(dominant) > 1 else 'has'} a dominant choice."
    )


def rest_sentence(found: Findings) -> str:
    """Does the market come to rest there, and where does learning lead?"""
    if found.stationarity is None or found.stationarity.table.empty:
        return ""
    own, others = found.stationarity.table.iloc[0], found.stationarity.table.iloc[1:]
    answer = {"yes": "is stationary", "no": "is not stationary", "undecided": "may or may not be stationary"}
    itself = own["at_rest"] == "yes"
    said = (
        f"With frozen surroundings the market of {profile_words(found, found.focus)} {answer[own['at_rest']]}"
        f" ({own['runs']} runs)"
    )
    if itself:
        said += f", stationary from week {own['week']} ({own['week_low']} to {own['week_high']})"
    elsewhere = others[(others["at_rest"] != "yes") | (others["same_end"] != "yes")]
    if itself and not elsewhere.empty:
        starts = _and([f"“{start}”" for start in elsewhere["start"]])
        said += f"; convergence from {starts} within {found.problem.options.balance.weeks} weeks is not shown"
    return said + "."


def adaptive_sentence(found: Findings) -> str:
    """How play of platforms that decide for themselves ends."""
    if found.adaptive.empty:
        return ""
    ends = [
        f"{name} in {(own['verdict'] == CERTIFIED).sum()} of {len(own)} seeds"
        for name, own in found.adaptive.groupby("strategy", sort=False)
    ]
    return f"Play ends in a certified profile: {'; '.join(ends)}."


def held_sentences(found: Findings) -> list[str]:
    """Results of testing candidates against all capability sets."""
    said = []
    for one in found.held:
        head = f"Against all {len(one.all)} capability sets, {profile_words(found, one.profile)}"
        if one.paying is not None and one.estimate is not None:
            verdicts = one.estimate.verdicts
            player = one.paying.player
            name = found.game.players[player]
            what = found.game.described(player, one.paying.choice.has, found.market.past.standing[name])
            said.append(
                f"{head} is not an equilibrium: {label(name)} would gain "
                f"{percent(part(verdicts.gain[0]), signed=True)} "
                f"({percent(part(verdicts.low[0]), signed=True)} to {percent(part(verdicts.high[0]), signed=True)}) by "
                f"choosing “{what}”."
            )
        elif one.word == CERTIFIED:
            screened = f", {len(one.ruled_out)} of them by two draws only" if one.ruled_out else ""
            said.append(f"{head} is an equilibrium: no deviation is profitable{screened}.")
        else:
            said.append(f"{head} is undecided.")
    return said


def balance_sentence(found: Findings) -> str:
    """Interpenetration where the market rests, and when it is reached."""
    said = []
    for words, own in found.rest.groupby("profile", sort=False) if not found.rest.empty else ():
        row = own[own["measure"] == "interpenetration_minutes"].iloc[0]
        profile = next(one for one in found.shown if found.game.words(one) == words)
        said.append(
            f"under {profile_words(found, profile)} {number(row['rest'])} ({number(row['low'])} to "
            f"{number(row['high'])}), from week {row['week']:.0f} on"
        )
    if not said:
        return ""
    row = found.rest[found.rest["measure"] == "interpenetration_minutes"].iloc[0]
    return (
        f"Interpenetration of minutes at rest: {'; '.join(said)}; in the last year of the horizon it is "
        f"{number(row['last_year'])} ({number(row['last_year_low'])} to {number(row['last_year_high'])}) under the "
        "historical profile."
    )


def welfare_sentence(found: Findings) -> str:
    """Who gains from what was reported, beside the profile in which nobody enters."""
    if found.focus == found.game.nobody:
        return ""
    table = welfare(found)
    own = table[table["profile"] == found.game.words(found.focus)]
    said = [
        f"{row['side']} {percent(row['against_nobody'], signed=True)} ({percent(row['ratio_low'], signed=True)} to "
        f"{percent(row['ratio_high'], signed=True)})"
        for row in own.to_dict("records")
        if np.isfinite(row["against_nobody"])
    ]
    return f"Who gains, beside nobody's entering: {', '.join(said)}." if said else ""


def conditions_sentence(found: Findings, table: pd.DataFrame) -> str:
    """Which of E1 to E6 hold for the focus; which does not, and why."""
    own = table[table["profile"] == found.game.words(found.focus)].set_index("condition")
    words = {"yes": ("holds", "hold"), "no": ("fails", "fail"), "undecided": ("is undecided", "are undecided")}
    said = [
        f"{_and(names)} {one if len(names) == 1 else many}"
        for answer, (one, many) in words.items()
        if (names := list(own.index[own["holds"] == answer]))
    ]
    failing = own[own["holds"] == "no"]
    why = "; ".join(
        f"{name}: {row['statement']} {_amount(row)}" for name, row in failing.iterrows() if np.isfinite(row["value"])
    )
    return f"Of the conditions of a second-half equilibrium {', '.join(said)}{f' ({why})' if why else ''}.{_from(own)}"


def _from(own: pd.DataFrame) -> str:
    """From when on user growth would have ended, and the market rests."""
    said = {"E1": "If growth goes on falling as in its last year, E1 holds from {} on.", "E2": "It rests from {} on."}
    return "".join(f" {text.format(own.loc[name, 'since'])}" for name, text in said.items() if own.loc[name, "since"])


def _amount(row: pd.Series[Any]) -> str:
    low, high = row["low"], row["high"]
    span = f" ({number(low)} to {number(high)})" if np.isfinite([low, high]).all() else ""
    return f"is {number(row['value'])}{span}"


def plan_sentence(found: Findings) -> str:
    """Under which plan the answer was found, and whether it was written down before the first run."""
    plan, problem = found.plan, found.problem
    if problem.members is None:
        over = "seeds at the settings' own parameters: intervals hold luck alone"
    else:
        over = f"members of the fitted ensemble, {problem.draws.seeds} seeds each: intervals hold parameters and luck"
    said = f"Verdicts count {over}; seeds begin at {problem.draws.first}."
    if plan is None:
        return said
    if plan.late:
        return f"{said} Runs were there before plan {plan.hash} was written down, so the level is nominal."
    differs = f", which departs from the committed one in {', '.join(plan.departures)}" if plan.departures else ""
    return f"{said} The procedure was fixed before the first run (plan {plan.hash}{differs})."


def note_sentence(found: Findings) -> str:
    """That the values are illustrative, of a market that is fitted to no facts."""
    note = note_of(plain(found.problem.setup.settings))
    return f"{note[0].upper()}{note[1:]}." if note else ""


def paragraph(found: Findings, conditions: pd.DataFrame) -> str:
    """The study's answer; `conditions` is conditions.csv."""
    said = [note_sentence(found), history_sentence(found), bundles_sentence(found), equilibria_sentence(found)]
    said += [
        dynamics_sentence(found),
        dilemma_sentence(found),
        *held_sentences(found),
        rest_sentence(found),
        balance_sentence(found),
        adaptive_sentence(found),
        welfare_sentence(found),
        conditions_sentence(found, conditions),
        plan_sentence(found),
    ]
    if found.failed:
        said.append(f"{found.failed} runs failed and are missing (runs.csv says why).")
    if not found.estimate.whole:
        said.append("The budget ended the sampling; a larger budget would decide more profiles.")
    return " ".join(one for one in said if one)


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
