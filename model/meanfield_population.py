"""Users of the mean-field path as an object: even luck, what they carry, and a step at a time (`meanfield_users`)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.stats import qmc

from secondhalf.model.attention import MONTH_DAYS
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.columns import F64, Day, Offer
from secondhalf.model.meanfield_users import Carried, Luck, adopt, attend
from secondhalf.model.population import Population
from secondhalf.model.quadrature import near_normal_quantile
from secondhalf.model.settings import MarketSettings
from secondhalf.model.start import HABIT_AT_START
from secondhalf.model.streams import Decision

_COORDINATES = 128
_EDGE = 1e-6
"""Least distance from 0 and 1, where quantiles are infinite."""
_MOODS = 4096
_LEAST_CLOSED = 1e-6
"""Least chance that an app stays closed on a day, so that its logarithm is a number."""


class Attended(NamedTuple):
    """The mean day of a step, in users."""

    online: float
    phone: float  # minutes of all
    minutes: F64  # [P]
    active: F64  # [P]


class EvenPopulation(Population):
    """A population whose luck is a low-discrepancy sequence, a coordinate for each decision in the order asked."""

    def __init__(self, settings: MarketSettings, calendar: MarketCalendar) -> None:
        self._asked = 0
        super().__init__(settings, calendar)

    def uniforms(self, decision: Decision, who: int = 0) -> F64:
        """The sequence's next coordinate, [N]."""
        return np.asarray(self.more(1)[0])

    def more(self, rows: int) -> F64:
        """Coordinates for what is no trait, [rows, N]."""
        first, self._asked = self._asked, self._asked + rows
        return _sequence(self.users)[first : first + rows]


@lru_cache(maxsize=4)
def _sequence(users: int) -> F64:
    points = qmc.Sobol(_COORDINATES, seed=0).random(users).T
    return np.asarray(np.clip(points, _EDGE, 1 - _EDGE))


@lru_cache(maxsize=1)
def _moods() -> F64:
    return near_normal_quantile((np.arange(_MOODS) + 0.5) / _MOODS)


class EvenUsers:
    """Users of the path.

    Parameters
    ----------
    settings, calendar
        of the market; `population.users` is the number of points, a power of two
    moods
        moods a step, a power of two
    step_days
        length of a step; openings are remembered for as many steps as `users.idle_days` and a month need
    """

    def __init__(self, settings: MarketSettings, calendar: MarketCalendar, moods: int, step_days: int) -> None:
        self.population = EvenPopulation(settings, calendar)
        columns = self.population.columns
        platforms, users = columns.habit.shape
        self._bits = np.uint32(1) << np.arange(platforms, dtype=np.uint32)[:, None]
        columns.habit[:] = HABIT_AT_START * self.having
        even = self.population.more(3 * platforms + 2).astype(np.float32)
        to_adopt, to_drop, mood, rest = np.split(even, [platforms, 2 * platforms, 3 * platforms])
        self._turns = qmc.Sobol(platforms + 2, scramble=False).random(moods).T
        self._turn, self._steps = np.random.default_rng(0).random((platforms + 2, 1)), 0
        quantiles = _moods().astype(np.float32)
        self.luck = Luck(-np.log(to_adopt), -np.log(to_drop), mood, rest[0], rest[1], self._turns.copy(), quantiles)
        remembered = -(-max(MONTH_DAYS, settings.users.idle_days) // step_days)
        self._lengths = [step_days] * remembered
        nothing = [np.zeros((platforms, users), np.float32) for _ in range(4)]
        closed = np.zeros((remembered, platforms, users), np.float32)
        self.carried = Carried(nothing[0], nothing[1], nothing[2], nothing[3], closed)

    @property
    def having(self) -> F64:
        """One where a user has an app, else zero, [P, N]."""
        return np.asarray((self.population.columns.installed & self._bits) != 0, float)

    @property
    def contacts(self) -> F64:
        """Chance that a contact has each app, [P]; who is not online has none."""
        return np.asarray(self.having.mean(axis=1))

    def closed(self, window: int) -> F64:
        """Chance that each app was not opened in the latest `window` days, [P, N]."""
        lengths = np.array(self._lengths)
        parts = np.clip((window - (np.cumsum(lengths) - lengths)) / lengths, 0, 1).astype(np.float32)
        return np.asarray(np.exp(np.tensordot(parts, self.carried.closed, 1)))

    def used_within_month(self) -> F64:
        """Chance that each app was opened within `MONTH_DAYS` days, [P, N]."""
        return 1 - self.closed(MONTH_DAYS)

    def adopt(self, offer: Offer, today: int, days: int) -> None:
        """Install and remove as over `days` days up to `today`."""
        population = self.population
        idle = self.closed(int(population.behaviour.idle_days)).astype(np.float32)
        adopt(
            population.columns,
            self.carried,
            self.luck,
            offer,
            population.behaviour,
            self.contacts,
            idle,
            today,
            float(days),
        )

    def attend(self, offer: Offer, day: Day, since: int, length: int) -> Attended:
        """Feed habit over the `since` days since the latest step, then split the mean day of one of `length` days."""
        columns, carried, behaviour = self.population.columns, self.carried, self.population.behaviour
        rate = np.float32(1 - (1 - float(behaviour.habit_rate)) ** since)
        columns.habit[:] += rate * (carried.fed - columns.habit)
        self._steps += 1
        self.luck.turns[:] = self._turns + self._steps * self._turn
        minutes = np.empty(len(self._bits))
        phone = attend(columns, carried, self.luck, offer, behaviour, self.contacts, day, minutes)
        carried.closed[1:] = carried.closed[:-1].copy()
        carried.closed[0] = length * np.log(np.maximum(1 - carried.opened, _LEAST_CLOSED))
        self._lengths = [length, *self._lengths[:-1]]
        online = float(np.count_nonzero(columns.online_from <= day.number))
        return Attended(online, phone, minutes, carried.opened.sum(axis=1, dtype=float))
