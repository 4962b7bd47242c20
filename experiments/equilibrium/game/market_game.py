"""Market game: runs of profiles become log payoffs, costs become thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from secondhalf.experiments.equilibrium.game.budgeted_runner import Runner
from secondhalf.experiments.equilibrium.game.draws import Draws
from secondhalf.experiments.equilibrium.game.payoffs import YEAR, Numbers, discounts
from secondhalf.experiments.equilibrium.game.simulations import PROFILE, Simulation, profile_tuple
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
    draws
        members and seeds that profiles are run under
    players
        who is paid
    payoff
        measure that players are after
    costs
        whether costs count against revenue
    """

    def __init__(
        self, draws: Draws, runner: Runner, before: Past, players: Sequence[str], payoff: str, costs: bool
    ) -> None:
        self.setup, self.draws, self.runner, self.past = draws.setups[0], draws, runner, before
        self.players, self.payoff = list(players), payoff
        self._costs = costs and payoff == "revenue"
        self.weights = float(discounts(self.setup.days, self.setup.rate).sum())

    def jobs(self, choices: Choices, draw: int) -> list[Simulation]:
        """The runs of a profile under a draw."""
        profile = profile_tuple(choices)
        return [Simulation(PROFILE, own.setup, own.seed, profile, member=own.member) for own in self.draws.of(draw)]

    def result(self, choices: Choices, draw: int) -> Numbers | None:
        """What a profile gives under a draw, mean over its seeds; None when a run failed or was not made."""
        found = [self.runner.result(job) for job in self.jobs(choices, draw)]
        whole = [one for one in found if one is not None]
        if len(whole) < len(found):
            return None
        return {
            name: {key: float(np.mean([one[name][key] for one in whole])) for key in numbers}
            for name, numbers in whole[0].items()
        }

    def cost(self, player: str, choice: Choice, subsidies: float) -> float:
        """What a choice costs over the horizon, as a part of the revenue of the year before going on as long.

        Launches of what is not there yet and running costs at full maturity, discounted, which are known beforehand;
        and `subsidies` (RMB, discounted): what the run's price cuts cost on what was sold.
        """
        if not self._costs:
            return 0.0
        settings, revenue = self.setup.settings, self.past.year[player]["revenue"]
        standing, total = self.past.standing[player], subsidies
        for name in choice.has | (standing - choice.among):
            capability = settings.capability[name]
            total += capability.launch_cost * (name not in standing) + capability.running_cost * self.weights
        return total / (revenue * self.weights / YEAR)

    def run_values(self, choices: Choices, draw: int) -> Array:
        """Log payoffs less log costs of all players by run, [seeds, players]; nan for a run that is missing.

        Raises
        ------
        StudyError
            for a payoff without a logarithm
        """
        rows = []
        for job in self.jobs(choices, draw):
            found = self.runner.result(job)
            if found is None:
                rows.append(np.full(len(self.players), np.nan))
                continue
            payoffs = np.array([found[name][self.payoff] for name in self.players])
            for name, payoff in zip(self.players, payoffs, strict=True):
                if not payoff > 0:
                    had = ", ".join(f"{who} {'+'.join(sorted(own.has)) or 'stay'}" for who, own in choices.items())
                    raise StudyError(
                        f"equilibrium.payoff={self.payoff}: {name} gets {payoff:.4g} under seed {job.seed} when {had}; "
                        "the log scale needs payoffs above 0 (allowed are revenue, gmv, attention, and profit where it "
                        "is positive)"
                    )
            costs = [
                self.cost(name, choices[name], found[name]["subsidies"]) for name in self.players if name in choices
            ]
            rows.append(np.log(payoffs) - np.log1p(costs))
        return np.array(rows)

    def values(self, choices: Choices, draw: int) -> Array:
        """Mean of `run_values` over the seeds of a draw, [players]; nan where one of them is missing."""
        return np.asarray(self.run_values(choices, draw).mean(axis=0))

    def draw(self, profiles: Sequence[Choices], pairs: Sequence[Pair], part: float) -> Sampled:
        """Run what is wanted; `pairs` count profiles by their place among `profiles`."""
        whole = self.runner([job for place, draw in pairs for job in self.jobs(profiles[place], draw)], part)
        rows = [self.values(profiles[place], draw) for place, draw in pairs]
        return Sampled(np.array(rows).reshape(len(pairs), len(self.players)), whole)
