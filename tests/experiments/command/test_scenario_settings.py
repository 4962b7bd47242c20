"""Entries of a scenario that do not fit are refused before any work: the setting, its value, what is allowed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.initial_state import strategies

MOVE = {"date": "2020-01-01", "platform": "jd", "change": "open", "capability": "mall"}
ENTRANT = {"platform": "xiaohongshu", "date": "2020-01-01"}
SHOCK = {"since": "2020-01-01", "until": "2020-02-01", "planned_needs": 0.5}
FAVOUR = {"platform": "jd", "factor": 2.0, "own": ["brand"]}
BAN = {"capability": "mall", "since": "2020-01-01"}
WITHOUT = {"platform": "kuaishou", "capability": "mall"}
NAMES = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"]


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """The default settings as plain values."""
    return load_settings().model_dump()


def check(values: dict[str, Any]) -> None:
    """All that happens before a run is begun."""
    chosen = MarketSettings.from_dict(values)
    strategies(chosen.among(chosen.competing))


def refusal(plain: dict[str, Any], entries: dict[str, Any]) -> str:
    """The sentence with which settings, or the strategies made of them, refuse entries of the scenario."""
    values = copy.deepcopy(plain)
    values["scenario"].update(entries)
    with pytest.raises(SettingsError) as caught:
        check(values)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "entry", "words"),
    [
        ("caps", {"since": "2020-01-01", "take_rate": -0.1}, "caps.0.take_rate=-0.1: input should be greater than or"),
        ("caps", {"since": "2020-01-01", "load": -1}, "caps.0.load=-1: input should be greater than or equal to 0"),
        ("caps", {"since": "2020-01-01"}, "caps.0: a cap needs one of take_rate, ad_take, ad_yield, load"),
        ("caps", {"take_rate": 0.1}, "caps.0.since: this setting is missing"),
        ("caps", {"since": "2020-01-01", "fee": 1}, "caps.0.fee=1: there is no such setting"),
        (
            "caps",
            {"since": "2020-01-01", "load": 0, "platform": "nobody"},
            "caps.0.platform names the unknown platform 'nobody'; known are douyin",
        ),
        ("bans", BAN | {"capability": "teleport"}, "bans.0.capability names the unknown capability 'teleport'; known"),
        ("bans", BAN | {"platform": "nobody"}, "bans.0.platform names the unknown platform 'nobody'"),
        ("bans", BAN | {"since": "soon"}, "bans.0.since=soon: input should be a valid date"),
        ("without", WITHOUT | {"platform": "nobody"}, "without.0.platform names the unknown platform"),
        ("without", WITHOUT | {"capability": "teleport"}, "without.0.capability names the unknown capability"),
        ("without", WITHOUT | {"changes": ["burn"]}, "without.0.changes.0=burn: allowed are test, open"),
        (
            "without",
            WITHOUT | {"platform": "jd"},
            "without.0.capability=mall: jd has no such launch; its launches are of live, short_video, subsidy",
        ),
        ("without", WITHOUT | {"changes": ["close"]}, "without.0.capability=mall: kuaishou has no such launch"),
        ("shift", WITHOUT | {"days": 1.5}, "shift.0.days=1.5: input should be a valid integer"),
        ("shift", WITHOUT | {"days": -2000}, "shift.0.days=-2000: puts kuaishou's mall of 2022-06-15 on 2016-12-23"),
        ("shift", WITHOUT | {"platform": "jd", "days": 1}, "shift.0.capability=mall: jd has no such launch"),
        (
            "entrants",
            ENTRANT | {"date": "2018-12-31"},
            "entrants.0.date=2018-12-31: an entrant needs a date from calendar.start=2019-01-01 on",
        ),
        ("entrants", ENTRANT | {"platform": "nobody"}, "entrants.0.platform names the unknown platform 'nobody'"),
        ("shocks", SHOCK | {"until": "2020-01-01"}, "until=2020-01-01: needs a date after since=2020-01-01"),
        ("shocks", SHOCK | {"planned_needs": -1}, "shocks.0.planned_needs=-1: input should be greater than or equal"),
        ("shocks", SHOCK | {"phone_time": 0}, "shocks.0.phone_time=0: input should be greater than or equal to 0.01"),
        ("shocks", SHOCK | {"recovery_days": -1}, "shocks.0.recovery_days=-1: input should be greater than or equal"),
        ("self_preferencing", FAVOUR | {"own": ["friends"]}, "own=friends: allowed are brand, shop, factory, bound"),
        ("self_preferencing", FAVOUR | {"own": []}, "self_preferencing.0.own=[]: list should have at least 1 item"),
        ("self_preferencing", FAVOUR | {"own": ["bound"]}, "own=bound: scenario.exclusivity binds shops to taobao"),
        (
            "self_preferencing",
            FAVOUR | {"factor": 0},
            "self_preferencing.0.factor=0: input should be greater than or equal to 0.001",
        ),
        ("moves", MOVE | {"change": "close"}, "moves.0.change=close: douyin does not have mall by 2020-01-01"),
        ("moves", MOVE | {"change": "restore"}, "moves.0.change=restore: douyin does not have mall by 2020-01-01"),
    ],
)
def test_one_entry(plain: dict[str, Any], name: str, entry: dict[str, Any], words: str) -> None:
    if name == "moves":
        entry = entry | {"platform": "douyin"}
    message = refusal(plain, {name: [entry]})
    assert words in message
    assert message.startswith(f"scenario.{name}.0")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (
            {"moves": [MOVE, MOVE | {"change": "close"}]},
            "scenario.moves.1.date=2020-01-01: jd already moves mall on that day; allowed is one move a day",
        ),
        (
            {"entrants": [ENTRANT, ENTRANT | {"date": "2021-01-01"}]},
            "scenario.entrants.1.platform=xiaohongshu: enters already on 2020-01-01",
        ),
        (
            {"entrants": [ENTRANT | {"platform": name} for name in NAMES]},
            "all of them are entrants; one must be there from the start",
        ),
        (
            {"entrants": [ENTRANT], "moves": [MOVE | {"date": "2019-12-31", "platform": "xiaohongshu"}]},
            "scenario.moves.0.date=2019-12-31: xiaohongshu enters on 2020-01-01; allowed is that day or a later one",
        ),
        (
            {"entrants": [ENTRANT], "exclusivity": {"platform": "xiaohongshu", "share": 0.1}},
            "scenario.exclusivity.since=None: xiaohongshu enters on 2020-01-01; allowed is that day or a later one",
        ),
        (
            {"exclusivity": {"platform": "jd", "share": 0.1, "since": "2021-01-01", "until": "2020-01-01"}},
            "scenario.exclusivity: until=2020-01-01: needs a date after since=2021-01-01",
        ),
    ],
)
def test_entries_that_contradict_each_other(plain: dict[str, Any], entries: dict[str, Any], words: str) -> None:
    assert words in refusal(plain, entries)


@pytest.mark.parametrize(
    "moves",
    [
        [MOVE | {"platform": "douyin"}, MOVE | {"platform": "douyin", "change": "close", "date": "2020-01-02"}],
        [MOVE | {"change": "close"}],  # open at the start
        [MOVE | {"platform": "douyin", "change": "close", "date": "2022-06-01"}],  # open by its launches
    ],
)
def test_what_will_be_there_can_be_closed(plain: dict[str, Any], moves: list[dict[str, Any]]) -> None:
    values = copy.deepcopy(plain)
    values["scenario"]["moves"] = moves
    assert strategies(MarketSettings.from_dict(values))


def test_launches_that_do_not_happen_open_nothing(plain: dict[str, Any]) -> None:
    closing = MOVE | {"platform": "douyin", "change": "close", "date": "2022-06-01"}
    without = {"platform": "douyin", "capability": "mall"}
    words = "scenario.moves.0.change=close: douyin does not have mall by 2022-06-01; allowed are test, open, strengthen"
    assert refusal(plain, {"moves": [closing], "without": [without]}) == words


def test_strategies_of_entrants() -> None:
    settings = load_settings(["scenario=entrant_shelf", "strategies.newcomer_shelf=hold"])
    assert settings.strategy_of("newcomer_shelf").name == "hold"
    assert settings.competing == [*NAMES, "newcomer_shelf"]
    with pytest.raises(
        SettingsError, match=r"^strategies\.xiaohongshu=hold: platforms are kuaishou, .*newcomer_shelf$"
    ):
        load_settings(["scenario=entrant_shelf", "strategies.xiaohongshu=hold"])


def test_an_entrant_without_a_file() -> None:
    with pytest.raises(SettingsError, match="names 'nobody'; known are douyin, jd, kuaishou, newcomer_shelf"):
        load_settings(["scenario.entrants=[{platform: nobody, date: 2020-01-01}]"])


def test_one_scenario_at_a_time() -> None:
    with pytest.raises(SettingsError, match=r"^scenario=\[links_stay_open,mall_ban\]: allowed is one scenario"):
        load_settings(["scenario=[links_stay_open,mall_ban]"])


def test_entries_of_several_scenarios_go_together() -> None:
    """On the command line one file's entry stands beside another's."""
    cap = "scenario.caps=[{take_rate: 0.01, since: 2020-01-01}]"
    scenario = load_settings(["scenario=links_stay_open", cap, "scenario.exclusivity.until=null"]).scenario
    assert (len(scenario.caps), len(scenario.without)) == (1, 1)
    assert scenario.exclusivity is not None
    assert scenario.exclusivity.until is None
