"""Clustered scale-free graphs: every pair with its own probability, the calibration, and another library's graphs."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from scipy import integrate

from secondhalf.model.network import hyperbolic
from secondhalf.model.network.hyperbolic import Circle, Walk, hyperbolic_ties
from secondhalf.model.shapes import F64, I64


def market(users: int, exponent: float) -> Circle:
    rng = np.random.default_rng(1)
    weight = (1 - rng.random(users)) ** (-1 / (exponent - 1))
    return hyperbolic._circle(np.sort(rng.random(users)), weight)


def connect(circle: Circle, scale: float, sharpness: float, stream: int, room: int) -> I64:
    walk = Walk(
        scale,
        sharpness,
        np.uint64(stream),
        np.zeros(1, np.int64),
        np.zeros(1),
        np.zeros(1, np.int64),
        np.empty((room, 2), np.int64),
    )
    hyperbolic._connect(circle, walk)
    return walk.ties[: int(walk.found[0])]


def chances(circle: Circle, scale: float, temperature: float) -> F64:
    """The probability of a tie for each pair, written out."""
    order = np.argsort(circle.user)
    position, weight = circle.position[order], circle.weight[order]
    distance = np.abs(position[:, None] - position)
    distance = np.minimum(distance, 1 - distance)
    reach = scale * weight[:, None] * weight
    if temperature == 0:
        return np.asarray(distance < reach, np.float64)
    return np.asarray(1 / (1 + (distance / reach) ** (1 / temperature)))


@pytest.mark.parametrize("exponent", [2.2, 6.0])
def test_at_temperature_zero_exactly_those_in_reach_are_tied(exponent: float) -> None:
    circle = market(300, exponent)
    found = connect(circle, 0.004, np.inf, 1, 300 * 299)
    matrix = np.zeros((300, 300))
    np.add.at(matrix, (found[:, 0], found[:, 1]), 1)
    wanted = chances(circle, 0.004, 0)
    np.fill_diagonal(wanted, 0)
    assert np.array_equal(matrix + matrix.T, wanted)


@pytest.mark.parametrize("temperature", [0.1, 0.4, 0.9])
@pytest.mark.parametrize("exponent", [2.2, 6.0])
def test_each_pair_is_tied_with_its_probability(temperature: float, exponent: float) -> None:
    """The mean squared deviation of all pairs' frequencies is one in units of the binomial variance."""
    users, runs = 60, 2000
    circle, streams = market(users, exponent), np.random.default_rng(2).integers(2**63, size=runs).tolist()
    matrix = np.zeros((users, users))
    for run in range(runs):
        found = connect(circle, 0.01, 1 / temperature, streams[run], users * users)
        np.add.at(matrix, (found[:, 0], found[:, 1]), 1)
    pair = np.triu_indices(users, 1)
    frequency, wanted = (matrix + matrix.T)[pair] / runs, chances(circle, 0.01, temperature)[pair]
    known = wanted * (1 - wanted) * runs > 5
    assert known.sum() > 50
    deviation = (frequency - wanted)[known] / np.sqrt((wanted * (1 - wanted))[known] / runs)
    assert abs(np.mean(deviation**2) - 1) < 5 * np.sqrt(2 / known.sum())
    assert abs(deviation.mean()) < 5 / np.sqrt(known.sum())


@pytest.mark.parametrize("temperature", [0.0, 0.05, 0.4, 0.95])
@pytest.mark.parametrize("reach", [1e-3, 0.2, 1.0, 30.0])
def test_mean_probability_over_distances(temperature: float, reach: float) -> None:
    def chance(x: float) -> float:
        return float(x < reach) if temperature == 0 else 1 / (1 + (x / reach) ** (1 / temperature))

    pieces = np.unique(np.minimum(1, np.concatenate([[0], reach * 1.2 ** np.arange(60)])))
    wanted = sum(integrate.quad(chance, a, b)[0] for a, b in itertools.pairwise([*pieces, 1.0]))
    assert hyperbolic._mean_chance(np.array([reach]), temperature)[0] == pytest.approx(wanted, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [0.0, 0.4])
def test_clustering_is_that_of_networkit(temperature: float) -> None:
    """networkit draws in the hyperbolic disc itself; the two forms of the model agree for many users."""
    networkit = pytest.importorskip("networkit")
    users = 5000
    networkit.setSeed(1, False)
    theirs = networkit.nxadapter.nk2nx(networkit.generators.HyperbolicGenerator(users, 12, 3, temperature).generate())
    ours = nx.empty_graph(users)
    ours.add_edges_from(hyperbolic_ties(users, 12, 3, temperature, 1).tolist())
    assert nx.average_clustering(ours) == pytest.approx(nx.average_clustering(theirs), abs=0.04)
