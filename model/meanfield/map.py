"""Mean-field map: adoption and attention of infinitely many users under random mixing, without sampling.

Users come in K types, points of a low-discrepancy sequence over taste and phone time. The state says which share of
each type has which set of apps installed, and how strong the mean habit is; `MeanField.step` carries it over one day
with the hazards of `adoption` and the split of `attention`, averaged over the day's contact and mood.

Exact, up to quadrature, with ``habit_weight = 0`` and either no removals (``drop = 0``) or ``idle_days = 0``. Otherwise
two closures stand in: everybody of a type who has an app has the type's mean habit, and an app has lain idle for longer
than `idle_days` with the probability that it would in as many independent days like yesterday. Needs, and with them the
visits and sessions that they add to a day (``planned_needs``, ``seeding`` and ``fans`` off), are left out, and nobody
comes online.

Who never installs an app does so whatever else he is or does. So the state carries everybody as if he might, and each
app of a set counts with the share of people who ever install it (`MeanField.counted`).
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from secondhalf.model.meanfield.quadrature import Cells, Types, cells, moods
from secondhalf.model.numba_kernels import Integer, compiled
from secondhalf.model.shapes import F32, F64, Behaviour, Offer
from secondhalf.model.users.attention import split
from secondhalf.model.users.utility import log_psi, utility

_ZERO = np.float32(0.0)


class MeanFieldState(NamedTuple):
    """State of the map at the end of a day."""

    sets: F64  # [K, 2 ** P] share of each type with each set of apps (bit p: platform p); rows add up to one
    habit: F64  # [K, P] mean habit of those of the type who have the app


class MeanDay(NamedTuple):
    """Results of one day per person online."""

    minutes: F64  # [P]
    active: F64  # [P] share who open the app
    installed: F64  # [P] share who have it


class Expected(NamedTuple):
    """Means over the mood of a user of one type with one set of apps and one contact, [K, cell, P]."""

    minutes: F64
    opened: F64
    fed: F64  # of ``minutes / (minutes + habit_half)``


@compiled
def _expect(
    expected: Expected,
    types: Types,
    cells: Cells,
    mood: F32,
    habit: F32,
    offer: Offer,
    behaviour: Behaviour,
    budget: np.float32,
) -> None:
    platforms, moods = mood.shape[1:]
    points = cells.installed.size * moods
    psi, own_habit = np.empty((platforms, points), np.float32), np.empty(points, np.float32)
    online = np.zeros(points, np.int16)
    time, taste = np.empty(points, np.float32), np.empty((2, points), np.float32)
    installed, met = np.repeat(cells.installed, moods), np.repeat(cells.met, moods)
    for k in range(mood.shape[0]):
        time[:] = types.budget[k]
        taste[0], taste[1] = types.taste[0, k], types.taste[1, k]
        for p in range(platforms):
            bit = np.uint32(1) << np.uint32(p)
            own_habit[:] = habit[k, p]
            log_psi(psi[p], offer, behaviour, p, taste[0], taste[1], own_habit, met, bit)
            for point in range(points):
                psi[p, point] += behaviour.shock * mood[k, p, point % moods]
            utility(psi[p], installed, bit)
        split(psi, offer.gamma, online, time, 0, budget, behaviour.outside)
        for p in range(platforms):
            for point in range(points):
                spent = psi[p, point]
                if spent > _ZERO:
                    cell = point // moods
                    expected.minutes[k, cell, p] += spent / moods
                    expected.opened[k, cell, p] += 1.0 / moods
                    expected.fed[k, cell, p] += spent / (spent + behaviour.habit_half) / moods


class MeanField:
    """The map from one evening's state to the next.

    Parameters
    ----------
    offer, behaviour
        as the compiled stages read them; one day's `Offer`, held
    types
        see `user_types`
    budget
        phone minutes of the mean person online
    online
        share of the population that is online (the others may be drawn as contacts)
    points
        moods for each type and set of apps, a power of two
    """

    def __init__(
        self, offer: Offer, behaviour: Behaviour, types: Types, budget: float, online: float = 1.0, points: int = 64
    ) -> None:
        self.offer, self.behaviour, self.types = offer, behaviour, types
        self.budget, self.online = budget, online
        self.platforms, self._kinds = int(offer.leisure.size), int(types.budget.size)
        self._cells = cells(self.platforms, bool(behaviour.social_weight != 0))
        self._moods = moods(types, self.platforms, points if behaviour.shock > 0 else 1)
        self.has = (np.arange(2**self.platforms)[:, None] >> np.arange(self.platforms)) & 1 == 1  # [2 ** P, P]
        self._latest: tuple[F32, Expected] | None = None
        liking = types.taste.T.astype(np.float64) @ offer.taste_weight
        self._keenness = np.exp(behaviour.adoption_taste * liking)  # [K, P]
        self._ever = 1 - offer.never.astype(np.float64)  # [P]
        self._counted = thinning(self._ever)  # [2 ** P, 2 ** P]

    def behaving(self, behaviour: Behaviour) -> MeanField:
        """The same users with other weights, under the same offer."""
        other = copy.copy(self)
        other.behaviour, other._latest = behaviour, None
        return other

    def start(self, shares: F64, habit: float = 0.0) -> MeanFieldState:
        """Installed on `shares` [P] of the people, likelier with taste, as `population` does; habit where it is on.

        No more have an app than ever install it.
        """
        having = np.empty((self._kinds, self.platforms))
        among = np.divide(shares, self._ever, out=np.zeros(self.platforms), where=self._ever > 0)
        for p, share in enumerate(np.minimum(among, 1.0)):
            if share in (0.0, 1.0):
                having[:, p] = share
                continue
            odds = self._keenness[:, p]
            spread = brentq(lambda h, o=odds, s=share: float(np.mean(-np.expm1(-np.exp(h) * o))) - s, -60, 60)
            having[:, p] = -np.expm1(-np.exp(spread) * odds)
        each = np.where(self.has, having[:, None], 1 - having[:, None])
        return MeanFieldState(each.prod(axis=2), np.full(having.shape, habit * (self.behaviour.habit_weight > 0)))

    def step(self, state: MeanFieldState) -> MeanFieldState:
        """The state a day later."""
        return self._pass(state)[0]

    def day(self, state: MeanFieldState) -> MeanDay:
        """What the day after `state` brings."""
        return self._pass(state)[1]

    def minutes(self, state: MeanFieldState) -> F64:
        """Mean minutes per person online on the day after `state`, [P]."""
        return self.day(state).minutes

    def vector(self, state: MeanFieldState) -> F64:
        """The state without what is redundant; fixed points are roots of ``vector(step(state(x))) - x``.

        Minutes are worked out in single precision: a solver's differences must be of 1e-4 or more.
        """
        habit = state.habit.ravel() if self.behaviour.habit_weight > 0 else np.empty(0)
        return np.concatenate([state.sets[:, 1:].ravel(), habit])

    def state(self, vector: F64) -> MeanFieldState:
        """The inverse of `vector`."""
        cut = self._kinds * (2**self.platforms - 1)
        some = vector[:cut].reshape(self._kinds, -1)
        sets = np.concatenate([1 - some.sum(axis=1, keepdims=True), some], axis=1)
        if self.behaviour.habit_weight > 0:
            return MeanFieldState(sets, vector[cut:].reshape(self._kinds, -1))
        return MeanFieldState(sets, np.zeros((self._kinds, self.platforms)))

    def settled(self, contacts: F64, state: MeanFieldState) -> MeanFieldState:
        """Where sets end if every day's contacts and habits were these, and habits a day after that.

        At a fixed point it gives the state back, and ``contacts`` [2 ** P] is that of its sets: a map in far fewer
        numbers than `vector`, without the years that apps take to spread.
        """
        kept, plain, met = self._chances(contacts, state)
        sets = settled(state.sets, contacts, kept, plain, met)
        return MeanFieldState(sets, self.step(MeanFieldState(sets, state.habit)).habit)

    def _expected(self, habit: F64) -> Expected:
        """Means over moods by type and cell; remembered, as they change with the habit only."""
        own = habit.astype(np.float32)
        if self._latest is None or not np.array_equal(self._latest[0], own):
            shape = (self._kinds, self._cells.installed.size, self.platforms)
            expected = Expected(np.zeros(shape), np.zeros(shape), np.zeros(shape))
            budget = np.float32(self.budget)
            _expect(expected, self.types, self._cells, self._moods, own, self.offer, self.behaviour, budget)
            self._latest = own, expected
        return self._latest[1]

    def counted(self, sets: F64) -> F64:
        """Shares with each set of apps, [..., 2 ** P], without the apps that their holders never install."""
        return np.asarray(sets @ self._counted)

    def contacts(self, sets: F64) -> F64:
        """Chance that the day's contact has each set of apps, [2 ** P]; who is not online counts as having none."""
        chance = self.online * self.counted(sets).mean(axis=0)
        # What is left and not what was summed: else rounding of the total would double every day.
        chance[0] = 1 - chance[1:].sum()
        return np.asarray(chance)

    def _chances(self, contacts: F64, state: MeanFieldState) -> tuple[F64, F64, F64]:
        """That an app stays today, [K, 2 ** P, P]; that one is installed when the contact has none, or one, [K, P]."""
        plain = -np.expm1(-self.offer.innovation * self._keenness)
        met = -np.expm1(-(self.offer.innovation + self.offer.imitation) * self._keenness)
        happens = -np.expm1(-self.offer.drop.astype(np.float64))
        removed = np.broadcast_to(happens, (*state.sets.shape, self.platforms))
        if self.behaviour.idle_days > 0 and happens.any():
            opened = np.einsum("c,kscp->ksp", contacts, self._expected(state.habit).opened[:, self._cells.number])
            removed = happens * (1 - np.clip(opened, 0, 1)) ** self.behaviour.idle_days
            # Of those with a set and an app in it, the mean over the other apps that they never install.
            holders = self._counted @ self.has
            removed = np.divide(
                self._counted @ (removed * self.has), holders, out=np.zeros_like(removed), where=holders > 0
            )
        return np.ascontiguousarray(1 - removed), plain, met

    def _pass(self, state: MeanFieldState) -> tuple[MeanFieldState, MeanDay]:
        contacts = self.contacts(state.sets)
        kept, plain, met = self._chances(contacts, state)
        after = np.zeros((contacts.size, *state.sets.shape))  # [contact, K, 2 ** P]
        stay = np.einsum("ks,ksp,sp->kp", state.sets, kept, self.has)
        carry(after, state.sets, contacts, kept, plain, met)
        sets = np.einsum("c,cks->ks", contacts, after)
        holders = sets @ self.has
        share = np.divide(stay, holders, out=np.zeros_like(stay), where=holders > 0)
        habit = state.habit * np.minimum(share, 1.0)
        holders = holders * self._ever
        expected, joint = self._expected(habit), self.counted(contacts[:, None, None] * after)
        number = self._cells.number.T  # [contact, set]

        def over_contacts(table: F64) -> F64:
            return np.asarray(np.einsum("cks,kcsp->kp", joint, table[:, number]))

        fed = over_contacts(expected.fed)
        target = np.divide(fed, holders, out=np.zeros_like(fed), where=holders > 0)
        if self.behaviour.habit_weight > 0:
            habit = habit + float(self.behaviour.habit_rate) * (target - habit)
        minutes, opened = over_contacts(expected.minutes), over_contacts(expected.opened)
        return MeanFieldState(sets, habit), MeanDay(minutes.mean(axis=0), opened.mean(axis=0), holders.mean(axis=0))


