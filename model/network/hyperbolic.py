"""Hyperbolic random graphs: clustered and scale-free, generated in time proportional to their ties.

Users lie on a circle and carry a weight w, drawn from a power law; two at distance d are friends with probability
``1 / (1 + (d / (scale w_i w_j)) ** (1 / temperature))``. This is the S1 form (Serrano, Krioukov and Boguna 2008) of
the hyperbolic graph of Krioukov et al. (2010), where the weight is an exponential of the radius. Ties are found with
the layers of weight and cells of position of Blasius et al. (2022); the cost does not grow with the temperature.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from secondhalf.model.numba_kernels import compiled
from secondhalf.model.random_streams import Decision, key, uniforms, word
from secondhalf.model.shapes import F64, I32, I64

_BINS_PER_UNIT = 64
"""Resolution of log weights in the calibration of `scale`; the error in the mean degree is about one in 1e5."""


class Circle(NamedTuple):
    """Users by layer of weight, within a layer by position; L layers, N users.

    Layer l has an odd number of equal cells, about one a user: as many lie to the left of a cell as to its right.
    """

    position: F64  # [N] share of the circle in [0, 1)
    weight: F64  # [N] at least 1
    user: I64  # [N] number of the user
    first: I64  # [L + 1] first entry of a layer
    ceiling: F64  # [L] no weight of the layer is above
    cells: I64  # [L] number of cells, odd
    offset: I64  # [L] first entry of a layer in `starts`
    starts: I64  # [sum of cells + 1] users of the layer before each cell, and behind the last


class Walk(NamedTuple):
    """State of the search for ties."""

    scale: float  # reach of two users of weight one, as a share of the circle
    sharpness: float  # inverse temperature
    stream: np.uint64
    draws: I64  # [1] draws taken
    waiting: F64  # [1] exponential time left
    found: I64  # [1] ties found
    ties: I32  # [room, 2] those for which there was room


def hyperbolic_ties(users: int, degree: float, exponent: float, temperature: float, seed: int) -> I32:
    """Ties of a clustered scale-free graph, every pair at most once.

    Parameters
    ----------
    users
        number of users; they are numbered along the circle, so friends have near numbers
    degree
        mean number of friends, below ``users - 1``; the expected number of ties is met given the weights drawn
    exponent
        of the power law of degrees, above 2
    temperature
        in [0, 1); 0 is the most clustered graph, at 1 clustering is gone

    Returns
    -------
    int32 [E, 2]

    References
    ----------
    Serrano, Krioukov and Boguna (2008), Physical Review Letters 100, 078701.
    Krioukov, Papadopoulos, Kitsak, Vahdat and Boguna (2010), Physical Review E 82, 036106.
    Blasius, Friedrich, Katzmann, Meyer, Penschuck and Weyand (2022), Network Science 10, 361-380.
    """
    position = np.sort(uniforms(key(seed, Decision.NETWORK, who=0), users))
    weight = (1 - uniforms(key(seed, Decision.NETWORK, who=1), users)) ** (-1 / (exponent - 1))
    scale = _scale(weight, degree, temperature)
    circle = _circle(position, weight)
    sharpness = 1 / temperature if temperature > 0 else np.inf
    stream = key(seed, Decision.NETWORK, who=2)
    expected = users * degree / 2
    room = int(expected + 10 * np.sqrt(expected)) + 64
    while True:
        draws, waiting, count = np.zeros(1, np.int64), np.zeros(1), np.zeros(1, np.int64)
        walk = Walk(scale, sharpness, stream, draws, waiting, count, np.empty((room, 2), np.int32))
        _connect(circle, walk)
        found = int(walk.found[0])
        if found <= room:
            return walk.ties[:found]
        room = found  # draws do not depend on the room, so a second walk finds the same ties


def _mean_chance(reach: F64, temperature: float) -> F64:
    """Probability of a tie at a uniform distance in [0, 1] when `reach` is the distance of even odds."""
    if temperature == 0:
        return np.minimum(reach, 1.0)
    with np.errstate(over="ignore"):  # a temperature next to zero
        power = np.exp(np.clip(-np.log(reach) / temperature, -700, 700))
    far = reach * np.pi * temperature / np.sin(np.pi * temperature) - temperature / (1 - temperature) / power
    near = special.hyp2f1(1, temperature, 1 + temperature, -np.minimum(power, 1e9))
    return np.asarray(np.where(power > 1e9, far, near))


def _scale(weight: F64, degree: float, temperature: float) -> float:
    """The scale at which `degree` is the expected mean degree of users with these weights.

    The sum over pairs is a sum over the distribution of ``log(w_i w_j)``, which is a convolution.
    """
    users = weight.size
    level = np.rint(np.log(weight) * _BINS_PER_UNIT).astype(np.int64)
    people = np.bincount(level).astype(np.float64)
    pairs = np.convolve(people, people)
    pairs[::2] -= people  # nobody is paired with himself
    present = pairs > 0.5
    level_sum = np.flatnonzero(present) / _BINS_PER_UNIT
    pairs = pairs[present]

    def surplus(log_scale: float) -> float:
        reach = np.exp(np.clip(np.log(2) + log_scale + level_sum, -700, 700))
        return float(pairs @ _mean_chance(reach, temperature)) - users * degree

    return float(np.exp(optimize.brentq(surplus, -300, 300, xtol=1e-9)))


def _circle(position: F64, weight: F64) -> Circle:
    """Sort users into layers by powers of two of their weight, and the users of a layer into cells."""
    layer = np.frexp(weight)[1].astype(np.int64) - 1
    order = np.argsort(layer, kind="stable")
    sizes = np.bincount(layer)
    first = np.concatenate([[0], np.cumsum(sizes)])
    cells = sizes | 1
    offset = np.concatenate([[0], np.cumsum(cells + 1)[:-1]])
    starts = np.empty(int(np.sum(cells + 1)), np.int64)
    for number, count in enumerate(cells):
        cell = (position[order[first[number] : first[number + 1]]] * count).astype(np.int64)
        starts[offset[number] : offset[number] + count + 1] = np.searchsorted(cell, np.arange(count + 1))
    ceiling = np.exp2(np.arange(1.0, sizes.size + 1))
    return Circle(position[order], weight[order], order, first, ceiling, cells, offset, starts)


@compiled
def _unit(walk: Walk) -> float:
    """The next draw of the stream as a double in (0, 1)."""
    walk.draws[0] += 1
    return (float(word(walk.stream, walk.draws[0]) >> np.uint64(11)) + 0.5) * 2.0**-53


@compiled
def _chance(distance: float, reach: float, sharpness: float) -> float:
    """Probability of a tie; a step at `reach` when the temperature is zero."""
    if sharpness == np.inf:
        return 1.0 if distance < reach else 0.0
    return float(1.0 / (1.0 + (distance / reach) ** sharpness))


@compiled
def _rank(circle: Circle, layer: int, cell: int) -> int:
    """Users of a layer before `cell`, counted on through the ends of the circle."""
    cells = circle.cells[layer]
    size = circle.first[layer + 1] - circle.first[layer]
    if cell < 0:
        return int(circle.starts[circle.offset[layer] + cell + cells] - size)
    if cell >= cells:
        return int(circle.starts[circle.offset[layer] + cell - cells] + size)
    return int(circle.starts[circle.offset[layer] + cell])


@compiled
def _search(circle: Circle, walk: Walk, slot: int, layer: int, rank: int, end: int, bound: float) -> None:
    """Try the users of a layer at ranks [rank, end) as friends of the user at `slot`; none is likelier than `bound`.

    With a bound below one, `walk.waiting` is an exponential time of which every user passed consumes
    ``-log(1 - bound)``; the one on whom it runs out becomes a friend with probability ``chance / bound``.
    """
    base = circle.first[layer]
    size = circle.first[layer + 1] - base
    position, own = circle.position[slot], walk.scale * circle.weight[slot]
    passed = -np.log1p(-bound) if bound < 1.0 else np.inf
    while rank < end:
        if bound < 1.0:
            if walk.waiting[0] >= passed * (end - rank):
                walk.waiting[0] -= passed * (end - rank)
                return
            rank = min(rank + int(walk.waiting[0] / passed), end - 1)
            walk.waiting[0] = -np.log(_unit(walk))
        other = base + (rank - size if rank >= size else (rank + size if rank < 0 else rank))
        distance = abs(position - circle.position[other])
        distance = min(distance, 1.0 - distance)
        if _unit(walk) * bound < _chance(distance, own * circle.weight[other], walk.sharpness):
            if walk.found[0] < len(walk.ties):
                walk.ties[walk.found[0], 0] = circle.user[slot]
                walk.ties[walk.found[0], 1] = circle.user[other]
            walk.found[0] += 1
        rank += 1


@compiled
def _search_layer(circle: Circle, walk: Walk, slot: int, own_layer: int, layer: int) -> None:
    """Find a user's friends in one layer: all cells in reach user by user, then rings of doubling distance.

    In the user's own layer only who lies to the right is tried, so that no pair comes twice.
    """
    cells = circle.cells[layer]
    half = (cells - 1) // 2
    cell = int(circle.position[slot] * cells)
    reach = walk.scale * circle.weight[slot] * circle.ceiling[layer]
    low, high = 0, int(min(float(half), np.floor(reach * cells) + 1.0))
    bound = 1.0
    while bound > 0.0:
        start = slot + 1 - circle.first[layer] if low == 0 and layer == own_layer else _rank(circle, layer, cell + low)
        _search(circle, walk, slot, layer, start, _rank(circle, layer, cell + high + 1), bound)
        if layer < own_layer:
            left, right = _rank(circle, layer, cell - high), _rank(circle, layer, cell - max(low, 1) + 1)
            _search(circle, walk, slot, layer, left, right, bound)
        if high >= half:
            return
        bound = _chance(high / cells, reach, walk.sharpness)
        low, high = high + 1, min(2 * high + 1, half)


@compiled
def _connect(circle: Circle, walk: Walk) -> None:
    """Find every user's friends in the layers not above the user's own."""
    walk.waiting[0] = -np.log(_unit(walk))
    for own_layer in range(circle.cells.size):
        for slot in range(circle.first[own_layer], circle.first[own_layer + 1]):
            for layer in range(own_layer + 1):
                if circle.first[layer] < circle.first[layer + 1]:
                    _search_layer(circle, walk, slot, own_layer, layer)
