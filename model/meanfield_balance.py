"""Fixed points of the mean-field map for what platforms offer, and long simulations to hold them against.

The map (`model.meanfield`) knows adoption, removal, habit and attention of infinitely many users under random mixing;
shopping needs are left out of both sides, everybody is online, and the offer is held as it stands.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.attention import INSTALLED, MINUTES
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.columns import NEVER, Behaviour, Offer
from secondhalf.model.fixed_points import Branch, FixedPoint, fixed_point, follow
from secondhalf.model.luck import Luck
from secondhalf.model.meanfield import MeanField, State
from secondhalf.model.network import build_friends
from secondhalf.model.population import Population, behaviour
from secondhalf.model.quadrature import user_types
from secondhalf.model.settings import MarketSettings
from secondhalf.model.users_day import UsersDay

Array = NDArray[np.float64]
Weight = Literal["habit_weight", "social_weight"]
"""Weights of `Behaviour` by which one's own past and one's friends hold a user."""


class Resting(NamedTuple):
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
    own = settings.users.model_copy(update={"need_weight": 0.0})
    return MeanField(offer, behaviour(own), user_types(own, types), budget, points=moods)


def resting(field: MeanField, shares: Array) -> Resting:
    """The fixed point near a market in which apps are installed on `shares` of the people, [P]."""
    start = field.start(shares, habit=0.5)

    def within(x: Array) -> Array:
        """Shares that are shares again, and habits between none and all."""
        state = field.state(x)
        sets = np.maximum(state.sets, 0.0)
        return field.vector(State(sets / sets.sum(axis=1, keepdims=True), np.clip(state.habit, 0.0, 1.0)))

    found = fixed_point(lambda x: field.vector(field.step(field.state(x))), field.vector(start), within)
    day = field.day(field.state(found.state))
    return Resting(found, day.installed, day.minutes)


def along(
    field: MeanField, name: Weight, first: float, last: float, points: int, start: Resting
) -> tuple[Branch, Array]:
    """Fixed points while one of users' weights is multiplied by factors from `first` to `last`; and minutes [point, P].

    Parameters
    ----------
    name
        of the weight
    start
        the fixed point at factor one
    """

    def scaled(factor: float) -> MeanField:
        own = field.behaviour
        if name == "habit_weight":
            return field.behaving(own._replace(habit_weight=np.float32(own.habit_weight * factor)))
        return field.behaving(own._replace(social_weight=np.float32(own.social_weight * factor)))

    def step(x: Array, factor: float) -> Array:
        other = scaled(factor)
        return other.vector(other.step(other.state(x)))

    branch = follow(step, start.point.state, first, last, points)
    pairs = zip(branch.parameter, branch.states, strict=True)
    minutes = [other.minutes(other.state(state)) for factor, state in pairs for other in [scaled(factor)]]
    return branch, np.array(minutes)


def simulated(
    settings: MarketSettings, offer: Offer, budget: float, days: int, averaged: int, own: Behaviour | None = None
) -> tuple[Array, Array]:
    """Installed share and minutes per person, [P] each: means of the last days of many days under a held offer.

    Parameters
    ----------
    settings
        of the users; friends are mixed at random
    """
    mixing = settings.network.model_copy(update={"kind": "random_mixing"})
    users = settings.users.model_copy(update={"need_weight": 0.0})
    settings = settings.model_copy(update={"network": mixing, "users": users})
    names = list(settings.platforms)
    calendar = MarketCalendar(settings.calendar, names, settings.mechanisms)
    friends = build_friends(settings.network, settings.population.users, settings.seed)
    people = UsersDay(Population(settings, calendar), friends)
    people.columns.online_from[:] = NEVER
    if own is not None:
        people.population.behaviour = own
    luck, sums = Luck(settings.seed, names, settings.users.fan.slots), np.zeros((2, len(names)))
    today = calendar.day(0, 0.0)._replace(budget=np.float32(budget))
    for number in range(days):
        streams, day = luck.day(number), today._replace(number=np.int64(number))
        people.adopt(offer, streams, number)
        found, _ = people.attend(offer, streams, day)
        if number >= days - averaged:
            sums += found[:, [INSTALLED, MINUTES]].T
    installed, minutes = sums / (averaged * settings.population.users)
    return installed, minutes
