"""`history` with a last day: what was launched later does not happen, what was fitted stays."""

from __future__ import annotations

import datetime as dt

from secondhalf.agents.strategies.history import History
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.initial_state import strategies


def dated(*overrides: str) -> dict[str, set[dt.date]]:
    made = strategies(load_settings(overrides))
    return {s.platform: set(s._moves) for s in made if isinstance(s, History)}


def test_later_launches_do_not_happen() -> None:
    everything, known = dated(), dated("strategy.launches_until=2022-10-20")
    kuaishou_links_restored, kuaishou_mall = dt.date(2022, 10, 28), dt.date(2022, 10, 15)
    assert {kuaishou_links_restored, kuaishou_mall} <= everything["kuaishou"]
    assert kuaishou_mall in known["kuaishou"]
    assert kuaishou_links_restored not in known["kuaishou"]
    assert everything["douyin"] - known["douyin"]


def test_intensities_stay() -> None:
    early = dated("strategy.launches_until=2019-01-01")
    assert {dt.date(2022, 7, 1), dt.date(2022, 1, 1)} <= early["kuaishou"]
