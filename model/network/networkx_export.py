"""NetworkX export: the market as one heterogeneous graph of users, merchants and platforms."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from secondhalf.model.network.friend_graph import Friends
from secondhalf.model.shapes import NOBODY, Columns


def heterogeneous_graph(
    friends: Friends,
    columns: Columns,
    platform_names: list[str],
    merchant_ids: Sequence[int],
    shops: NDArray[np.bool_],
    max_users: int | None = None,
) -> nx.Graph[str]:
    """Users, merchants and platforms as nodes, who is tied to whom as edges.

    Nodes are ``user:i``, ``merchant:j`` and ``platform:name`` with the attribute `kind` (user, merchant, platform);
    edges have the attribute `tie`: friend (user-user), fan (user-merchant, when any fan slot names the merchant),
    install (user-platform) or shop (merchant-platform). All attributes are plain strings, so GraphML keeps them.

    Parameters
    ----------
    friends
        neighbour lists of N users
    columns
        state of N users; `installed` and `fan_merchant` are read
    platform_names
        names of P platforms, in the order of the bits of `installed`
    merchant_ids
        M numbers as they stand in `fan_merchant`; fan ties to others are left out
    shops
        bool [M, P]: the merchant has a shop on the platform
    max_users
        take only the first so many users and the ties among them; a million users take minutes and gigabytes

    Returns
    -------
    networkx.Graph
        all users of the run are in it, online or not
    """
    users = columns.installed.size if max_users is None else min(max_users, columns.installed.size)
    user_nodes = [f"user:{i}" for i in range(users)]
    merchant_nodes = {int(j): f"merchant:{int(j)}" for j in merchant_ids}
    platform_nodes = [f"platform:{name}" for name in platform_names]
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(user_nodes, kind="user")
    graph.add_nodes_from(merchant_nodes.values(), kind="merchant")
    graph.add_nodes_from(platform_nodes, kind="platform")

    indices = friends.indices[: friends.indptr[users]]
    owners = np.repeat(np.arange(users), np.diff(friends.indptr[: users + 1]))
    once = (owners < indices) & (indices < users)
    pairs = zip(owners[once].tolist(), indices[once].tolist(), strict=True)
    graph.add_edges_from(((user_nodes[i], user_nodes[k]) for i, k in pairs), tie="friend")

    for slot in columns.fan_merchant[:, :users]:
        fans = np.flatnonzero(slot != NOBODY)
        ties = zip(fans.tolist(), slot[fans].tolist(), strict=True)
        graph.add_edges_from(((user_nodes[i], merchant_nodes[j]) for i, j in ties if j in merchant_nodes), tie="fan")

    for p, platform in enumerate(platform_nodes):
        owners = np.flatnonzero(columns.installed[:users] >> np.uint32(p) & np.uint32(1))
        graph.add_edges_from(((user_nodes[i], platform) for i in owners.tolist()), tie="install")
    for merchant, row in zip(merchant_nodes.values(), np.asarray(shops), strict=True):
        graph.add_edges_from(((merchant, platform_nodes[p]) for p in np.flatnonzero(row).tolist()), tie="shop")
    return graph


def fans_by_number(columns: Columns, numbers: NDArray[np.int64]) -> Columns:
    """Columns whose fan ties name merchants by number; inside the market they name slots of a table."""
    slot = columns.fan_merchant
    return columns._replace(fan_merchant=np.where(slot >= 0, numbers[slot], NOBODY).astype(np.int32))
