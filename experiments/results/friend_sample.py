"""Friend sample: a part of the friend graph small enough to draw, with the app that each user spends most time in."""

from __future__ import annotations

import networkx as nx
import numpy as np

from secondhalf.model.market import Market

SAMPLE = 300
"""Users in the sample."""
NAMED = 4
"""Friends whom each person of the snowball names."""
NO_APP = "none"


def friends_sample(market: Market, size: int = SAMPLE) -> nx.Graph[int]:
    """A snowball sample of users who are online, with all friendships among them.

    From a random user, each person names up to `NAMED` friends at random until `size` people are found; where a piece
    of the graph is exhausted, another user begins (Goodman 1961). Naming few keeps hubs from filling the sample.

    Returns
    -------
    networkx.Graph
        nodes are user numbers with `main_app` (the app with most minutes in this month and the last, `none` without
        any), `minutes` (a day, today) and `friends` (how many the user has, in the sample or
        not)
    """
    population, friends = market.population, market.friends
    rng = np.random.default_rng([market.settings.seed, size])  # observes: the market's own streams are not touched
    online = population.columns.online_from <= market.day - 1
    names = [*market.platform_names, NO_APP]
    spent = population.read("minutes_before") + population.read("minutes_now") + population.read("minutes")
    main = np.where(spent.max(axis=0) > 0, spent.argmax(axis=0), len(names) - 1)
    found = _snowball(friends.indptr, friends.indices, online, size, rng)
    graph: nx.Graph[int] = nx.Graph()
    for user in found:
        graph.add_node(
            user,
            main_app=names[main[user]],
            minutes=float(population.read("minutes", user).sum(dtype=np.float64)),
            friends=int(friends.indptr[user + 1] - friends.indptr[user]),
        )
    for user in found:
        known = friends.indices[friends.indptr[user] : friends.indptr[user + 1]].tolist()
        graph.add_edges_from((user, other) for other in known if other > user and other in graph)
    return graph


def _snowball(
    indptr: np.ndarray, indices: np.ndarray, online: np.ndarray, size: int, rng: np.random.Generator
) -> list[int]:
    """Numbers of the users found, in order."""
    starts = iter(rng.permutation(np.flatnonzero(online)).tolist())
    found: dict[int, None] = {}
    waiting: list[int] = []
    while len(found) < size:
        if not waiting:
            start = next((user for user in starts if user not in found), None)
            if start is None:
                break
            found[start] = None
            waiting.append(start)
            continue
        known = indices[indptr[waiting[0]] : indptr[waiting[0] + 1]]
        del waiting[0]
        for other in rng.permutation(known[online[known]])[:NAMED].tolist():
            if other not in found and len(found) < size:
                found[other] = None
                waiting.append(other)
    return list(found)
