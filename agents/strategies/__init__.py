"""Strategies by name: one file each, here or in a user's own module."""

from secondhalf.agents.move import Move
from secondhalf.agents.strategies.base import Launch, Strategy
from secondhalf.agents.strategies.best_response import BestResponse
from secondhalf.agents.strategies.ewa import Ewa
from secondhalf.agents.strategies.history import History
from secondhalf.agents.strategies.hold import Hold
from secondhalf.agents.strategies.imitate import Imitate
from secondhalf.agents.strategies.reservoir import Reservoir
from secondhalf.conf.schema.import_path import import_object, is_import_path

STRATEGIES: dict[str, type[Strategy]] = {
    "history": History,
    "hold": Hold,
    "reservoir": Reservoir,
    "imitate": Imitate,
    "ewa": Ewa,
    "best_response": BestResponse,
}
"""Strategies that ship, by the name in their file of conf/strategy."""


def strategy_class(name: str) -> type[Strategy]:
    """The strategy of a name: one of `STRATEGIES`, or the import path `module:Class` of one's own.

    Raises
    ------
    ValueError
        one sentence, when there is none
    """
    if name in STRATEGIES:
        return STRATEGIES[name]
    if not is_import_path(name):
        raise ValueError(f"unknown strategy; known are {', '.join(sorted(STRATEGIES))}, and module:Class for your own")
    found = import_object(name)
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise ValueError("a class derived from secondhalf.agents.strategies.Strategy is needed")
    return found


__all__ = [
    "STRATEGIES",
    "BestResponse",
    "Ewa",
    "History",
    "Hold",
    "Imitate",
    "Launch",
    "Move",
    "Reservoir",
    "Strategy",
    "strategy_class",
]
