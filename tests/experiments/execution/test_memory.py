"""Memory that a market is estimated to need."""

from __future__ import annotations

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.execution.memory import bytes_needed

MANY = 10**6


def test_a_platform_that_enters_needs_room_for_both_sets_of_columns() -> None:
    """Of six platforms, five of which are there from the start; a graph beside them and a twin take more."""
    mixing = "network=random_mixing"
    five, six = (bytes_needed(load_settings([mixing, *words]), MANY) for words in ((), ("scenario=entrant_shelf",)))
    assert six >= five + 15 * MANY * 6
    graph = load_settings([])
    assert bytes_needed(graph, MANY) > five
    assert bytes_needed(load_settings([mixing]), MANY, markets=2) == 2 * five
