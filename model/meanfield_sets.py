"""How sets of apps change in a day of the mean-field map, and where they end under the same contacts."""

from __future__ import annotations

import numpy as np

from secondhalf.model.columns import F64
from secondhalf.model.compiled import Integer, compiled

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
    """Where sets end that start at `sets` when every day's contacts and chances are the same, [K, 2 ** P]."""
    chance = np.zeros((*sets.shape, sets.shape[1]))
    _moves(chance, contacts, kept, plain, met)
    for _ in range(DOUBLINGS):
        chance = chance @ chance
        chance /= chance.sum(axis=2, keepdims=True)
    return np.asarray(np.einsum("ks,kst->kt", sets, chance))
