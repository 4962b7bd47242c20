"""Logit quantal response equilibria: the path from uniform play towards a Nash equilibrium.

A logit quantal response equilibrium at precision lambda has ``p_ij`` proportional to ``exp(lambda u_ij)``, where
``u_ij`` is what action j of player i is worth against the others. Its principal branch begins at lambda = 0, where
everybody mixes evenly, and leads to a Nash equilibrium of nearly every game. The branch is followed in log
probabilities by pseudo-arclength, so that it may turn back in lambda on the way.

References
----------
McKelvey, R. D., and Palfrey, T. R. (1995). Quantal response equilibria for normal form games. Games and Economic
Behavior 10, 6-38.
Turocy, T. L. (2005). A dynamic homotopy interpretation of the logistic quantal response equilibrium correspondence.
Games and Economic Behavior 51, 243-263.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from secondhalf.experiments.game_theory.mixed import action_payoffs, mixed_regrets, pair_payoffs

Array = NDArray[np.float64]
FIRST_STEP, LEAST_STEP, MOST_STEP = 0.03, 1e-7, 1e3
MOST_STEPS = 4000
CLOSE = 1e-10
"""Largest residual of a point that counts as on the path."""
NEAR = 1e-3
"""Regret from which the end of the path is looked for by Newton's method."""
SUPPORT = 1e-3
"""Probability from which an action is taken to be in use, where the path ends."""


class LogitPath(NamedTuple):
    """Where the path leads."""

    mixed: list[Array]
    """the equilibrium at its end, polished"""
    regret: float
    """largest gain that any player has left there, in units of the largest spread of a player's payoffs"""
    precision: Array
    """lambda along the path, [steps], in one over the largest spread of a player's payoffs"""
    probabilities: Array
    """all players' probabilities one after the other, [steps, actions]"""


def logit_path(payoff: ArrayLike, precise: float = 1e-9, most: float = 1e6) -> LogitPath:
    """Follow the principal branch until its end is an equilibrium to `precise`, or lambda reaches `most`.

    Read `regret` before using the result: in rare games the path is lost, and the regret says so.

    Parameters
    ----------
    payoff
        [player, a_1, ..., a_n]

    Raises
    ------
    ValueError
        when a payoff is not finite
    """
    table = np.asarray(payoff, np.float64)
    if not np.isfinite(table).all():
        raise ValueError("a payoff is missing or infinite")
    spread = max(float(np.ptp(own)) for own in table) or 1.0
    path = _Path(table / spread)
    best, regret = path.mixed, path.regret()
    points, lambdas = [np.concatenate(path.mixed)], [0.0]
    near = NEAR
    for _ in range(MOST_STEPS):
        if regret <= precise or path.precision >= most or not path.advance():
            break
        points.append(np.concatenate(path.mixed))
        lambdas.append(path.precision)
        best, regret = path.mixed, path.regret()
        if regret <= near:  # near enough for the end to be the nearest equilibrium with these actions in use
            near = regret / 10
            mixed = polished(path.table, path.mixed)
            left = float(mixed_regrets(path.table, mixed).max())
            if left <= precise:
                best, regret = mixed, left
    return LogitPath(best, regret, np.array(lambdas), np.array(points))


def polished(payoff: ArrayLike, mixed: Sequence[Array]) -> list[Array]:
    """The nearest profile with the same actions in use whose players are indifferent among them."""
    table = np.asarray(payoff, np.float64)
    used = [np.flatnonzero(own > SUPPORT) for own in mixed]

    def whole(some: Array) -> list[Array]:
        parts = np.split(some, np.cumsum([own.size for own in used])[:-1])
        found = [np.zeros(own.size) for own in mixed]
        for own, actions, part in zip(found, used, parts, strict=True):
            own[actions] = part
        return found

    def unequal(some: Array) -> Array:
        profile, errors = whole(some), []
        for player, actions in enumerate(used):
            worth = action_payoffs(table, profile, player)[actions]
            errors += [*(worth[1:] - worth[0]), profile[player].sum() - 1.0]
        return np.array(errors)

    begun = np.concatenate([own[actions] for own, actions in zip(mixed, used, strict=True)])
    found = whole(least_squares(unequal, begun, xtol=1e-15, ftol=1e-15, gtol=1e-15).x)
    clipped = [np.maximum(own, 0.0) for own in found]
    return [own / own.sum() for own in clipped]


