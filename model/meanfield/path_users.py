"""Users of the mean-field path: few, evenly spread over the traits that users draw, stepped several days at once.

A step of the path is a week or so. Whom one meets and the day's mood are averaged over and not drawn: an app is
installed when the cumulated hazard, with the share of people who have the app in place of the contact, passes the
user's own threshold (minus the logarithm of an even number), and removed likewise; a share of users never installs it.
Habit moves towards the mean of what some moods feed. Needs, and the visits and sessions that they add to a day, are
those of `path_trade`; they feed no habit. With many users, many moods and steps of a day this is the market of
infinitely many users under random mixing without needs, exact up to the chance that an app has lain idle, which takes
past days for independent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from secondhalf.conf.schema import MarketSettings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.initial_state import HABIT_AT_START
from secondhalf.model.meanfield.quadrature import near_normal_quantile, near_normal_share
from secondhalf.model.numba_kernels import CHUNK, compiled, exp32
from secondhalf.model.random_streams import Decision
from secondhalf.model.shapes import F32, F64, I16, I64, NEVER, U32, Behaviour, Columns, Day, Offer, UserValues
from secondhalf.model.users.adoption import install_hazard
from secondhalf.model.users.attention import MONTH_DAYS, prices_of_time, spend
from secondhalf.model.users.population import Population
from secondhalf.model.users.utility import log_psi, utility

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


class EvenStreams(NamedTuple):
    """Low-discrepancy numbers that replace the random draws of users."""

    adopt: F32  # [P, N] cumulated hazard at which an app is installed
    drop: F32  # [P, N] and removed
    never: F32  # [P, N] who never installs an app: whose number is below the share
    mood: F32  # [P, N] where moods begin, in [0, 1)
    contact: F32  # [N] where contacts begin
    turns: F64  # [P + 1, J] what each mood of the step adds
    quantiles: F32  # of moods


class Carried(NamedTuple):
    """What users carry from step to step beside their columns."""

    to_adopt: F32  # [P, N] cumulated hazard of installing
    to_drop: F32  # [P, N] and of removing
    fed: F32  # [P, N] latest mean of ``minutes / (minutes + habit_half)``
    opened: F32  # [P, N] latest chance of opening the app on a day
    closed: F32  # [W, P, N] log of the chance of not opening it in the latest steps, newest first
    sets: U32  # [J, N] latest apps opened in each mood, as bits
    installed_day: I16  # [P, N] day of installation, NEVER without the app


@compiled
def adopt(
    columns: UserValues,
    carried: Carried,
    streams: EvenStreams,
    offer: Offer,
    behaviour: Behaviour,
    contacts: F64,
    idle: F32,
    today: int,
    days: float,
) -> None:
    """Install and remove over `days` days.

    Parameters
    ----------
    contacts
        chance that a contact has each app, [P]
    idle
        chance that the app has lain unused for `idle_days`, [P, N]
    """
    users = columns.installed.size
    content, shelf = columns.taste[0], columns.taste[1]
    plain, met = np.empty(users, np.float32), np.empty(users, np.float32)
    nobody, everybody = np.zeros(users, np.uint32), np.ones(users, np.uint32)
    online, one = np.where(columns.online_from <= today, everybody, nobody), np.uint32(1)
    for p in range(contacts.size):
        bit = np.uint32(1) << np.uint32(p)
        absent = np.where(columns.installed & bit, nobody, online)
        install_hazard(plain, absent, nobody, one, content, shelf, offer, behaviour.adoption_taste, p)
        install_hazard(met, absent, everybody, one, content, shelf, offer, behaviour.adoption_taste, p)
        share = np.float32(contacts[p])
        for i in range(users):
            if absent[i] and streams.never[p, i] < offer.never[p]:
                continue
            if absent[i]:
                stays = (_ONE - share) * exp32(-plain[i]) + share * exp32(-met[i])
                carried.to_adopt[p, i] -= days * np.log(stays)
                if carried.to_adopt[p, i] > streams.adopt[p, i]:
                    columns.installed[i] |= bit
                    carried.installed_day[p, i] = today
                    _begin(carried, p, i)
            elif columns.installed[i] & bit and carried.installed_day[p, i] < today - behaviour.idle_days:
                carried.to_drop[p, i] += days * offer.drop[p] * idle[p, i]
                if carried.to_drop[p, i] > streams.drop[p, i]:
                    columns.installed[i] ^= bit
                    carried.installed_day[p, i] = NEVER
                    columns.habit[p, i] = _ZERO
                    _begin(carried, p, i)


@compiled
def _begin(carried: Carried, p: int, i: int) -> None:
    carried.to_adopt[p, i] = _ZERO
    carried.to_drop[p, i] = _ZERO
    carried.fed[p, i] = _ZERO
    for w in range(carried.closed.shape[0]):
        carried.closed[w, p, i] = _ZERO


@compiled
def attend(
    columns: UserValues,
    carried: Carried,
    streams: EvenStreams,
    offer: Offer,
    behaviour: Behaviour,
    contacts: F64,
    day: Day,
    minutes: F64,
) -> float:
    """The mean day of a step: sets `fed`, `opened`, `sets` and users' minutes, fills `minutes` [P] summed over users.

    Returns
    -------
    float
        phone minutes of all users
    """
    users, moods = columns.installed.size, streams.turns.shape[1]
    carried.fed[:] = _ZERO
    carried.opened[:] = _ZERO
    carried.sets[:] = np.uint32(0)
    columns.minutes[:] = _ZERO
    minutes[:] = 0.0
    phone = 0.0
    for first in range(0, users, CHUNK):
        last = min(first + CHUNK, users)
        here = columns.online_from[first:last] <= day.number
        budget = columns.budget_factor[first:last] * day.budget
        phone += np.sum(budget * here)
        for mood in range(moods):
            _one_mood(
                columns, carried, streams, offer, behaviour, contacts, day, here, budget, mood, first, last, minutes
            )
    return phone


@compiled
def _one_mood(
    columns: UserValues,
    carried: Carried,
    streams: EvenStreams,
    offer: Offer,
    behaviour: Behaviour,
    contacts: F64,
    day: Day,
    here: NDArray[np.bool_],
    budget: F32,
    mood: int,
    first: int,
    last: int,
    minutes: F64,
) -> None:
    platforms, size = contacts.size, last - first
    part = _ONE / np.float32(streams.turns.shape[1])
    plain, psi = np.empty((platforms, size), np.float32), np.empty((platforms, size), np.float32)
    met = np.empty(size, np.uint32)
    block = slice(first, last)
    installed = columns.installed[block]
    for p in range(platforms):
        bit = np.uint32(1) << np.uint32(p)
        for j in range(size):
            # Another step of the same sequence for each platform: whom one meets is drawn for each of them.
            met[j] = _turned(streams.contact[first + j], streams.turns[platforms, mood] * (p + 1)) < contacts[p]
        content, shelf = columns.taste[0, block], columns.taste[1, block]
        log_psi(plain[p], offer, behaviour, p, content, shelf, columns.habit[p, block], met, np.uint32(1))
        for j in range(size):
            at = int(_turned(streams.mood[p, first + j], streams.turns[p, mood]) * streams.quantiles.size)
            psi[p, j] = plain[p, j] + behaviour.shock * streams.quantiles[min(at, streams.quantiles.size - 1)]
        utility(psi[p], installed, bit)
    price = prices_of_time(psi, offer.gamma, budget, behaviour.outside)
    total = budget.copy()
    for p in range(platforms):
        for j in range(size):
            total[j] += offer.gamma[p] if psi[p, j] > price[j] else _ZERO
    for p in range(platforms):
        bit, gamma = np.uint32(1) << np.uint32(p), offer.gamma[p]
        for j in range(size):
            if not (here[j] and installed[j] & bit):
                continue
            bar = price[j]
            if psi[p, j] > bar:
                carried.sets[mood, first + j] |= bit
            if psi[p, j] > bar:  # the price of time that the app would meet if it were not open
                bar = (bar * total[j] - gamma * psi[p, j]) / (total[j] - gamma)
            if behaviour.shock > _ZERO:
                needed_mood = (np.log(bar) - plain[p, j]) / behaviour.shock
                carried.opened[p, first + j] += part * np.float32(1 - near_normal_share(needed_mood))
            else:
                carried.opened[p, first + j] += part if psi[p, j] > price[j] else _ZERO
    spend(psi, offer.gamma, price, here)
    for p in range(platforms):
        for j in range(size):
            spent = psi[p, j]
            minutes[p] += spent * part
            columns.minutes[p, first + j] += spent * part
            carried.fed[p, first + j] += part * spent / (spent + behaviour.habit_half)


@compiled
def _turned(begins: np.float32, by: float) -> float:
    turned = begins + by
    return float(turned - np.floor(turned))


_COORDINATES = 256
_EDGE = 1e-6
"""Least distance from 0 and 1, where quantiles are infinite."""
_MOODS = 4096
LEAST_CLOSED = 1e-6
"""Least chance that an app stays closed on a day, so that its logarithm is a number."""


class Attended(NamedTuple):
    """The mean day of a step, in users."""

    online: float
    phone: float  # minutes of all
    minutes: F64  # [P]
    active: F64  # [P]


class EvenPopulation(Population):
    """A population whose traits come from a low-discrepancy sequence, a coordinate for each decision in its order."""

    def __init__(self, settings: MarketSettings, calendar: MarketCalendar) -> None:
        self._asked = 0
        self.histories: list[tuple[int, I64, F64]] = []  # platform, users who had it, days since installation
        self._never: dict[str, F32] = {}
        super().__init__(settings, calendar)

    def uniforms(self, decision: Decision, who: int = 0) -> F64:
        """The sequence's next coordinate, [N]."""
        return np.asarray(self.more(1)[0])

    def never(self, platform: str) -> F32:
        """Even numbers in place of the drawn ones, the same whenever asked."""
        if platform not in self._never:
            self._never[platform] = self.more(1)[0].astype(np.float32)
        return self._never[platform]

    def _note_history(
        self, columns: Columns, settings: MarketSettings, p: int, users: I64, days: F64, bought: F64
    ) -> None:
        super()._note_history(columns, settings, p, users, days, bought)
        self.histories.append((p, users, days))

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


