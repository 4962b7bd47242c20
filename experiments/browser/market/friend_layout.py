"""Layout of the friend graph: a sample of users laid out once, with what each of them does today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from secondhalf.experiments.browser.market.arrays import Arrays
from secondhalf.experiments.results.friend_sample import friends_sample
from secondhalf.model.market import Market

NO_APP = 255
"""Main app of a user who uses none."""
NOT_ONLINE = 254
"""Main app of a user who is not online yet."""


@dataclass(frozen=True)
class DrawnUsers:
    """Users in the drawing.

    Attributes
    ----------
    users
        their numbers, [N]
    places
        where each is drawn, in [-1, 1], [N, 2]
    ties
        friendships as pairs of positions in `users`, [E, 2]
    """

    users: NDArray[np.int64]
    places: NDArray[np.float64]
    ties: NDArray[np.int64]

    def laid_out(self) -> Arrays:
        """What stays as it is for the whole run."""
        return {"places": ("f4", self.places), "ties": ("i4", self.ties)}

    def now(self, market: Market) -> Arrays:
        """Each one's main app, and the shops that each is a fan of."""
        columns, read = market.population.columns, market.population.read
        spent = read("minutes_before", self.users) + read("minutes_now", self.users)
        main = np.where(spent.max(axis=0) > 0, spent.argmax(axis=0), NO_APP)
        main[columns.online_from[self.users] > market.day] = NOT_ONLINE
        return {
            "main": ("u1", main),
            "fan_platform": ("i1", columns.fan_platform[:, self.users]),
            "fan_merchant": ("i4", columns.fan_merchant[:, self.users]),
        }


def drawn_users(market: Market, size: int) -> DrawnUsers:
    """A snowball sample of users, laid out by forces between friends (Fruchterman and Reingold 1991).

    Pieces that are tied to nothing else would be pushed out of the picture; they are drawn in with a logarithm.
    """
    sample: nx.Graph[Any] = friends_sample(market, min(size, market.population.users))
    users = np.array(sorted(sample), np.int64)
    position = {user: number for number, user in enumerate(users.tolist())}
    ties = np.array([(position[a], position[b]) for a, b in sample.edges], np.int64).reshape(-1, 2)
    found = nx.spring_layout(sample, seed=0, iterations=60, k=1.6 / max(len(users), 1) ** 0.5)
    places = np.array([found[user] for user in users.tolist()]).reshape(-1, 2)
    places -= np.median(places, axis=0) if len(places) else 0.0
    radius = np.hypot(*places.T)[:, None]
    drawn = places * np.divide(np.log1p(3 * radius), radius, out=np.ones_like(radius), where=radius > 0)
    reach = np.hypot(*drawn.T).max(initial=1e-9)
    return DrawnUsers(users, drawn / reach, ties)
