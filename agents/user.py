"""User: a view on one row of the population."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, cast

import mesa
import numpy as np
from numpy.typing import NDArray


class UserTable(Protocol):
    """Users as columns."""

    def read(self, name: str, users: int) -> NDArray[Any]:
        """What a column says of one user, in its unit; [platform] where there is one value for each."""


class FriendTies(Protocol):
    """The friend graph: friends of user i are ``indices[indptr[i] : indptr[i + 1]]``."""

    @property
    def indptr(self) -> NDArray[np.int64]: ...
    @property
    def indices(self) -> NDArray[np.int32]: ...


class MarketSeen(Protocol):
    """What a user reads of the market it lives in; `platform_names` are in the order of every column."""

    @property
    def platform_names(self) -> list[str]: ...
    @property
    def population(self) -> UserTable: ...
    @property
    def friends(self) -> FriendTies: ...


class User(mesa.Agent):
    """One user; reads the columns of the market it lives in.

    Attributes
    ----------
    row
        position in every column
    """

    def __init__(self, model: mesa.Model, row: int) -> None:
        super().__init__(model)
        self.row = row

    @property
    def _market(self) -> MarketSeen:
        return cast("MarketSeen", self.model)

    def _read(self, name: str) -> NDArray[Any]:
        return self._market.population.read(name, self.row)

    @property
    def installed(self) -> list[str]:
        """Names of the platforms installed."""
        bits = int(self._read("installed"))
        return [name for p, name in enumerate(self._market.platform_names) if bits >> p & 1]

    @property
    def minutes(self) -> NDArray[np.float32]:
        """Minutes of the latest day, [platform]."""
        return self._read("minutes")

    @property
    def habit(self) -> NDArray[np.float32]:
        """Habit stocks in [0, 1], [platform]."""
        return self._read("habit")

    @property
    def loyalty(self) -> NDArray[np.float32]:
        """Shopping loyalty in [0, 1], [platform]."""
        return self._read("loyalty")

    @property
    def friends(self) -> NDArray[np.int32]:
        """Rows of the user's friends."""
        graph = self._market.friends
        return np.asarray(graph.indices[graph.indptr[self.row] : graph.indptr[self.row + 1]])

    @classmethod
    def view(cls, model: mesa.Model, row: int) -> User:
        """A user that the model's registry does not hold: made when asked for, gone when dropped."""
        user = cls.__new__(cls)
        user.model, user.row, user.unique_id, user.pos = model, row, -row - 1, None
        return user


class LazyUsers:
    """All users of a large market: length, iteration, rows, `select` and `get`; each agent is made when asked for."""

    def __init__(self, model: mesa.Model, users: int) -> None:
        self._model, self._users = model, users

    def __len__(self) -> int:
        return self._users

    def __iter__(self) -> Iterator[User]:
        return (User.view(self._model, row) for row in range(self._users))

    def __getitem__(self, row: int) -> User:
        if not -self._users <= row < self._users:
            raise IndexError(f"user {row} of {self._users}")
        return User.view(self._model, row % self._users)

    def __contains__(self, agent: object) -> bool:
        return isinstance(agent, User) and agent.model is self._model and agent.row < self._users

    def select(self, condition: Callable[[User], bool], at_most: int | None = None) -> list[User]:
        """Users for whom `condition` holds, at most `at_most` of them."""
        found: list[User] = []
        for user in self:
            if at_most is not None and len(found) >= at_most:
                break
            if condition(user):
                found.append(user)
        return found

    def get(self, attribute: str) -> list[Any]:
        """One attribute of every user."""
        return [getattr(user, attribute) for user in self]
