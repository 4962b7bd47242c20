"""`calendar.last_fact`: what is dated later does not happen, whichever strategy reads the launches."""

from __future__ import annotations

import datetime as dt

import pytest

from secondhalf.agents.strategies.history import History
from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.initial_state import capability_table, strategies
from secondhalf.model.market import Market

MALL, LINKS_RESTORED = dt.date(2022, 10, 15), dt.date(2022, 10, 28)
"""Of Kuaishou, in data/launches.csv."""


def dated(*overrides: str) -> dict[str, set[dt.date]]:
    made = strategies(load_settings(overrides))
    return {s.platform: set(s._moves) for s in made if isinstance(s, History)}


def test_later_launches_do_not_happen() -> None:
    everything = dated("calendar.last_fact=2024-12-31")
    known = dated("calendar.last_fact=2022-10-20")
    assert {LINKS_RESTORED, MALL} <= everything["kuaishou"]
    for platform, dates in known.items():
        assert dates == {date for date in everything[platform] if date <= dt.date(2022, 10, 20)}
    assert MALL in known["kuaishou"]
    assert LINKS_RESTORED not in known["kuaishou"]
    assert everything["douyin"] - known["douyin"]


def test_a_launch_on_the_last_day_of_facts_happens() -> None:
    assert MALL in dated(f"calendar.last_fact={MALL}")["kuaishou"]
    assert MALL not in dated(f"calendar.last_fact={MALL - dt.timedelta(days=1)}")["kuaishou"]


def test_nothing_is_dated_later_in_a_market_either() -> None:
    """Nor before the first day of a run that starts after it."""
    words = ["population.users=30", "population.merchants=5", "calendar.warm_up=56", "calendar.end=2022-11-05"]
    for last_fact, everybody in (("2022-10-14", False), ("2022-10-15", True)):
        for start in ("2022-10-10", "2022-11-01"):
            settings = load_settings([*words, f"calendar.start={start}", f"calendar.last_fact={last_fact}"])
            market = Market(settings)
            while market.running:
                market.step()
            row, mall = market.platform_names.index("kuaishou"), market.capabilities.column["mall"]
            assert (market.capabilities.exposure[row, mall] == 1) == everybody
            assert all(row["date"] <= last_fact for row in market.record.moves)
            market.close()


def test_one_policy_for_every_strategy() -> None:
    """Nobody has a last day of its own."""
    for strategy in ("history", "hold", "reservoir", "imitate", "ewa", "best_response"):
        with pytest.raises(SettingsError, match="launches_until"):
            strategies(load_settings([f"strategy={strategy}", "+strategy.launches_until=2022-10-20"]))


def test_only_what_decides_has_a_hidden_skill() -> None:
    """The draw of a seed is for platforms that decide; who replays what happened, or holds, has the fitted mean."""
    for name, drawn in (("history", False), ("hold", False), ("reservoir", True)):
        words = [f"strategy={name}", "capability.mall.skill_sd=0.5"]
        found = [capability_table(load_settings([*words, f"seed={seed}"])).skill for seed in (1, 2)]
        assert (found[0] == found[1]).all() != drawn