def thinning(ever: F64) -> F64:
    """Chance that of a set of apps another one is left, [2 ** P, 2 ** P], if each app stays with chance `ever` [P]."""
    chance = np.ones((1, 1))
    for stays in ever:  # the latest platform has the highest bit
        chance = np.kron([[1.0, 0.0], [1.0 - stays, stays]], chance)
    return chance


DOUBLINGS = 24
"""Two to this power is the number of days after which sets count as settled: 46,000 years."""


@compiled
def _spread(after: F64, before: Integer, share: float, keeping: F64, installing: F64) -> None:
    """Add to `after` [2 ** P] where users with the set `before` are a day later; apps come and go independently."""
    platforms = keeping.size
    there = np.zeros(after.size)
    there[0] = share
    count = 1
    for p in range(platforms):
        having = keeping[p] if (before >> p) & 1 else installing[p]
        for now in range(count):
            there[now + count] = there[now] * having
            there[now] *= 1 - having
        count *= 2
    for now in range(count):
        after[now] += there[now]


@compiled
def carry(after: F64, sets: F64, contacts: F64, kept: F64, plain: F64, met: F64) -> None:
    """Fill `after` [contact, K, 2 ** P]: the sets of each type a day later by what the contact had.

    Parameters
    ----------
    sets, contacts
        [K, 2 ** P], [2 ** P]
    kept
        chance that an app stays, [K, 2 ** P, P]
    plain, met
        chance of installing an app that the contact does not have, or has, [K, P]
    """
    installing = np.empty(plain.shape[1])
    for contact in range(contacts.size):
        if contacts[contact] != 0:  # a difference may take a little from a set that nobody has
            for k in range(sets.shape[0]):
                for p in range(plain.shape[1]):
                    installing[p] = met[k, p] if (contact >> p) & 1 else plain[k, p]
                for before in range(sets.shape[1]):
                    _spread(after[contact, k], before, sets[k, before], kept[k, before], installing)


@compiled
def _moves(chance: F64, contacts: F64, kept: F64, plain: F64, met: F64) -> None:
    """Fill `chance` [K, 2 ** P, 2 ** P]: that a set becomes another within a day, whatever the contact has."""
    installing = np.empty(plain.shape[1])
    for contact in range(contacts.size):
        if contacts[contact] != 0:  # a difference may take a little from a set that nobody has
            for k in range(chance.shape[0]):
                for p in range(plain.shape[1]):
                    installing[p] = met[k, p] if (contact >> p) & 1 else plain[k, p]
                for before in range(chance.shape[1]):
                    _spread(chance[k, before], before, contacts[contact], kept[k, before], installing)


def settled(sets: F64, contacts: F64, kept: F64, plain: F64, met: F64) -> F64:
    """Limit of the sets that start at `sets` when contacts and probabilities are the same every day, [K, 2 ** P]."""
    chance = np.zeros((*sets.shape, sets.shape[1]))
    _moves(chance, contacts, kept, plain, met)
    for _ in range(DOUBLINGS):
        chance = chance @ chance
        chance /= chance.sum(axis=2, keepdims=True)
    return np.asarray(np.einsum("ks,kst->kt", sets, chance))