def chance_of_none(logs: F32, lengths: list[int], window: int) -> F64:
    """Chance of none in the latest `window` days, from its logarithms in the latest steps [W, P, N], newest first."""
    days = np.array(lengths)
    parts = np.clip((window - (np.cumsum(days) - days)) / days, 0, 1).astype(np.float32)
    return np.asarray(np.exp(np.tensordot(parts, logs, 1)), float)


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

    Attributes
    ----------
    values
        users, in single precision: few of them carry many steps, which codes of 16 bits would round
    """

    def __init__(self, settings: MarketSettings, calendar: MarketCalendar, moods: int, step_days: int) -> None:
        self.population = EvenPopulation(settings, calendar)
        columns = self.values = self.population.values()
        platforms, users = columns.habit.shape
        self._bits = np.uint32(1) << np.arange(platforms, dtype=np.uint32)[:, None]
        columns.habit[:] = HABIT_AT_START * self.having
        never = np.stack([self.population.never(name) for name in settings.platforms])
        even = self.population.more(3 * platforms + 1).astype(np.float32)
        to_adopt, to_drop, mood, contact = np.split(even, [platforms, 2 * platforms, 3 * platforms])
        self._turns = qmc.Sobol(platforms + 1, scramble=False).random(moods).T
        self._turn, self._steps = np.random.default_rng(0).random((platforms + 1, 1)), 0
        quantiles = _moods().astype(np.float32)
        self.random_streams = EvenStreams(
            -np.log(to_adopt), -np.log(to_drop), never, mood, contact[0], self._turns.copy(), quantiles
        )
        remembered = -(-max(MONTH_DAYS, settings.users.idle_days) // step_days)
        self._lengths = [step_days] * remembered
        nothing = [np.zeros((platforms, users), np.float32) for _ in range(4)]
        closed = np.zeros((remembered, platforms, users), np.float32)
        sets = np.zeros((moods, users), np.uint32)
        since = np.full((platforms, users), NEVER, np.int16)
        for p, who, days in self.population.histories:
            since[p, who] = -days.astype(np.int16)
        self.carried = Carried(nothing[0], nothing[1], nothing[2], nothing[3], closed, sets, since)

    @property
    def having(self) -> F64:
        """One where a user has an app, else zero, [P, N]."""
        return np.asarray((self.values.installed & self._bits) != 0, float)

    @property
    def contacts(self) -> F64:
        """Chance that a contact has each app, [P]; who is not online has none."""
        return np.asarray(self.having.mean(axis=1))

    def closed(self, window: int) -> F64:
        """Chance that each app was not opened in the latest `window` days, [P, N]."""
        return chance_of_none(self.carried.closed, self._lengths, window)

    def visited(self, chance: F64) -> None:
        """Take in that needs open closed apps on a day of the latest step, `chance` [P, N]."""
        self.carried.closed[0] += self._lengths[0] * np.log(np.maximum(1 - chance, LEAST_CLOSED))

    def used_within_month(self) -> F64:
        """Chance that each app was opened within `MONTH_DAYS` days, [P, N]."""
        return 1 - self.closed(MONTH_DAYS)

    def adopt(self, offer: Offer, today: int, days: int) -> None:
        """Install and remove as over `days` days up to `today`."""
        population = self.population
        idle = self.closed(int(population.behaviour.idle_days)).astype(np.float32)
        adopt(
            self.values,
            self.carried,
            self.random_streams,
            offer,
            population.behaviour,
            self.contacts,
            idle,
            today,
            float(days),
        )

    def attend(self, offer: Offer, day: Day, since: int, length: int) -> Attended:
        """Feed habit over the `since` days since the latest step, then split the mean day of one of `length` days."""
        columns, carried, behaviour = self.values, self.carried, self.population.behaviour
        rate = np.float32(1 - (1 - float(behaviour.habit_rate)) ** since)
        columns.habit[:] += rate * (carried.fed - columns.habit)
        self._steps += 1
        self.random_streams.turns[:] = self._turns + self._steps * self._turn
        minutes = np.empty(len(self._bits))
        phone = attend(columns, carried, self.random_streams, offer, behaviour, self.contacts, day, minutes)
        carried.closed[1:] = carried.closed[:-1].copy()
        carried.closed[0] = length * np.log(np.maximum(1 - carried.opened, LEAST_CLOSED))
        self._lengths = [length, *self._lengths[:-1]]
        online = float(np.count_nonzero(columns.online_from <= day.number))
        return Attended(online, phone, minutes, carried.opened.sum(axis=1, dtype=float))
