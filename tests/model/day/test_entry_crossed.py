"""An entrant beside every other entry that a scenario can have, in force before, on and after its date."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from secondhalf.conf.schema.scenario import Scenario
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.market import Market, load_market

SMALL = ("population.users=60", "population.merchants=12", "calendar.warm_up=56", "calendar.end=2019-01-24")
DATE = "2019-01-09"  # no day of the merchants' week
FORCES = {
    "moves": (
        "[{date: 2019-01-05, platform: jd, change: close, capability: search},"
        " {date: 2019-01-15, platform: xiaohongshu, change: open, capability: live}]"
    ),
    "without": "[{platform: '*', capability: search}]",
    "shift": "[{platform: kuaishou, capability: mall, days: -600}]",
    "bans": "[{capability: search, since: 2019-01-05}, {platform: content, capability: live, since: 2019-01-12}]",
    "caps": (
        "[{since: 2019-01-05, take_rate: 0.01, load: 0.02}, {platform: xiaohongshu, since: 2019-01-12, ad_take: 0}]"
    ),
    "shocks": "[{since: 2019-01-05, until: 2019-01-12, planned_needs: 0.5, phone_time: 1.5, recovery_days: 5}]",
    "exclusivity": "{platform: jd, share: 0.8, since: 2019-01-05, until: 2019-01-20}",
    "self_preferencing": (
        "[{platform: jd, factor: 3.0, own: [brand], since: 2019-01-05},"
        " {platform: '*', factor: 2.0, own: [shop], since: 2019-01-12}]"
    ),
}
"""By name of a scenario's entry, one that is in force when the platform enters, and mostly one that means it too."""
SETS = [*((name,) for name in FORCES), tuple(FORCES)]


def words(forces: tuple[str, ...]) -> list[str]:
    entries = [f"scenario.{name}={FORCES[name]}" for name in forces]
    return [*SMALL, f"scenario.entrants=[{{platform: xiaohongshu, date: {DATE}}}]", *entries]


def test_every_entry_of_a_scenario_is_crossed() -> None:
    assert set(FORCES) == set(Scenario.model_fields) - {"name", "entrants"}


@pytest.mark.parametrize("forces", SETS, ids=lambda forces: "+".join(forces) if len(forces) < 2 else "all")
def test_an_entrant_beside(forces: tuple[str, ...], tmp_path: Path) -> None:
    """The market goes on, and so do a fork and a checkpoint made on the day of entry and some days later."""
    market = Market(load_settings(words(forces)))
    others: list[Market] = []
    while market.running:
        market.step()
        if market.day in (9, 17):  # of the days played, the last is that of entry, or some days later
            path = market.save(tmp_path / f"{market.day}")
            others += [market.fork(), load_market(path)]
    assert market.platform_names[-1] == "xiaohongshu"
    expected = {name: frame.to_csv() for name, frame in tables(market).items()}
    for other in others:
        while other.running:
            other.step()
        assert {name: frame.to_csv() for name, frame in tables(other).items()} == expected
    for one in (market, *others):
        one.close()


def test_an_entrant_is_not_preferred_until_a_rule_means_it() -> None:
    market = Market(load_settings(words(("self_preferencing",))))
    favours = {}
    while market.running:
        market.step()
        favours[market.calendar.labels[market.day - 1]] = market.trade.favour
    market.close()
    assert favours["2019-01-08"].shape[1] == 5
    assert (favours[DATE].max(axis=0) > 1).tolist() == [name == "jd" for name in market.platform_names]
    assert favours[DATE].shape == market.trade.table.shop.shape
    assert np.flatnonzero(favours["2019-01-12"].max(axis=0) > 1).size > 1
