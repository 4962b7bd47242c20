"""Draws that a game is sampled under: members of the fitted ensemble with seeds of their own, or seeds alone.

A draw is what verdicts count. Of an ensemble it is a member, run under some seeds that no other member has, so that
draws are independent and their spread holds parameters and luck; runs of one draw differ by luck alone.
"""

from __future__ import annotations

from typing import NamedTuple

from secondhalf.experiments.equilibrium.game.simulations import SimulationSetup


class DrawnRun(NamedTuple):
    """Where a run takes place."""

    setup: SimulationSetup
    seed: int
    member: int


class Draws(NamedTuple):
    """All draws of a study.

    Attributes
    ----------
    setups
        of each member; one without an ensemble
    seeds
        of each draw; 1 without an ensemble
    first
        seed
    """

    setups: tuple[SimulationSetup, ...]
    seeds: int
    first: int

    @property
    def ensemble(self) -> bool:
        """Whether draws are members."""
        return len(self.setups) > 1

    def of(self, draw: int) -> list[DrawnRun]:
        """The runs of a draw."""
        return [self.one(draw, number) for number in range(self.seeds)]

    def one(self, draw: int, number: int = 0) -> DrawnRun:
        """One run of a draw; beyond the last member they begin again, under further seeds."""
        members = len(self.setups)
        member = draw % members
        more = (draw // members) * members * self.seeds
        seed = self.first + more + member * self.seeds + number if self.ensemble else self.first + draw
        return DrawnRun(self.setups[member], seed, member)
