"""Steady states of the mean-field map for what platforms offer, and long simulations to compare them with.

The map (`model.meanfield.map`) knows adoption, removal, habit and attention of infinitely many users under random
mixing; needs, and the visits and sessions that they add, are left out of both sides, everybody is online, and the offer
is held as it stands.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.meanfield.continuation import NUDGE, Branch, FixedPoint, continue_branch, fixed_point, radius_at
from secondhalf.model.meanfield.map import MeanField, MeanFieldState
from secondhalf.model.meanfield.quadrature import user_types
from secondhalf.model.network.friend_graph import build_friends
from secondhalf.model.random_streams import RandomStreams
from secondhalf.model.shapes import NEVER, Behaviour, Offer
from secondhalf.model.users.attention import INSTALLED
from secondhalf.model.users.population import Population, behaviour
from secondhalf.model.users.user_stages import UserStages

Array = NDArray[np.float64]
Weight = Literal["habit_weight", "social_weight"]
"""Weights of `Behaviour` by which one's own past and one's friends hold a user."""


SMALL = 1e-4
"""Step of differences in sets of apps, which are worked out in double precision."""


class SteadyState(NamedTuple):
    """A fixed point in terms of the market, per person online, [P]."""

    point: FixedPoint
    installed: Array
    minutes: Array


def field_of(settings: MarketSettings, offer: Offer, budget: float, types: int, moods: int) -> MeanField:
    """The map for an offer.

    Parameters
    ----------
    budget
        phone minutes of the mean person
    types, moods
        points of the quadrature, powers of two
    """
    law = behaviour(settings.users, settings.mechanisms)
    return MeanField(offer, law, user_types(settings.users, types), budget, points=moods)


class _Settled:
    """The map in what moves slowly or is shared: contacts and habits; sets of apps follow (`MeanField.settled`).

    Parameters
    ----------
    start
        a state; its sets matter only where some app neither comes nor goes
    """

    def __init__(self, field: MeanField, start: MeanFieldState) -> None:
        self.field, self._start = field, start
        self._sets = start.sets.shape[1]

    def numbers(self, state: MeanFieldState) -> Array:
        """What stands for a state; the first set is redundant, and habits are where they do nothing."""
        habit = state.habit.ravel() if self.field.behaviour.habit_weight > 0 else np.empty(0)
        return np.concatenate([self.field.contacts(state.sets)[1:], habit])

    def within(self, x: Array) -> Array:
        """Shares that are shares again, and habits between none and all."""
        chance = np.append(1 - x[: self._sets - 1].sum(), x[: self._sets - 1]).clip(0.0)
        return np.concatenate([chance[1:] / chance.sum(), x[self._sets - 1 :].clip(0.0, 1.0)])

    def state(self, x: Array) -> MeanFieldState:
        """The state that numbers stand for."""
        inside = self.within(x)
        contacts = np.append(1 - inside[: self._sets - 1].sum(), inside[: self._sets - 1])
        habit = (
            inside[self._sets - 1 :].reshape(-1, self.field.platforms) if x.size >= self._sets else self._start.habit
        )
        return self.field.settled(contacts, MeanFieldState(self._start.sets, habit))

    def step(self, x: Array) -> Array:
        """The map."""
        return self.numbers(self.state(x))

    def point(self, x: Array) -> FixedPoint:
        """Whether numbers are a fixed point of the map of every day, and how stable."""
        state, field = self.state(x), self.field
        vector = field.vector(state)
        change = float(np.abs(field.vector(field.step(state)) - vector).max())
        return FixedPoint(vector, change, self._radius(state))

    def _radius(self, state: MeanFieldState) -> float:
        """Spectral radius of a day's Jacobian.

        In sets and in habit times holders: the mean habit of a type in which hardly anybody has the app leaps when
        somebody installs it, which says nothing of the market.
        """
        field, some = self.field, self.field.behaviour.habit_weight > 0
        has, kinds, cut = field.has, len(state.sets), state.sets[:, 1:].size

        def numbers(state: MeanFieldState) -> Array:
            mass = state.habit * (state.sets @ has)
            return np.concatenate([state.sets[:, 1:].ravel(), mass.ravel() if some else []])

        def step(vector: Array) -> Array:
            sets = vector[:cut].reshape(kinds, -1)
            sets = np.concatenate([1 - sets.sum(axis=1, keepdims=True), sets], axis=1)
            mass = vector[cut:].reshape(kinds, -1) if some else np.zeros(state.habit.shape)
            holders = sets @ has
            habit = np.divide(mass, holders, out=np.zeros_like(mass), where=holders > 0)
            return numbers(field.step(MeanFieldState(sets, habit)))

        here = numbers(state)
        sizes = np.full(here.size, SMALL)
        if some:
            sizes[cut:] = np.maximum(NUDGE * (state.sets @ has).ravel(), 1e-9)
        return radius_at(step, here, sizes)


def steady_state(field: MeanField, shares: Array) -> SteadyState:
    """The fixed point near a market in which apps are installed on `shares` of the people, [P]."""
    start = field.start(shares, habit=0.5)
    slow = _Settled(field, start)
    point = slow.point(fixed_point(slow.step, slow.numbers(start), slow.within).state)
    day = field.day(field.state(point.state))
    return SteadyState(point, day.installed, day.minutes)


def steady_state_branch(
    field: MeanField, name: Weight, first: float, last: float, points: int, start: SteadyState
) -> tuple[Branch, Array]:
    """Fixed points while one of users' weights is multiplied by factors from `first` to `last`; and minutes [point, P].

    Parameters
    ----------
    name
        of the weight
    start
        the fixed point at factor one
    """
    state = field.state(start.point.state)

    def scaled(factor: float) -> _Settled:
        own = field.behaviour
        if name == "habit_weight":
            own = own._replace(habit_weight=np.float32(own.habit_weight * factor))
        else:
            own = own._replace(social_weight=np.float32(own.social_weight * factor))
        return _Settled(field.behaving(own), state)

    branch = continue_branch(
        lambda x, factor: scaled(factor).step(x), scaled(first).numbers(state), first, last, points
    )
    radius, states, minutes = [], [], []
    for factor, numbers in zip(branch.parameter, branch.states, strict=True):
        slow = scaled(factor)
        point = slow.point(numbers)
        radius.append(point.radius)
        states.append(point.state)
        minutes.append(slow.field.minutes(slow.field.state(point.state)))
    return branch._replace(radius=np.array(radius), states=np.array(states)), np.array(minutes)


class Simulated(NamedTuple):
    """Means per person over the last days of a simulation, with their standard errors over people, [P]."""

    installed: Array
    minutes: Array
    installed_error: Array
    minutes_error: Array


def simulate_agents(
    settings: MarketSettings, offer: Offer, budget: float, days: int, averaged: int, own: Behaviour | None = None
) -> Simulated:
    """Installed shares and minutes at the end of many days under a held offer.

    Parameters
    ----------
    settings
        of the users; friends are mixed at random
    """
    mixing = settings.network.model_copy(update={"kind": "random_mixing"})
    settings = settings.model_copy(update={"network": mixing})
    names = list(settings.platforms)
    calendar = MarketCalendar(settings.calendar, settings.users, names, settings.mechanisms)
    friends = build_friends(settings.network, settings.population.users, settings.seed)
    people = UserStages(Population(settings, calendar), friends)
    people.columns.online_from[:] = NEVER
    if own is not None:
        people.population.behaviour = own
    random_streams, installed = RandomStreams(settings.seed, names, settings.users.fan.slots), np.zeros(len(names))
    minutes = np.zeros(people.columns.minutes.shape)
    today = calendar.day(0)._replace(budget=np.float32(budget))
    for number in range(days):
        streams, day = random_streams.day(number), today._replace(number=np.int64(number))
        people.adopt(offer, streams, number)
        found, _ = people.attend(offer, streams, day)
        if number >= days - averaged:
            installed += found[:, INSTALLED]
            minutes += people.population.read("minutes")
    count = settings.population.users
    share, each = installed / (averaged * count), minutes / averaged
    return Simulated(share, each.mean(axis=1), np.sqrt(share * (1 - share) / count), each.std(axis=1) / np.sqrt(count))
