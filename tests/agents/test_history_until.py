"""One policy after the last fact: what was launched later does not happen, whoever asks."""

from __future__ import annotations

import datetime as dt

from secondhalf.agents.strategies.history import History
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.initial_state import capability_table, strategies


def dated(*overrides: str) -> dict[str, set[dt.date]]:
    made = strategies(load_settings(overrides))
    return {s.platform: set(s._moves) for s in made if isinstance(s, History)}


def test_later_launches_do_not_happen() -> None:
    everything, known = dated(), dated("calendar.last_fact=2022-10-20")
    kuaishou_links_restored, kuaishou_mall = dt.date(2022, 10, 28), dt.date(2022, 10, 15)
    assert {kuaishou_links_restored, kuaishou_mall} <= everything["kuaishou"]
    assert kuaishou_mall in known["kuaishou"]
    assert kuaishou_links_restored not in known["kuaishou"]
    assert everything["douyin"] - known["douyin"]


def test_only_what_decides_has_a_hidden_skill() -> None:
    """The draw of a seed is for platforms that decide; who replays what happened, or holds, has the fitted mean."""
    for name, drawn in (("history", False), ("hold", False), ("reservoir", True)):
        words = [f"strategy={name}", "capability.mall.skill_sd=0.5"]
        found = [capability_table(load_settings([*words, f"seed={seed}"])).skill for seed in (1, 2)]
        assert (found[0] == found[1]).all() != drawn
