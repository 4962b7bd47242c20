"""Strategies by name: one file each."""

from secondhalf.agents.strategies.base import Launch, Strategy
from secondhalf.agents.strategies.history import History
from secondhalf.agents.strategies.hold import Hold

STRATEGIES: dict[str, type[Strategy]] = {strategy.name: strategy for strategy in (History, Hold)}
"""All strategies that ``conf/strategy/*.yaml`` can name."""

__all__ = ["STRATEGIES", "History", "Hold", "Launch", "Strategy"]
