"""Simulations of an equilibrium study; each branches off a market that was run to the revision once."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.platforms import StrategySettings
from secondhalf.experiments.equilibrium.game.meanfield_check import compare_with_simulation
from secondhalf.experiments.equilibrium.game.payoffs import past_year, run_and_measure
from secondhalf.experiments.equilibrium.settings import MeanFieldMap
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for
from secondhalf.model.observers.measures import interpenetration
from secondhalf.model.observers.second_half import phase
from secondhalf.model.snapshots.branch import branch
from secondhalf.model.snapshots.capability_profile import Choice, current_capabilities, set_profile, with_profile
from secondhalf.model.snapshots.frozen_world import continuation

PAST, PROFILE, PATH, BALANCE, ADAPTIVE, MEANFIELD = "past", "profile", "path", "balance", "adaptive", "meanfield"
KEPT = 4
"""Markets at the revision that a process keeps: seeds come in order."""
WEEK = 7
ProfileTuple = tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
"""A profile as it is written down: platform, what the choice is about, what it has."""


class SimulationSetup(NamedTuple):
    """Setup that all simulations of a study share.

    Attributes
    ----------
    settings
        of the market, of the study's size, with a calendar that ends with the horizon
    revision
        day of the revision
    days
        from the revision to the horizon
    rate
        of discount, a year
    """

    settings: MarketSettings
    revision: int
    days: int
    rate: float


class Simulation(NamedTuple):
    """One run.

    Attributes
    ----------
    kind
        `past`: to the revision only; `profile`: the horizon under a profile; `path`: as the settings have it;
        `balance`: a profile, before it another one for the horizon, and then some weeks of a world that stands still;
        `adaptive`: a strategy of all players from the revision on; `meanfield`: the map for what a profile offers
    profile, before
        choices; `before` for a balance that comes from another profile
    weeks
        of the balance
    strategies
        of players from the revision on, as settings have them
    member
        of the ensemble, whose parameters `setup` has
    """

    kind: str
    setup: SimulationSetup
    seed: int
    profile: ProfileTuple = ()
    before: ProfileTuple | None = None
    weeks: int = 0
    strategies: tuple[tuple[str, StrategySettings], ...] = ()
    mean_field: MeanFieldMap | None = None
    member: int = 0

    @property
    def key(self) -> str:
        """Tells a study's runs apart."""
        decides = [[who, own.model_dump(mode="json")] for who, own in self.strategies]
        mean = None if self.mean_field is None else self.mean_field.model_dump(mode="json")
        return json.dumps([self.kind, self.seed, self.profile, self.before, self.weeks, decides, mean, self.member])


def profile_tuple(choices: Mapping[str, Choice]) -> ProfileTuple:
    """A profile as a job carries it."""
    return tuple((who, tuple(sorted(own.among)), tuple(sorted(own.has))) for who, own in choices.items())


def _choices(profile: ProfileTuple) -> dict[str, Choice]:
    return {who: Choice(frozenset(among), frozenset(has)) for who, among, has in profile}


_markets: OrderedDict[str, Market] = OrderedDict()


def work(job: Simulation) -> dict[str, Any]:
    """Run a simulation on one thread."""
    with threads_for(1):
        market = _at_revision(job.setup, job.seed)
        return _JOBS[job.kind](job, market)


def forget() -> None:
    """Clear the markets that this process has cached."""
    while _markets:
        _markets.popitem()[1].close()


def _at_revision(setup: SimulationSetup, seed: int) -> Market:
    """The market of a seed on the revision's morning; run once and kept for the next jobs."""
    settings = setup.settings.model_copy(update={"seed": seed})
    name = f"{setup.revision} {settings.model_dump_json()}"
    if name not in _markets:
        while len(_markets) >= KEPT:
            _markets.popitem(last=False)[1].close()
        market = Market(settings)
        while market.day < setup.revision:
            market.step()
        _markets[name] = market
    _markets.move_to_end(name)
    return _markets[name]


def _past(job: Simulation, market: Market) -> dict[str, Any]:
    has = {name: sorted(own) for name, own in current_capabilities(market).items()}
    return {"year": past_year(market), "standing": has}


def _profile(job: Simulation, market: Market) -> dict[str, Any]:
    child = with_profile(market, _choices(job.profile))
    try:
        return run_and_measure(child, job.setup.days, job.setup.rate)
    finally:
        child.close()


def _path(job: Simulation, market: Market) -> dict[str, Any]:
    child = market.fork()
    try:
        numbers = run_and_measure(child, job.setup.days, job.setup.rate)
        day = phase(np.array(child.record.flows), child.record.closed, child.calendar.days).day
        return {"numbers": numbers, "second_half_day": None if day is None else child.calendar.labels[day]}
    finally:
        child.close()


def _balance(job: Simulation, market: Market) -> dict[str, Any]:
    """Weekly shares of minutes and of GMV, [week, 2 P], and of the market, [week, 3], in the frozen world.

    Of the market: interpenetration of minutes and of GMV, and minutes a day of a person online.
    """
    first = with_profile(market, _choices(job.profile if job.before is None else job.before))
    while first.running:
        first.step()
    still = continuation(first, job.weeks * WEEK)
    set_profile(still, _choices(job.profile))  # does nothing where it is what was before
    rows: list[list[float]] = []
    whole: list[list[float]] = []
    for _ in range(job.weeks):
        minutes, gmv = np.zeros(len(still.platforms)), np.zeros(len(still.platforms))
        cells, spent = (np.zeros((len(still.platforms), len(still.settings.channels))) for _ in range(2))
        people = 0.0
        for _ in range(WEEK):
            still.step()
            minutes += still.book.minutes
            gmv += still.book.platform_gmv
            cells += still.book.cells.sum(axis=0)
            spent += still.book.channel_minutes
            people += still.book.online
        rows.append([*(minutes / minutes.sum()), *(gmv / gmv.sum())])
        mixed = [interpenetration(amount, still.content) for amount in (spent, cells)]
        whole.append([*mixed, minutes.sum() / people])
    first.close()
    still.close()
    return {
        "platforms": still.platform_names,
        "shares": np.round(rows, 6).tolist(),
        "market": np.round(whole, 6).tolist(),
    }


def _adaptive(job: Simulation, market: Market) -> dict[str, Any]:
    own = market.settings.strategies | dict(job.strategies)
    child = branch(market, market.settings.model_copy(update={"strategies": own}))
    try:
        while child.running:
            child.step()
        return {"standing": {name: sorted(own) for name, own in current_capabilities(child).items()}}
    finally:
        child.close()


def _meanfield(job: Simulation, market: Market) -> dict[str, Any]:
    assert job.mean_field is not None
    child = with_profile(market, _choices(job.profile))
    try:
        while child.running:
            child.step()
        return compare_with_simulation(child, job.mean_field)
    finally:
        child.close()


_JOBS: dict[str, Callable[[Simulation, Market], dict[str, Any]]] = {
    PAST: _past,
    PROFILE: _profile,
    PATH: _path,
    BALANCE: _balance,
    ADAPTIVE: _adaptive,
    MEANFIELD: _meanfield,
}
