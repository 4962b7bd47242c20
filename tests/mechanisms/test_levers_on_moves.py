"""Levers of a scenario on platforms' moves: bans, launches that do not happen, launches on other dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd
import pytest

from secondhalf.agents import strategies
from secondhalf.agents.move import Move
from secondhalf.agents.view import View
from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.initial_state import strategies as strategies_of
from tests.mechanisms.measures import mall_gmv
from tests.mechanisms.runs import ALL, CONTENT, SHELF, Overrides, Run, move, run, settings, until

SEEDS = (0, 1, 2)
SPRING = until("2019-03-31")
OPENING: Overrides = (*SPRING, ("scenario.moves", [move("2019-01-10", "kuaishou", "open", "mall")]))
BANNED = {"platform": "content", "capability": "mall", "since": "2019-01-25"}


def moves_of(at: Run, platform: str, capability: str) -> pd.DataFrame:
    """Rows of moves.csv about one capability of one platform."""
    table = at.tables["moves"]
    return table[(table["platform"] == platform) & (table["capability"] == capability)].reset_index(drop=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_ban_closes_what_is_open_and_blocks_what_comes(seed: int) -> None:
    twice = [*OPENING[-1][1], move("2019-02-15", "kuaishou", "open", "mall")]
    levers = (("scenario.moves", twice), ("scenario.bans", [BANNED]))
    free, banned = run(seed, OPENING), run(seed, (*OPENING, *levers))
    assert mall_gmv(free) > 0
    assert mall_gmv(banned) == 0
    table = moves_of(banned, "kuaishou", "mall")
    assert table["change"].tolist() == ["open", "close", "blocked"]
    assert table["date"].tolist() == ["2019-01-10", "2019-01-25", "2019-02-15"]
    assert table["reason"][1] == "mall is banned since 2019-01-25 (scenario baseline)"
    assert table["reason"][2].startswith("mall is banned since 2019-01-25 (scenario baseline); open was meant: ")
    assert table["cost"][2] == 0
    days = [at.tables["daily"] for at in (free, banned)]
    assert days[0][days[0]["date"] < "2019-01-25"].equals(days[1][days[1]["date"] < "2019-01-25"])


def test_a_ban_on_one_line_leaves_the_other() -> None:
    at = run(0, (*SPRING, ("scenario.bans", [BANNED | {"platform": "shelf", "capability": "live"}])))
    column = at.market.capabilities.column["live"]
    exposure = dict(zip(ALL, at.market.capabilities.exposure[:, column], strict=True))
    assert all(exposure[name] == 0 for name in SHELF)
    assert all(exposure[name] > 0 for name in CONTENT)
    assert set(at.tables["moves"]["platform"]) == {"taobao", "jd"}  # pinduoduo had none


def test_a_ban_before_the_start_holds_on_the_first_day() -> None:
    early = {"platform": "*", "capability": "live", "since": "2018-01-01"}
    at = run(0, (*until("2019-01-10"), ("scenario.bans", [early])))
    assert set(at.tables["moves"]["date"]) == {"2019-01-01"}
    assert at.market.capabilities.exposure[:, at.market.capabilities.column["live"]].max() == 0


def launches(scenario: str) -> dict[tuple[str, str, str], list[dt.date]]:
    """Dates of all launches that a scenario leaves, by platform, capability and change."""
    chosen = load_settings([f"scenario={scenario}"])
    found: dict[tuple[str, str, str], list[dt.date]] = {}
    for strategy in strategies_of(chosen):
        for launch in strategy.launches:
            found.setdefault((launch.platform, launch.capability or "", launch.change), []).append(launch.date)
    return found


def test_kuaishou_never_has_a_mall() -> None:
    before, after = launches("baseline"), launches("kuaishou_never_mall")
    gone = set(before) - set(after)
    assert gone == {what for what in before if what[:2] == ("kuaishou", "mall")}
    assert ("kuaishou", "mall", "open") in gone
    assert all(after[what] == before[what] for what in after)


def test_kuaishou_comes_first() -> None:
    before, after = launches("baseline"), launches("kuaishou_first")
    assert after["kuaishou", "mall", "open"] == [dt.date(2021, 10, 15)]
    assert after["kuaishou", "mall", "open"] < after["douyin", "mall", "test"]
    own = {what for what in before if what[:2] == ("kuaishou", "mall")}
    assert {what for what in before if before[what] != after[what]} == own


def test_nobody_crosses() -> None:
    left = {what[:2] for what in launches("nobody_crosses")}
    assert left
    assert not {(p, c) for p, c in left if p in CONTENT and c in ("mall", "search")}
    assert not {(p, c) for p, c in left if p in SHELF and c in ("short_video", "live", "expert_distribution")}
    assert ("douyin", "external_links") in left


def test_all_links_stay_open() -> None:
    assert not [what for what in launches("links_stay_open") if what[1] == "external_links"]


def test_single_changes_can_be_left_out() -> None:
    rule = {"platform": "*", "capability": "external_links", "changes": ["close"], "dates": None}
    chosen = load_settings(["scenario.without=[{platform: '*', capability: external_links, changes: [close]}]"])
    assert chosen.scenario.without[0].model_dump() == rule
    changes = {
        launch.change for s in strategies_of(chosen) for launch in s.launches if launch.capability == rule["capability"]
    }
    assert changes == {"restrict", "restore"}


def test_a_launch_that_does_not_happen_is_not_seen() -> None:
    """The first launches of 2022, in a market that begins shortly before."""
    spring = until("2022-06-30", "2022-04-15")
    without = {"platform": "douyin", "capability": "mall"}
    later = {"platform": "douyin", "capability": "mall", "days": 20}
    true, never, moved = (
        run(0, (*spring, *levers), "history")
        for levers in ((), (("scenario.without", [without]),), (("scenario.shift", [later]),))
    )
    assert moves_of(true, "douyin", "mall")["date"].tolist() == ["2022-04-27"]
    assert moves_of(never, "douyin", "mall").empty
    table = moves_of(moved, "douyin", "mall")
    assert table["date"].tolist() == ["2022-05-17"]
    assert "+20 days in scenario baseline" in table["reason"][0]
    sold = [at.channels("gmv", "douyin", "2022-05", "2022-05")["mall"] for at in (true, moved, never)]
    assert sold[0] > sold[1] > sold[2] == 0


class Eager(strategies.Strategy):
    """Opens a mall where it has none, and tells which moves it had to choose from."""

    def moves(self, view: View) -> Sequence[Move]:
        self.options = view.options()
        return [Move("open", "mall", reason="eager")] if view.presence(self.platform, "mall") == 0 else []


def test_a_strategy_that_decides_is_kept_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(strategies.STRATEGIES, "eager", Eager)
    plain = settings(until("2019-01-10")).model_dump() | {"strategy": {"name": "eager"}}
    plain["scenario"]["without"] = [{"platform": "kuaishou", "capability": "mall"}]
    at = Run(MarketSettings.from_dict(plain))
    table = moves_of(at, "kuaishou", "mall")
    assert table["change"].tolist() == ["blocked"]
    assert table["reason"][0] == "open of mall does not happen (scenario baseline); open was meant: eager"
    assert moves_of(at, "douyin", "mall")["change"].tolist() == ["open"]
    offered = [{m.capability for m in p.strategy.options} for p in at.market.platforms[:2]]
    assert "mall" not in offered[0]
    assert "mall" in offered[1]
    assert not [seen for seen in at.market.reports.seen if seen.platform == "kuaishou"]
