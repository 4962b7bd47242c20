"""The study from its question to its files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from secondhalf.experiments.counterfactual.study import cores
from secondhalf.experiments.equilibrium import tables, words
from secondhalf.experiments.equilibrium.certify import Certified, certify
from secondhalf.experiments.equilibrium.conditions import conditions, statements
from secondhalf.experiments.equilibrium.dynamic import adaptive, rested, second_half_days
from secondhalf.experiments.equilibrium.found import Found, Profile
from secondhalf.experiments.equilibrium.game import Game
from secondhalf.experiments.equilibrium.jobs import PAST, Job
from secondhalf.experiments.equilibrium.journal import Journal
from secondhalf.experiments.equilibrium.market_game import MarketGame, past
from secondhalf.experiments.equilibrium.question import Asked
from secondhalf.experiments.equilibrium.runner import Budget, Runner
from secondhalf.experiments.equilibrium.sampling import Drawn, Estimate, Pair, Rule, sample
from secondhalf.experiments.equilibrium.solution import solve
from secondhalf.experiments.equilibrium.statements import edges
from secondhalf.experiments.options import Output, StudyError
from secondhalf.experiments.run import commit, versions
from secondhalf.experiments.tables import replacing
from secondhalf.experiments.workers import NothingDoneError

GAME_PART, CERTIFY_PART, REST_PART = 0.6, 0.8, 1.0
"""Parts of the budget by whose use the game's table, candidates and the dynamic view end."""
GAME_ERROR = 0.5
"""Part of the error that the table may spend; candidates have the rest."""
ROUNDS = 3
"""How often a deviation that pays may join the game."""


def equilibrium(asked: Asked, folder: Path, output: Output | None = None, console: Console | None = None) -> int:
    """Run the study; returns how many profiles are certified.

    Parameters
    ----------
    asked
        from `find_question`
    folder
        where the files go; runs of the same question that lie there are not made again

    Raises
    ------
    StudyError
        when the budget cannot sample every profile twice, or a payoff has no logarithm
    NothingDoneError
        when no run of the first half succeeded
    """
    output, console = output or Output(), console or Console(stderr=True)
    options, workers = asked.options, asked.options.workers or cores()
    journal = Journal(folder, asked.text)
    budget = Budget(options.budget_minutes * 60 * workers, options.budget_runs)
    with _bar(output, console) as bar:
        task = bar.add_task("runs")

        def told(job: Job, error: str) -> None:
            bar.advance(task)
            if error:
                console.print(f"{job.kind}, seed {job.seed}: {error}", style="yellow", markup=False)

        with Runner(journal, workers, budget, told) as runner:
            market = _market(asked, runner)
            _check_budget(asked, market, workers)
            found = _play(asked, market, asked.game)
            _hold(found)
            _watch(found)
            return finish(found, folder, console)


