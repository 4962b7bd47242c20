"""Settings are refused before any work, in one sentence: the setting, its value, what is allowed."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model import initial_state
from secondhalf.model.network.edge_list import read_ties
from secondhalf.model.ranges import check_ranges

OPEN_MALL = {"date": "2020-01-01", "platform": "jd", "change": "open", "capability": "mall"}


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """The default settings as plain values, with nests, incomes and trends of the test."""
    plain = load_settings(["users.channel_nest=0.6", "users.platform_nest=0.8"]).model_dump()
    plain["users"]["spending"] = {
        "amounts": [35.0, 95.0, 330.0],
        "incomes": [{"name": "all", "share": 1.0, "tiers": [0.5, 0.3, 0.2]}],
    }
    plain["platform"]["jd"] |= {"recruit_trend": {}, "depth_trend": {}}
    return plain


def changed(plain: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with one value set, as the command line would set it."""
    values = copy.deepcopy(plain)
    *parents, last = path.split(".")
    node = values
    for name in parents:
        node = node[name]
    node[last] = value
    return values


@pytest.mark.parametrize(
    ("path", "value", "allowed"),
    [
        ("merchants.attribution", 1.5, "less than or equal to 1"),
        ("users.ripened_share", -0.1, "greater than or equal to 0"),
        ("scenario.exclusivity.share", 2, "less than or equal to 1"),
        ("platform.jd.take_rate", 1.01, "less than or equal to 1"),
        ("users.impulse_rate", -1, "greater than or equal to 0"),
        ("platform.douyin.imitation", -1e-9, "greater than or equal to 0"),
        ("capability.mall.ramp_days", 0, "greater than or equal to 0.1"),
        ("network.mean_degree", -1, "greater than or equal to 0.001"),
        ("population.users", 0, "greater than or equal to 2"),
        ("population.users", "many", "valid integer"),
        ("population.users", 1.5, "valid integer"),
        ("population.users", None, "valid integer"),
        ("population.merchants", 0, "greater than or equal to 1"),
        ("seed", -1, "greater than or equal to 0"),
        ("calendar.end", "tomorrow", "valid date"),
        ("calendar.end", "2019-02-30", "valid date"),
        ("calendar.warm_up", 3, "greater than or equal to 56"),
        ("calendar.revision", "random", "sequential, simultaneous"),
        ("prominence.top_tab", 3, "less than or equal to 2"),
        ("mechanisms.habit", 7, "valid boolean"),
        ("platform.douyin.kind", "bank", "content, shelf"),
        ("platforms", "kuaishou", "valid list"),
        ("platforms", [], "at least 1 item"),
        ("limits.users", 0, "greater than or equal to 2"),
        ("population.people", True, "not a switch"),
        ("population.merchants", True, "not a switch"),
        ("users.shock", False, "not a switch"),
        ("users.idle_days", True, "not a switch"),
        ("seed", True, "not a switch"),
        ("population.people", float("nan"), "finite"),
        ("users.shock", float("nan"), "finite"),
        ("prominence.top_tab", float("nan"), "finite"),
        ("platform.jd.leisure", float("inf"), "finite"),
        ("platform.jd.leisure", 1e300, "less than or equal to"),
        ("users.habit_weight", 1e39, "less than or equal to"),
        ("users.channel_nest", 0, "greater than or equal to 0.05"),
        ("users.channel_nest", 1.2, "less than or equal to 1"),
        ("users.platform_nest", 1.01, "less than or equal to 1"),
        ("users.platform_nest", -0.5, "greater than or equal to 0.05"),
        ("users.price_weight", -2, "greater than or equal to 0"),
        ("users.opening_cost", -1, "greater than or equal to 0"),
        ("users.session_minutes", 121, "less than or equal to 120"),
        ("users.attachment_sd.content", -1, "greater than or equal to 0"),
        ("users.orders_per_need.impulse", 0, "greater than or equal to 0.1"),
        ("channels.mall.feed", None, "valid boolean"),
        ("channels.mall.feed", "neither", "valid boolean"),
        ("channels.mall.paid_share", 1.5, "less than or equal to 1"),
        ("channels.mall.return_rate", -0.1, "greater than or equal to 0"),
        ("capability.subsidy.price_cut", 1, "less than or equal to 0.9"),
        ("platform.jd.selling_load", 1.1, "less than or equal to 1"),
        ("platform.jd.never_installs", 1.1, "less than or equal to 1"),
        ("platform.jd.tier_fit", 6, "less than or equal to 5"),
        ("platform.jd.recruit_trend.2020-01-01", 0, "greater than or equal to 0.001"),
        ("platform.jd.depth_trend.2020-01-01", -1.5, "greater than or equal to 0.001"),
        ("platform.jd.depth_trend.2020-01-01", "more", "valid number"),
    ],
)
def test_a_value_outside_its_range(plain: dict[str, Any], path: str, value: object, allowed: str) -> None:
    with pytest.raises(SettingsError) as caught:
        MarketSettings.from_dict(changed(plain, path, value))
    message = str(caught.value)
    assert message.startswith(f"{path}={value}: ")
    assert allowed in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("calendar.end", "2018-12-31", "calendar.start=2019-01-01 is after calendar.end=2018-12-31"),
        ("calendar.start", "2018-12-31", "calendar.start=2018-12-31 is before 2019-01-01"),
        ("calendar.last_fact", "2018-12-31", "calendar.last_fact=2018-12-31 is before 2019-01-01"),
        (
            "calendar.end",
            "2040-01-01",
            "calendar.end=2040-01-01: allowed is 2019-01-01 to 2032-12-31, 10 years after",
        ),
        ("platforms", ["jd", "jd"], "names jd twice"),
        ("platforms", ["jd", "nobody"], "unknown platform 'nobody'; known are douyin"),
        ("users.nonsense", 1, "users.nonsense=1: there is no such setting"),
        ("nonsense", 1, "nonsense=1: there is no such setting"),
        ("platform.jd.open_at_start.teleport", {}, "platform.jd.open_at_start names the unknown capability 'teleport'"),
        ("platform.jd.choosable", ["teleport"], "platform.jd.choosable names the unknown capability 'teleport'"),
        ("platform.jd.skill", {"teleport": 1}, "platform.jd.skill names the unknown capability 'teleport'"),
        (
            "scenario.moves",
            [OPEN_MALL | {"platform": "nobody"}],
            "scenario.moves.0.platform names the unknown platform",
        ),
        (
            "scenario.moves",
            [OPEN_MALL | {"capability": "x"}],
            "scenario.moves.0.capability names the unknown capability",
        ),
        (
            "scenario.moves",
            [OPEN_MALL, OPEN_MALL | {"change": "burn"}],
            "scenario.moves.1.change=burn: allowed are",
        ),
        (
            "scenario.moves",
            [OPEN_MALL | {"capability": None}],
            "scenario.moves.0.capability=None: input should be a valid string",
        ),
        (
            "scenario.moves",
            [OPEN_MALL | {"entrance": "door"}],
            "scenario.moves.0.entrance=door: allowed are top_tab",
        ),
        ("scenario.moves", [OPEN_MALL | {"date": "soon"}], "scenario.moves.0.date=soon: input should be a valid date"),
        (
            "scenario.exclusivity.platform",
            "nobody",
            "scenario.exclusivity.platform names the unknown platform 'nobody'",
        ),
        ("strategies", {"nobody": {"name": "hold"}}, "strategies.nobody=hold: platforms are kuaishou"),
        ("calendar.festivals.six_eighteen.platforms", ["nobody"], "six_eighteen.platforms names the unknown platform"),
        ("calendar.festivals.six_eighteen.from_day", "13-01", "from_day=13-01 is no day"),
        ("calendar.festivals.six_eighteen.peak_day", "07-01", "from_day <= peak_day <= to_day"),
        ("capability.storefront.opens", ["mall"], "must open every channel"),
        ("capability.mall.opens", ["window"], "capability.mall.opens.0=window: allowed are short_video"),
        ("merchants.kinds.brand.share", 0.9, "must add up to 1"),
        ("merchants.kinds.brand.fit", {"window": 1}, "merchants.kinds.brand.fit names 'window'"),
        ("merchants.products.at_start", 60, "products.at_start=60 does not fit products.slots"),
        (
            "users.channel_nest",
            0.81,
            "users.channel_nest=0.81: allowed is at most users.platform_nest=0.8; a nested logit is consistent",
        ),
        ("users.spending.amounts", [95, 35, 330], "users.spending.amounts=[95.0, 35.0, 330.0]: must rise"),
        ("users.spending.amounts", [35, 95], "users.spending.incomes.0.tiers=[0.5, 0.3, 0.2]: 2 shares are needed"),
        (
            "users.spending.incomes",
            [{"name": "all", "share": 1, "tiers": [0.5, 0.3, 0.3]}],
            "users.spending.incomes.0.tiers=[0.5, 0.3, 0.3]: must add up to 1, not 1.1",
        ),
        (
            "users.spending.incomes",
            [{"name": name, "share": 0.4, "tiers": [0.5, 0.3, 0.2]} for name in ("low", "high")],
            "users.spending.incomes.*.share=[0.4, 0.4]: must add up to 1, not 0.8",
        ),
        ("users.attachment_sd", {"content": 1.5}, "users.attachment_sd={'content': 1.5}: content and shelf are needed"),
        ("channels.billboard", {}, "channels.billboard.affinity: this setting is missing"),
        (
            "platform.jd.recruit_trend",
            {"soon": 1.0},
            "platform.jd.recruit_trend.soon.[key]=soon: input should be a valid",
        ),
        (
            "platform.jd.depth_trend",
            {"2018-12-31": 1.5},
            "platform.jd.depth_trend: 2018-12-31 is not after 2019-01-01, where every trend is 1",
        ),
        (
            "platform.jd.recruit_trend",
            {"2019-01-01": 1.5},
            "platform.jd.recruit_trend: 2019-01-01 is not after 2019-01-01",
        ),
        ("prominence", {"top_tab": 1}, "prominence needs top_tab, bottom_tab, second_level, in_feed"),
        ("network.kind", "file", "network=file needs network.file"),
        ("network.file", "friends.txt", "network.file is read only with network=file"),
    ],
)
def test_settings_that_do_not_fit_together(plain: dict[str, Any], path: str, value: object, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        MarketSettings.from_dict(changed(plain, path, value))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_channel_that_there_is_not_is_named(plain: dict[str, Any]) -> None:
    channels = plain["channels"] | {"billboard": plain["channels"]["mall"]}
    with pytest.raises(
        SettingsError, match=r"^channels.billboard: there is no such channel; allowed are short_video, "
    ):
        MarketSettings.from_dict(plain | {"channels": channels})


def test_a_mean_that_no_mix_of_tiers_reaches_is_refused(plain: dict[str, Any]) -> None:
    """Before any work, and not when the market's calendar is made."""
    values = changed(plain, "calendar.need_value.knots", {"2018-07-01": 1.0, "2026-12-31": 20.0})
    with pytest.raises(
        SettingsError, match=r"^calendar.need_value, calendar.gmv_over_retail: no mix of users.spending.amounts="
    ):
        check_ranges(MarketSettings.from_dict(values))


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("nobody", {}, "strategies.kuaishou=nobody: unknown strategy; known are"),
        ("history", {"burst": {"factor": float("nan"), "days": 60}}, "strategy.burst.factor=nan"),
        ("history", {"burst": {"factor": float("inf"), "days": 60}}, "strategy.burst.factor=inf"),
        ("history", {"burst": {"factor": 1.5, "days": True}}, "strategy.burst.days=True"),
        ("history", {"launches_until": "2022-12-31"}, "strategy.launches_until='2022-12-31': there is no such setting"),
        ("history", {"foo": 1}, "strategy.foo=1"),
        ("hold", {"foo": 1}, "strategy.foo=1"),
        ("history", {"launches": "/nowhere/own.csv"}, "strategy.launches=/nowhere/own.csv: cannot read the file"),
    ],
)
def test_strategies(plain: dict[str, Any], name: str, changes: dict[str, Any], words: str) -> None:
    given = plain["strategy"] if name == "history" else {}
    settings = MarketSettings.from_dict(plain | {"strategy": given | {"name": name} | changes})
    with pytest.raises(SettingsError) as caught:
        initial_state.strategies(settings)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2020-01-01,douyin,teleport,open,,x,A", "line 3: capability=teleport is unknown; known are short_video"),
        ("2020-01-01,nobody,mall,open,,x,A", "line 3: platform=nobody is unknown; known are"),
        ("2020-01-01,douyin,mall,burn,,x,A", "line 3: change=burn is unknown; allowed are test"),
        ("2020-01-01,douyin,mall,open,door,x,A", "line 3: entrance=door is unknown; allowed are top_tab"),
        ("2020-13-01,douyin,mall,open,,x,A", "line 3: date=2020-13-01 is no date"),
    ],
)
def test_an_own_file_of_launches(plain: dict[str, Any], tmp_path: Path, row: str, words: str) -> None:
    own = tmp_path / "own.csv"
    head = "date,platform,capability,change,entrance,description,grade\n2020-01-01,douyin,mall,test,,x,A\n"
    own.write_text(head + row + "\n")
    settings = MarketSettings.from_dict(changed(plain, "strategy.launches", str(own)))
    with pytest.raises(SettingsError, match=f"^own.csv {words}"):
        initial_state.strategies(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 1\n2 2\n", ":2: node 2 is tied to itself"),
        ("0 1\nx 2\n", ":2: 'x' is no node number"),
        ("0 nan\n", ":1: 'nan' is no node number"),
        ("0 5\n", ":1: node 5 is outside 0..4"),
        ("0 -1\n", ":1: node -1 is outside 0..4"),
        ("7\n", ":1: '7' has fewer than two fields"),
        ("# nothing\n", ": holds no tie"),
    ],
)
def test_an_edge_list(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "friends.txt"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_ties(str(file), users=5)
    assert str(caught.value).startswith(f"network.file={file}{words}")


def test_a_missing_edge_list() -> None:
    with pytest.raises(SettingsError, match=r"^network\.file=/nowhere/friends\.txt: cannot be read"):
        read_ties("/nowhere/friends.txt", users=5)


def test_limits_win_over_any_size(plain: dict[str, Any]) -> None:
    values = changed(plain, "limits", {"users": 40, "merchants": 6, "days": 10})
    values["population"]["users"] = 1_000_000
    settings = MarketSettings.from_dict(values)
    assert (settings.population.users, settings.population.merchants) == (40, 6)
    assert settings.calendar.end.isoformat() == "2019-01-10"
