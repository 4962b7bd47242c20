"""Problem of an equilibrium study: game, options and size, and whether the budget allows it."""

from __future__ import annotations

import datetime as dt
import json
from typing import NamedTuple

import numpy as np

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.market import Limits
from secondhalf.experiments.calibrate.fitted_members import FittedMembers, find_members
from secondhalf.experiments.equilibrium.game.budgeted_runner import GAME_PART
from secondhalf.experiments.equilibrium.game.draws import Draws
from secondhalf.experiments.equilibrium.game.game import Game, find_game
from secondhalf.experiments.equilibrium.game.market_game import MarketGame
from secondhalf.experiments.equilibrium.game.simulations import SimulationSetup
from secondhalf.experiments.equilibrium.settings import Equilibrium
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.experiments.execution.process_pool import NothingDoneError, StudyError

DAYS_A_YEAR = 365.25
TINY_PAST, TINY_AHEAD = 92, 91
"""Days before and after the revision in a tiny variant."""


class EquilibriumProblem(NamedTuple):
    """Everything that determines the study."""

    setup: SimulationSetup
    game: Game
    options: Equilibrium
    draws: Draws
    members: FittedMembers | None = None

    @property
    def text(self) -> str:
        """What finished runs belong to."""
        settings, revision, days, rate = self.setup
        own = "" if self.members is None else self.members.text + repr(self.members.scores[0].tolist())
        return identity(json.dumps([settings.model_dump_json(exclude={"seed"}), revision, days, rate, own]))


def find_problem(settings: MarketSettings, options: Equilibrium) -> EquilibriumProblem:
    """The study's question.

    Raises
    ------
    SettingsError
        one sentence, for a game that there is not, a revision outside of the calendar, or an ensemble that does not fit
    """
    tiny = settings.limits.days is not None
    options = _tiny(settings, options) if tiny else options
    game = find_game(settings, options)
    days = TINY_AHEAD if tiny else round(options.horizon_years * DAYS_A_YEAR)
    calendar = settings.calendar
    start = options.revision - dt.timedelta(days=TINY_PAST) if tiny else calendar.start
    if options.revision <= start:
        raise SettingsError(
            f"equilibrium.revision={options.revision}: allowed are first days of quarters after calendar.start={start}"
        )
    end = options.revision + dt.timedelta(days=days - 1)
    population = settings.population
    sized = settings.model_copy(
        update={
            "calendar": calendar.model_copy(update={"start": start, "end": end}),
            "population": population.model_copy(
                update={
                    "users": min(population.users, options.users),
                    "merchants": min(population.merchants, options.merchants),
                    "agent_objects": 0,
                }
            ),
            "seed": settings.seed if options.first_seed is None else options.first_seed,
            "limits": Limits(),  # kept by the sizes above; members' settings are read anew, and would be cut again
        }
    )
    revision = (options.revision - start).days
    setup = SimulationSetup(sized, revision, days, options.discount_rate)
    if not options.ensemble:
        return EquilibriumProblem(setup, game, options, Draws((setup,), 1, sized.seed))
    members = find_members([settings], options.calibration, options.most_draws, "equilibrium", "most_draws")
    setups = tuple(setup._replace(settings=members.put(sized, number)) for number in range(len(members)))
    return EquilibriumProblem(setup, game, options, Draws(setups, options.seeds, sized.seed), members)


def _tiny(settings: MarketSettings, options: Equilibrium) -> Equilibrium:
    """A game of two platforms, two bundles each, and few seeds, except for what is set by name."""
    first = {settings.platform[name].kind: name for name in reversed(settings.platforms)}
    bundles = {kind: dict(list(own.items())[:2]) for kind, own in options.bundles.items()}
    players = options.players or tuple(first.values())
    few = options.balance.model_copy(update={"seeds": min(options.balance.seeds, 3), "weeks": 16, "judged": 12})
    update = {
        "players": players,
        "workers": options.workers or 1,
        "bundles": options.bundles if options.players else bundles,
        "history": options.history
        or ({} if options.players else {name: list(bundles[kind])[-1] for kind, name in first.items()}),
        "first_draws": min(options.first_draws, 4),
        "most_draws": min(options.most_draws, 4),
        "resamples": min(options.resamples, 20),
        "candidates": min(options.candidates, 1),
        "certify": options.certify if options.players else "none",
        "balance": few,
        "adaptive": options.adaptive.model_copy(update={"seeds": min(options.adaptive.seeds, 1)}),
        "meanfield": options.meanfield.model_copy(update={"types": 0}),
    }
    return options.model_copy(update=update)


def check_minutes(problem: EquilibriumProblem, market: MarketGame, workers: int) -> None:
    """Time runs of the profile in which all stay, and refuse a game that could not be sampled twice."""
    game, options = problem.game, problem.options
    jobs = [
        job for draw in range(min(workers, options.first_draws)) for job in market.jobs(game.choices(game.nobody), draw)
    ]
    market.runner(jobs)
    took = [market.runner.seconds(job) for job in jobs if market.runner.result(job) is not None]
    if not took:
        raise NothingDoneError(f"the profile in which nobody enters could not be run: {market.runner.error(jobs[0])}")
    run = min(took)  # the first ones may also have run a market to the revision
    runs = 2 * problem.draws.seeds * len(game.profiles)
    needed = runs * run
    if options.budget_runs is None and needed > GAME_PART * market.runner.budget.seconds:
        raise StudyError(
            f"equilibrium.budget_minutes={options.budget_minutes:g}: a run takes {run:.1f} s, so running "
            f"each of {len(game.profiles)} profiles under two draws ({runs} runs) takes "
            f"{needed / 60 / workers:.0f} minutes on {workers} processes and {needed / 60 / workers / GAME_PART:.0f} "
            f"are needed in all; or name fewer players: {_fewer(game)}"
        )


def check_runs(problem: EquilibriumProblem) -> None:
    """Refuse a budget of runs that does not allow every profile twice; before any work.

    Raises
    ------
    StudyError
        with the number needed and a smaller game
    """
    runs, needed = problem.options.budget_runs, 2 * problem.draws.seeds * len(problem.game.profiles)
    if runs is not None and int(GAME_PART * runs) < needed:
        raise StudyError(
            f"equilibrium.budget_runs={runs}: {len(problem.game.profiles)} profiles need {needed} runs to be sampled "
            f"under two draws, {int(np.ceil(needed / GAME_PART))} with what follows; or name fewer players: "
            f"{_fewer(problem.game)}"
        )


def _fewer(game: Game) -> str:
    """A smaller game of the same kind."""
    players = game.players[: max(len(game.players) - 2, 2)]
    count = int(np.prod(game.shape[: len(players)]))
    return f"equilibrium.players=[{','.join(players)}] has {count} profiles"
