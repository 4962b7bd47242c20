"""Fixed points of a map, their stability, and how they move, appear and vanish with one parameter.

A fixed point is stable when the spectral radius of the map's Jacobian is below one. A branch of fixed points is
followed by pseudo-arclength (Keller 1977), round the folds at which two of them meet and vanish: there the map tips.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs

Array = NDArray[np.float64]
Map = Callable[[Array], Array]
NUDGE = 5e-3
"""Step of differences: states are shares and habits between 0 and 1, and maps may be worked out in single precision."""
CLOSE = 1e-5
"""Largest change by one step of the map at a point that counts as fixed."""
CORRECTIONS = 12
FEW, BASIS = 60, 40
"""So many numbers have their whole Jacobian taken; vectors that Arnoldi's method keeps where there are more."""
FIRST_DAYS, ROUNDS, FARTHEST = 5.0, 40, 0.5
"""Length of the first implicit step in steps of the map; most of them; largest change of a number by one of them."""


class FixedPoint(NamedTuple):
    """The result of a fixed-point search, whether it converged or not.

    Attributes
    ----------
    state
        [N]
    change
        largest change of any number by one step; above `CLOSE` the search failed
    radius
        spectral radius of the Jacobian: how much of a small disturbance a step leaves
    """

    state: Array
    change: float
    radius: float

    @property
    def found(self) -> bool:
        """Whether it is a fixed point."""
        return self.change <= CLOSE

    @property
    def stable(self) -> bool:
        """Whether the map comes back to it."""
        return self.found and self.radius < 1


def _anywhere(state: Array) -> Array:
    return state


def fixed_point(step: Map, start: Array, within: Map = _anywhere) -> FixedPoint:
    """The fixed point that the map's own motion leads to from `start`.

    Newton's method on ``step(x) = x``, held back to implicit steps of some days as long as it is far away, which grow
    as the change shrinks (pseudo-transient continuation: Kelley and Keyes 1998). So the point found is the one in whose
    basin the start lies, or near it, and not just any.

    Parameters
    ----------
    within
        brings a state back to where the map means something
    """
    state, days = np.array(start, float), FIRST_DAYS
    change = step(state) - state
    for _ in range(ROUNDS):
        size = float(np.abs(change).max())
        if size <= CLOSE / 10:
            break
        slopes = jacobian(step, state) - np.eye(state.size)
        try:
            move = np.linalg.solve(np.eye(state.size) / days - slopes, change)
        except np.linalg.LinAlgError:
            break
        state = within(state + move * min(1.0, FARTHEST / float(np.abs(move).max())))
        change = step(state) - state
        days *= float(np.clip(2 * size / max(float(np.abs(change).max()), 1e-300), 0.5, 20.0))
    return FixedPoint(state, float(np.abs(change).max()), spectral_radius(jacobian(step, state)))


def jacobian(step: Map, state: Array, size: ArrayLike = NUDGE) -> Array:
    """Differences of a map, [N, N]; towards the inside of [0, 1] where there is less room.

    Parameters
    ----------
    size
        of the step of each difference, [N] or one for all
    """
    here, columns, sizes = step(state), [], np.broadcast_to(size, state.shape)
    for place, value in enumerate(state):
        nudge = sizes[place] if value < 0.5 else -sizes[place]
        there = state.copy()
        there[place] += nudge
        columns.append((step(there) - here) / nudge)
    return np.stack(columns, axis=1)


def spectral_radius(matrix: Array) -> float:
    """Largest absolute eigenvalue."""
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def radius_at(step: Map, state: Array, size: Array) -> float:
    """Spectral radius of a map's Jacobian at a fixed point.

    By Arnoldi's method (ARPACK) where numbers are many: that takes tens of differences and not one in every number.

    Parameters
    ----------
    size
        of the step of a difference in each number, [N]
    """
    if state.size <= FEW:
        return spectral_radius(jacobian(step, state, size))

    def along(way: Array) -> Array:
        way = way.ravel()
        length = 1 / np.abs(way / size).max()
        return np.asarray((step(state + length * way) - state) / length)

    operator = LinearOperator((state.size, state.size), matvec=along, dtype=float)
    try:
        found = eigs(operator, k=1, v0=size.copy(), ncv=BASIS, tol=1e-5, maxiter=20, return_eigenvectors=False)
    except ArpackNoConvergence:
        return spectral_radius(jacobian(step, state, size))
    return float(np.abs(found).max())


class Branch(NamedTuple):
    """Fixed points along a parameter.

    Attributes
    ----------
    parameter, radius
        of each point, [points]
    states
        [points, N]
    folds
        parameters at which the branch turns back
    """

    parameter: Array
    states: Array
    radius: Array
    folds: list[float]


def continue_branch(
    step: Callable[[Array, float], Array], start: Array, first: float, last: float, points: int, longest: int = 4
) -> Branch:
    """Follow a fixed point from one value of a parameter towards another.

    Parameters
    ----------
    step
        the map, of state and parameter
    start
        fixed point at the first value
    points
        on a straight way; a branch that turns back may have `longest` times as many
    """
    wide = last - first

    def change(z: Array) -> Array:
        return np.asarray(step(z[:-1], first + wide * z[-1]) - z[:-1])

    z = np.append(start, 0.0)
    way, radii, states, parameters = np.append(np.zeros(start.size), 1.0), [], [], []
    folds: list[float] = []
    for _ in range(points * longest + 1):
        slopes = _slopes(change, z)
        radii.append(spectral_radius(slopes[:, :-1] + np.eye(start.size)))
        states.append(z[:-1].copy())
        parameters.append(first + wide * float(z[-1]))
        tangent = _tangent(slopes, way)
        if len(parameters) > 1 and tangent[-1] * way[-1] < 0:
            extreme = max if way[-1] > 0 else min
            folds.append(extreme(parameters[-2:]))
        way = tangent
        ahead = _corrected(change, slopes, way, z, 1.0 / (points - 1))
        if ahead is None or not -0.001 <= ahead[-1] <= 1.001:
            break
        z = ahead
    return Branch(np.array(parameters), np.array(states), np.array(radii), folds)


def _slopes(change: Map, z: Array) -> Array:
    here, columns = change(z), []
    for place in range(z.size):
        there = z.copy()
        nudge = NUDGE if z[place] < 0.5 else -NUDGE
        there[place] += nudge
        columns.append((change(there) - here) / nudge)
    return np.stack(columns, axis=1)


def _tangent(slopes: Array, before: Array) -> Array:
    """Unit vector along the branch, the way `before` went."""
    own = np.linalg.svd(slopes)[2][-1]
    return np.asarray(own if own @ before >= 0 else -own)


def _corrected(change: Map, slopes: Array, way: Array, z: Array, length: float) -> Array | None:
    """The branch's next point: along the tangent, then back at right angles to it; shorter when that fails."""
    for _ in range(8):
        predicted = z + length * way
        point, bordered = predicted.copy(), np.vstack([_slopes(change, predicted), way])
        for _ in range(CORRECTIONS):
            error = np.append(change(point), way @ (point - predicted))
            if np.abs(error).max() <= CLOSE / 10:
                return point
            try:
                point = point - np.linalg.solve(bordered, error)
            except np.linalg.LinAlgError:
                break
            if not np.isfinite(point).all() or np.abs(point - predicted).max() > 0.5:
                break
        length /= 2
    return None