def finish(found: Found, folder: Path, console: Console) -> int:
    """Write everything that the runs so far give."""
    made = {
        "profiles": tables.profiles(found),
        "deviations": tables.deviation_table(found),
        "payoffs": tables.payoffs(found),
        "outcomes": tables.outcomes(found),
        "welfare": tables.welfare(found),
        "candidates": tables.candidates(found),
        "conditions": conditions(found),
        "statements": statements(found),
        "looks": tables.looks(found),
        "runs": tables.runs(found),
        "adaptive": found.adaptive,
        "phases": found.phases,
    }
    if found.rest is not None:
        made |= {"balance": found.rest.table, "paths": found.rest.paths}
    for name, table in made.items():
        write(table, folder / f"{name}.csv")
    text = words.paragraph(found)
    with replacing(folder / "equilibrium.md") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    with replacing(folder / "summary.json") as temporary:
        temporary.write_text(json.dumps(summary(found), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    console.print(text, soft_wrap=True, markup=False, highlight=False)
    return len(found.certified)


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table, whole or not at all; what is no number is an empty cell."""
    with replacing(path) as temporary:
        table.replace([np.inf, -np.inf], np.nan).to_csv(temporary, index=False, lineterminator="\n")


def summary(found: Found) -> dict[str, Any]:
    """summary.json."""
    told, budget = found.estimate.verdicts.word, found.market.runner.budget
    return {
        "history": words.history_sentence(found),
        "players": list(found.game.players),
        "strategies": [[own.name for own in strategies] for strategies in found.game.strategies],
        "profiles": len(found.game.profiles),
        "verdicts": {word: told.count(word) for word in ("certified", "refuted", "undecided")},
        "runs": found.runs,
        "failed": found.failed,
        "seconds": round(budget.spent, 1),
        "users": found.asked.question.settings.population.users,
        "merchants": found.asked.question.settings.population.merchants,
        "options": found.asked.options.model_dump(mode="json"),
        "settings": found.asked.question.settings.model_dump(mode="json"),
        "versions": versions(),
        "commit": commit(),
    }


def _market(asked: Asked, runner: Runner) -> MarketGame:
    """Where payoffs come from, once the past of the first seeds is known."""
    options, seed = asked.options, asked.question.settings.seed
    pasts = [Job(PAST, asked.question, seed + number) for number in range(options.first_seeds)]
    runner(pasts, free=True)
    done = [result for job in pasts if (result := runner.result(job)) is not None]
    if not done:
        raise NothingDoneError(f"no seed reached the revision; seed {seed}: {runner.error(pasts[0]) or 'no time left'}")
    return MarketGame(asked.question, runner, past(done), asked.game.players, options.payoff, options.costs)


def _check_budget(asked: Asked, market: MarketGame, workers: int) -> None:
    """Time runs of nobody's crossing, and refuse a game that could not be sampled twice."""
    game, options = asked.game, asked.options
    jobs = [market.job(game.choices(game.nobody), seed) for seed in range(min(workers, options.first_seeds))]
    market.runner(jobs)
    took = [market.runner.journal.known[job.key].seconds for job in jobs if market.runner.result(job) is not None]
    if not took:
        raise NothingDoneError(f"nobody's crossing could not be run: {market.runner.error(jobs[0])}")
    needed = 2 * len(game.profiles) * float(np.mean(took))
    if options.budget_runs is None and needed > GAME_PART * market.runner.budget.seconds:
        raise StudyError(
            f"equilibrium.budget_minutes={options.budget_minutes:g}: a run takes {np.mean(took):.1f} s, so running "
            f"each of {len(game.profiles)} profiles twice ({2 * len(game.profiles)} runs) takes "
            f"{needed / 60 / workers:.0f} minutes on {workers} processes and {needed / 60 / workers / GAME_PART:.0f} "
            f"are needed in all; or name fewer players: {_fewer(game)}"
        )


def check_runs(asked: Asked) -> None:
    """Refuse a budget of runs that does not allow every profile twice; before any work.

    Raises
    ------
    StudyError
        with the number needed and a smaller game
    """
    runs, needed = asked.options.budget_runs, 2 * len(asked.game.profiles)
    if runs is not None and int(GAME_PART * runs) < needed:
        raise StudyError(
            f"equilibrium.budget_runs={runs}: {len(asked.game.profiles)} profiles need {needed} runs to be sampled "
            f"twice, {int(np.ceil(needed / GAME_PART))} with what follows; or name fewer players: {_fewer(asked.game)}"
        )


def _fewer(game: Game) -> str:
    """A smaller game of the same kind."""
    players = game.players[: max(len(game.players) - 2, 2)]
    count = int(np.prod(game.shape[: len(players)]))
    return f"equilibrium.players=[{','.join(players)}] has {count} profiles"


def _play(asked: Asked, market: MarketGame, game: Game) -> Found:
    """Sample a game and solve it."""
    options = asked.options
    choices = [game.choices(profile) for profile in game.profiles]
    rule = Rule(
        GAME_ERROR * (1 - options.confidence), np.log1p(options.epsilon), options.first_seeds, options.most_seeds
    )

    def draw(pairs: Sequence[Pair]) -> Drawn:
        return market.draw(choices, pairs, GAME_PART)

    estimate = sample(len(choices), len(game.players), edges(game.shape), draw, rule)
    solution = solve(game, estimate, rule.epsilon, options.resamples)
    return Found(asked, market, game, estimate, solution, failed=_failed(market, game, estimate))


def _failed(market: MarketGame, game: Game, estimate: Estimate) -> int:
    seeds = range(estimate.values.shape[1])
    jobs = (market.job(game.choices(profile), seed) for profile in game.profiles for seed in seeds)
    return sum(bool(market.runner.error(job)) for job in jobs)


def _hold(found: Found) -> None:
    """Hold candidates against all capability sets; a deviation that pays joins, and the game is played again."""
    options = found.asked.options
    margin = options.screen_margin if options.certify == "screen" else None
    known: dict[Profile, Certified] = {}
    for round_ in range(ROUNDS if options.certify != "none" else 0):
        for profile in _candidates(found):
            if profile not in known:
                share = (1 - GAME_ERROR) * (1 - options.confidence) / (ROUNDS * max(options.candidates, 1))
                rule = Rule(share, np.log1p(options.epsilon), options.first_seeds, options.most_seeds)
                known[profile] = certify(found.market, found.game, profile, rule, CERTIFY_PART, margin)
        paying = next((one.paying for one in known.values() if one.paying is not None), None)
        if paying is None or round_ == ROUNDS - 1:
            break
        bigger = found.game.with_strategy(paying.player, paying.choice)
        if bigger.shape == found.game.shape:
            break
        again = _play(found.asked, found.market, bigger)
        found.game, found.estimate, found.solution, found.failed = (
            again.game,
            again.estimate,
            again.solution,
            again.failed,
        )
        break
    found.held = list(known.values())


def _watch(found: Found) -> None:
    """The dynamic view, with what the budget has left."""
    found.phases = second_half_days(found, REST_PART)
    if found.asked.options.balance.seeds:
        found.rest = rested(found, found.focus, REST_PART)
    found.adaptive = adaptive(found, REST_PART)


def _candidates(found: Found) -> list[Profile]:
    """Certified profiles; without any, the focus."""
    first = found.certified or ([found.solution.focus] if found.solution else [])
    return first[: found.asked.options.candidates]


def _bar(output: Output, console: Console) -> Progress:
    shown = output.progress == "always" or (output.progress == "auto" and console.is_terminal)
    columns = (TextColumn("runs"), BarColumn(), TextColumn("{task.completed:.0f}"), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not shown)
