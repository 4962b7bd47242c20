"""Whether the budget allows the game that is asked for; refused with the numbers where it does not."""

from __future__ import annotations

import numpy as np

from secondhalf.experiments.equilibrium.game.game import Game
from secondhalf.experiments.equilibrium.game.market_game import MarketGame
from secondhalf.experiments.equilibrium.problem import EquilibriumProblem
from secondhalf.experiments.equilibrium.sample_and_solve import GAME_PART
from secondhalf.experiments.execution.process_pool import NothingDoneError, StudyError


def check_minutes(problem: EquilibriumProblem, market: MarketGame, workers: int) -> None:
    """Time runs of nobody's crossing, and refuse a game that could not be sampled twice."""
    game, options = problem.game, problem.options
    jobs = [market.job(game.choices(game.nobody), seed) for seed in range(min(workers, options.first_seeds))]
    market.runner(jobs)
    took = [market.runner.seconds(job) for job in jobs if market.runner.result(job) is not None]
    if not took:
        raise NothingDoneError(f"nobody's crossing could not be run: {market.runner.error(jobs[0])}")
    run = min(took)  # the first ones may also have run a market to the revision
    needed = 2 * len(game.profiles) * run
    if options.budget_runs is None and needed > GAME_PART * market.runner.budget.seconds:
        raise StudyError(
            f"equilibrium.budget_minutes={options.budget_minutes:g}: a run takes {run:.1f} s, so running "
            f"each of {len(game.profiles)} profiles twice ({2 * len(game.profiles)} runs) takes "
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
    runs, needed = problem.options.budget_runs, 2 * len(problem.game.profiles)
    if runs is not None and int(GAME_PART * runs) < needed:
        raise StudyError(
            f"equilibrium.budget_runs={runs}: {len(problem.game.profiles)} profiles need {needed} runs to be sampled "
            f"twice, {int(np.ceil(needed / GAME_PART))} with what follows; or name fewer players: "
            f"{_fewer(problem.game)}"
        )


def _fewer(game: Game) -> str:
    """A smaller game of the same kind."""
    players = game.players[: max(len(game.players) - 2, 2)]
    count = int(np.prod(game.shape[: len(players)]))
    return f"equilibrium.players=[{','.join(players)}] has {count} profiles"
