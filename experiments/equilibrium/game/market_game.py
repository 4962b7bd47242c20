"""Market game: runs of profiles become log payoffs, costs become thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.experiments.equilibrium.game.budgeted_runner import Runner
from secondhalf.experiments.equilibrium.game.payoffs import YEAR, discounts
from secondhalf.experiments.equilibrium.game.simulations import PROFILE, Simulation, SimulationSetup, profile_tuple
from secondhalf.experiments.equilibrium.inference.sequential_sampling import Pair, Sampled
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.model.snapshots.capability_profile import Choice

Array = NDArray[np.float64]
Choices = dict[str, Choice]


@dataclass(frozen=True)
class Past:
    """What is known on the day of the revision.

    Attributes
    ----------
    year
        means over seeds of the year before, by platform: revenue and GMV (RMB), share of mobile time
    standing
        capabilities that everybody sees, by platform
    """

    year: dict[str, dict[str, float]]
    standing: dict[str, frozenset[str]]


def past(results: Sequence[dict[str, Any]]) -> Past:
    """Means over the seeds' pasts; what stands open is read from the first."""
    years = [one["year"] for one in results]
    year = {
        name: {key: float(np.mean([own[name][key] for own in years])) for key in numbers}
        for name, numbers in years[0].items()
    }
    return Past(year, {name: frozenset(has) for name, has in results[0]["standing"].items()})


class MarketGame:
    """Draws log payoffs of profiles.

    Parameters
    ----------
    setup
        what all runs share
    players
        who is paid
    payoff
        measure that players are after
    costs
        whether costs count against revenue
    """

    def __init__(
        self, setup: SimulationSetup, runner: Runner, before: Past, players: Sequence[str], payoff: str, costs: bool
    ) -> None:
        self.setup, self.runner, self.past = setup, runner, before
        self.players, self.payoff = list(players), payoff
        self._costs = costs and payoff == "revenue"
        self.weights = float(discounts(setup.days, setup.rate).sum())

    def job(self, choices: Choices, seed: int) -> Simulation:
        """The run of a profile under a seed, counted from the settings' own."""
        return Simulation(PROFILE, self.setup, self.setup.settings.seed + seed, profile_tuple(choices))

    def cost(self, player: str, choice: Choice) -> float:
        """What a choice costs over the horizon, as a part of the revenue of the year before going on as long.

        Launches of what is not there yet, running costs at full maturity, subsidies on the year's GMV; all discounted
        and fixed before any profile is run.
        """
        if not self._costs:
            return 0.0
        settings, own = self.setup.settings, self.past.year[player]
        standing, total = self.past.standing[player], 0.0
        for name in choice.has | (standing - choice.among):
            capability = settings.capability[name]
            total += capability.launch_cost * (name not in standing) + capability.running_cost * self.weights
            visible = settings.prominence[capability.entrance]
            price = 1 - capability.price_cut * visible
            total += (1 / price - 1) * own["gmv"] * self.weights / YEAR
        return total / (own["revenue"] * self.weights / YEAR)

    def values(self, choices: Choices, seed: int) -> Array:
        """Log payoffs less log costs of all players, nan for a run that failed or was not made.

        Raises
        ------
        StudyError
            for a payoff without a logarithm
        """
        found = self.runner.result(self.job(choices, seed))
        if found is None:
            return np.full(len(self.players), np.nan)
        payoffs = np.array([found[name][self.payoff] for name in self.players])
        for name, payoff in zip(self.players, payoffs, strict=True):
            if not payoff > 0:
                had = ", ".join(f"{who} {'+'.join(sorted(own.has)) or 'stay'}" for who, own in choices.items())
                raise StudyError(
                    f"equilibrium.payoff={self.payoff}: {name} gets {payoff:.4g} under seed "
                    f"{self.setup.settings.seed + seed} when {had}; the log scale needs payoffs above 0 (allowed "
                    "are revenue, gmv, attention, and profit where it is positive)"
                )
        costs = [self.cost(name, choices[name]) for name in self.players if name in choices]
        return np.asarray(np.log(payoffs) - np.log1p(costs))

    def draw(self, profiles: Sequence[Choices], pairs: Sequence[Pair], part: float) -> Sampled:
        """Run what is wanted; `pairs` count profiles by their place among `profiles`."""
        whole = self.runner([self.job(profiles[place], seed) for place, seed in pairs], part)
        rows = [self.values(profiles[place], seed) for place, seed in pairs]
        return Sampled(np.array(rows).reshape(len(pairs), len(self.players)), whole)