class _Path:
    """A point of the branch, and the way on from it."""

    def __init__(self, table: Array) -> None:
        self.table = table
        self.sizes = table.shape[1:]
        self.starts = np.concatenate([[0], np.cumsum(self.sizes)]).astype(int)
        self.point = np.append(np.concatenate([np.full(size, -np.log(size)) for size in self.sizes]), 0.0)
        self._step = FIRST_STEP
        self._tangent = self._direction(self.point, np.append(np.zeros(self.point.size - 1), 1.0))

    @property
    def precision(self) -> float:
        """Lambda."""
        return float(self.point[-1])

    @property
    def mixed(self) -> list[Array]:
        """Probabilities, which rounding may leave a little off one in sum."""
        return [own / own.sum() for own in self._mixed(self.point)]

    def regret(self) -> float:
        """Largest regret of any player here."""
        return float(mixed_regrets(self.table, self.mixed).max())

    def advance(self) -> bool:
        """One step along the branch; False when none is short enough."""
        while self._step >= LEAST_STEP:
            corrected = self._corrected(self.point + self._step * self._tangent)
            if corrected is not None:
                point, rounds = corrected
                tangent = self._direction(point, self._tangent)
                if tangent @ self._tangent > 0.7:  # a sharper bend could be a jump to another branch
                    self.point, self._tangent = point, tangent
                    self._step = min(self._step * (1.6 if rounds <= 3 else 1.0), MOST_STEP)
                    return True
            self._step /= 2
        return False

    def _mixed(self, point: Array) -> list[Array]:
        return [np.exp(point[a:b]) for a, b in zip(self.starts[:-1], self.starts[1:], strict=True)]

    def _corrected(self, predicted: Array) -> tuple[Array, int] | None:
        """Back to the branch, at right angles to the tangent, by Newton's method; and how many rounds it took."""
        point = predicted
        for rounds in range(1, 8):
            errors, slopes = self._equations(point)
            whole = np.append(errors, self._tangent @ (point - predicted))
            try:
                point = point - np.linalg.solve(np.vstack([slopes, self._tangent]), whole)
            except np.linalg.LinAlgError:
                return None
            if not np.isfinite(point).all() or point[:-1].max() > 1.0:
                return None
            if np.abs(self._equations(point)[0]).max() < CLOSE * max(1.0, abs(point[-1])):
                return point, rounds
        return None

    def _direction(self, point: Array, before: Array) -> Array:
        """Unit tangent that goes on the way `before` went."""
        _, slopes = self._equations(point)
        tangent = np.linalg.qr(slopes.T, mode="complete")[0][:, -1]
        return np.asarray(tangent if tangent @ before >= 0 else -tangent)

    def _equations(self, point: Array) -> tuple[Array, Array]:
        """Residuals [N] and their Jacobian [N, N + 1]: for each player the sum to one, then the logit odds."""
        mixed, precision, size = self._mixed(point), point[-1], point.size - 1
        errors, slopes = np.empty(size), np.zeros((size, size + 1))
        for i, own in enumerate(mixed):
            a, b = self.starts[i], self.starts[i + 1]
            worth = action_payoffs(self.table, mixed, i)
            errors[a] = own.sum() - 1.0
            slopes[a, a:b] = own
            errors[a + 1 : b] = point[a + 1 : b] - point[a] - precision * (worth[1:] - worth[0])
            slopes[a + 1 : b, a + 1 : b] = np.eye(b - a - 1)
            slopes[a + 1 : b, a] = -1.0
            slopes[a + 1 : b, -1] = worth[0] - worth[1:]
            for k, other in enumerate(mixed):
                if k != i:
                    of = pair_payoffs(self.table, mixed, i, k) * other
                    slopes[a + 1 : b, self.starts[k] : self.starts[k + 1]] = -precision * (of[1:] - of[0])
        return errors, slopes
