"""Users of the mean-field path: few, evenly spread over what users draw, and carried over several days at once.

A step of the path is a week or so. Whom one meets and the day's mood are averaged over and not drawn: an app is
installed when the cumulated hazard, with the share of people who have the app in place of the contact, passes the
user's own threshold (minus the logarithm of an even number), and removed likewise. Habit moves towards the mean of what
some moods feed. Of all needs only planned ones are there. With many users, many moods and steps of a day this is the
market of infinitely many users under random mixing, shopping needs but planned ones left out, exact up to the chance
that an app has lain idle, which takes past days for independent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.adoption import install_hazard
from secondhalf.model.attention import prices_of_time, spend
from secondhalf.model.columns import F32, F64, NEED_PLANNED, NEVER, Behaviour, Columns, Day, Offer
from secondhalf.model.compiled import CHUNK, compiled, exp32
from secondhalf.model.hazards import probability
from secondhalf.model.quadrature import near_normal_share
from secondhalf.model.utility import log_psi, needs_pull, utility

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


class Luck(NamedTuple):
    """What the users of the path have instead of draws."""

    adopt: F32  # [P, N] cumulated hazard at which an app is installed
    drop: F32  # [P, N] and removed
    mood: F32  # [P, N] where moods begin, in [0, 1)
    need: F32  # [N] where needs begin
    contact: F32  # [N] where contacts begin
    turns: F64  # [P + 2, J] what each mood of the step adds
    quantiles: F32  # of moods


class Carried(NamedTuple):
    """What users carry from step to step beside their columns."""

    to_adopt: F32  # [P, N] cumulated hazard of installing
    to_drop: F32  # [P, N] and of removing
    fed: F32  # [P, N] latest mean of ``minutes / (minutes + habit_half)``
    opened: F32  # [P, N] latest chance of opening the app on a day
    closed: F32  # [W, P, N] log of the chance of not opening it in the latest steps, newest first


@compiled
def adopt(
    columns: Columns,
    carried: Carried,
    luck: Luck,
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
    online = np.where(columns.online_from <= today, everybody, nobody)
    for p in range(contacts.size):
        bit = np.uint32(1) << np.uint32(p)
        absent = np.where(columns.installed & bit, nobody, online)
        install_hazard(plain, absent, nobody, content, shelf, offer, behaviour.adoption_taste, p)
        install_hazard(met, absent, everybody, content, shelf, offer, behaviour.adoption_taste, p)
        share = np.float32(contacts[p])
        for i in range(users):
            if absent[i]:
                stays = (_ONE - share) * exp32(-plain[i]) + share * exp32(-met[i])
                carried.to_adopt[p, i] -= days * np.log(stays)
                if carried.to_adopt[p, i] > luck.adopt[p, i]:
                    columns.installed[i] |= bit
                    columns.installed_day[p, i] = today
                    _begin(carried, p, i)
            elif columns.installed[i] & bit and columns.installed_day[p, i] < today - behaviour.idle_days:
                carried.to_drop[p, i] += days * offer.drop[p] * idle[p, i]
                if carried.to_drop[p, i] > luck.drop[p, i]:
                    columns.installed[i] ^= bit
                    columns.installed_day[p, i] = NEVER
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
    columns: Columns,
    carried: Carried,
    luck: Luck,
    offer: Offer,
    behaviour: Behaviour,
    contacts: F64,
    day: Day,
    minutes: F64,
) -> float:
    """The mean day of a step: sets `fed` and `opened`, fills `minutes` [P] summed over users.

    Returns
    -------
    float
        phone minutes of all users
    """
    users, moods = columns.installed.size, luck.turns.shape[1]
    carried.fed[:] = _ZERO
    carried.opened[:] = _ZERO
    minutes[:] = 0.0
    phone = 0.0
    for first in range(0, users, CHUNK):
        last = min(first + CHUNK, users)
        here = columns.online_from[first:last] <= day.number
        budget = columns.budget_factor[first:last] * day.budget
        phone += np.sum(budget * here)
        for mood in range(moods):
            _one_mood(columns, carried, luck, offer, behaviour, contacts, day, here, budget, mood, first, last, minutes)
    return phone


@compiled
def _one_mood(
    columns: Columns,
    carried: Carried,
    luck: Luck,
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
    part = _ONE / np.float32(luck.turns.shape[1])
    plain, psi = np.empty((platforms, size), np.float32), np.empty((platforms, size), np.float32)
    pulled = np.zeros((platforms, size), np.float32)
    met = np.empty(size, np.uint32)
    block = slice(first, last)
    installed = columns.installed[block]
    for i in range(first, last):
        needed = _turned(luck.need[i], luck.turns[platforms, mood]) < probability(columns.need_rate[i] * day.planned)
        columns.needs[i] = NEED_PLANNED if needed else 0
    needs_pull(pulled, columns, offer, behaviour.need_weight, first, last)
    for p in range(platforms):
        bit = np.uint32(1) << np.uint32(p)
        for j in range(size):
            # Another step of the same sequence for each platform: whom one meets is drawn for each of them.
            met[j] = _turned(luck.contact[first + j], luck.turns[platforms + 1, mood] * (p + 1)) < contacts[p]
        content, shelf = columns.taste[0, block], columns.taste[1, block]
        log_psi(plain[p], offer, behaviour, p, content, shelf, columns.habit[p, block], met)
        for j in range(size):
            plain[p, j] += pulled[p, j]
            at = int(_turned(luck.mood[p, first + j], luck.turns[p, mood]) * luck.quantiles.size)
            psi[p, j] = plain[p, j] + behaviour.shock * luck.quantiles[min(at, luck.quantiles.size - 1)]
        utility(psi[p], installed & bit)
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
            carried.fed[p, first + j] += part * spent / (spent + behaviour.habit_half)


@compiled
def _turned(begins: np.float32, by: float) -> float:
    turned = begins + by
    return float(turned - np.floor(turned))
