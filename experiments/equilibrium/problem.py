"""From settings and options to the study's question, and the size of its tiny variant."""

from __future__ import annotations

import datetime as dt
import json
from typing import NamedTuple

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.equilibrium.game.game import Game, find_game
from secondhalf.experiments.equilibrium.game.simulations import SimulationSetup
from secondhalf.experiments.equilibrium.settings import Equilibrium
from secondhalf.experiments.execution.fingerprint import identity

DAYS_A_YEAR = 365.25
TINY_PAST, TINY_AHEAD = 92, 91
"""Days before and after the revision in a tiny variant."""


class EquilibriumProblem(NamedTuple):
    """Everything that determines the study."""

    setup: SimulationSetup
    game: Game
    options: Equilibrium

    @property
    def text(self) -> str:
        """What finished runs belong to."""
        settings, revision, days, rate = self.setup
        return identity(json.dumps([settings.model_dump_json(exclude={"seed"}), revision, days, rate]))


def find_problem(settings: MarketSettings, options: Equilibrium) -> EquilibriumProblem:
    """The study's question.

    Raises
    ------
    SettingsError
        one sentence, for a game that there is not, or a revision outside of the calendar
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
        }
    )
    revision = (options.revision - start).days
    return EquilibriumProblem(SimulationSetup(sized, revision, days, options.discount_rate), game, options)


def _tiny(settings: MarketSettings, options: Equilibrium) -> Equilibrium:
    """A game of two platforms, two bundles each, and few seeds, but what is asked for by name is kept."""
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
        "first_seeds": min(options.first_seeds, 4),
        "most_seeds": min(options.most_seeds, 4),
        "resamples": min(options.resamples, 20),
        "candidates": min(options.candidates, 1),
        "certify": options.certify if options.players else "none",
        "balance": few,
        "adaptive": options.adaptive.model_copy(update={"seeds": min(options.adaptive.seeds, 1)}),
        "meanfield": options.meanfield.model_copy(update={"types": 0}),
    }
    return options.model_copy(update=update)
