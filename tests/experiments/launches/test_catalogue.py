"""What can be taken away: names, what builds on what, channels, windows, and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.experiments.command.compose import compose_config, load_settings, options
from secondhalf.experiments.launches.catalogue import Item, arms_of, catalogue, history, name_of
from secondhalf.experiments.launches.settings import Launches

MALL = "douyin_mall_open_2022-04-27"
ENDS = "calendar.end=2024-12-31"
GROUP = "kuaishou_mall_and_links"


def asked(*words: str) -> tuple[MarketSettings, Launches]:
    return load_settings([ENDS, *words]), options(Launches, compose_config([*words]))


def found(*words: str) -> dict[str, Item]:
    return {item.name: item for item in catalogue(*asked(*words))[0]}


def test_every_launch_since_2020_of_these_capabilities_and_the_group() -> None:
    settings, how = asked()
    items, late = catalogue(settings, how)
    kinds = {"mall", "search", "short_video", "live", "external_links", "subsidy"}
    expected = {
        name_of(one) for one in history(settings) if one.date >= dt.date(2020, 1, 1) and one.capability in kinds
    }
    assert {item.name for item in items} == expected | {GROUP}
    assert not late
    assert [item.date for item in items] == sorted(item.date for item in items)


def test_what_builds_on_a_launch_goes_with_it() -> None:
    """Without its opening nothing can be strengthened, without its cut no link restored; a test is none of both."""
    items = found()

    def changes(name: str) -> list[str]:
        return [one.change for one in items[name].launches]

    assert changes(MALL) == ["open", *["strengthen"] * 4]
    assert changes("douyin_mall_test_2021-12-15") == ["test"]
    assert changes("douyin_mall_strengthen_2022-08-15") == ["strengthen"]
    assert changes("kuaishou_external_links_close_2022-03-01") == ["close", "restore"]
    assert changes("kuaishou_external_links_restrict_2021-11-15") == ["restrict"]
    assert changes("kuaishou_external_links_restore_2022-10-28") == ["restore"]


def test_channels_are_those_that_the_capability_opens() -> None:
    items = found()
    assert items[MALL].channels == ("mall",)
    assert items["pinduoduo_live_open_2020-01-19"].channels == ("live_store", "live_expert")
    assert items["jd_subsidy_open_2023-03-06"].channels == CHANNELS
    assert items[GROUP].channels == ("mall",)


def test_a_market_without_an_item_lacks_its_launches_and_nothing_else() -> None:
    settings, _ = asked()
    item = found()["douyin_mall_strengthen_2022-10-24"]
    arms = arms_of(settings, item)
    assert arms.branch_date == "2022-10-24"
    kept = {name_of(one) for one in history(arms.baseline)}
    assert {name_of(one) for one in history(settings)} - kept == {item.name}


def test_a_group_takes_its_packages_away() -> None:
    """Packages alone branch on the first day of the festival; they are others' too that begin in a later year."""
    settings, _ = asked()
    group = found()[GROUP]
    arms = arms_of(settings, group)
    assert not arms.baseline.calendar.festivals["one_one_six"].traffic_package
    assert arms.branch_date == group.date.isoformat() == "2022-06-15"
    alone = Item("packages", "", "kuaishou", group.date, ("mall",), (), group.packages)
    assert arms_of(settings, alone).branch_date == "2022-10-20"


def test_windows_end_with_the_last_day() -> None:
    item = found()[MALL]
    assert item.windows(dt.date(2024, 12, 31)) == [(1, 365), (2, 365)]
    assert item.windows(dt.date(2023, 8, 1)) == [(1, 365), (2, 97)]
    assert item.windows(dt.date(2023, 5, 1)) == [(1, 365)]
    assert item.windows(dt.date(2022, 5, 1)) == []


def test_what_is_too_late_is_left_out() -> None:
    settings, how = asked("calendar.end=2022-08-01")
    items, late = catalogue(settings, how)
    assert MALL in {item.name for item in items}
    assert "kuaishou_mall_test_2022-06-15" in late


REFUSED: dict[str, tuple[list[str], str]] = {
    "unknown": (["launches.only=[douyin_mall_open_2022-04-28]"], f"there is no such launch; names are like {MALL}"),
    "after": (
        [f"launches.only=[{MALL}]", "calendar.last_fact=2021-12-31", "calendar.end=2021-12-31"],
        f"launches.only={MALL}: it is dated after calendar.last_fact=2021-12-31",
    ),
    "few days": (
        [f"launches.only=[{MALL}]", "calendar.end=2022-06-30"],
        f"launches.only={MALL}: it has fewer than 90 days up to 2022-06-30",
    ),
    "decides": (
        [f"launches.only=[{MALL}]", "strategies.douyin=hold"],
        f"launches.only={MALL}: it is not measured in this history",
    ),
    "early": (["launches.only=[pinduoduo_subsidy_open_2019-06-15]"], "allowed are launches from 2020-01-01 on of mall"),
    "group": (
        ["+launches.groups.two={launches: [nobody_mall_open_2022-01-01]}"],
        "launches.groups.two.launches=nobody_mall_open_2022-01-01: there is no such launch",
    ),
    "owners": (
        [f"+launches.groups.two={{launches: [{MALL}, kuaishou_mall_open_2022-10-15]}}"],
        "launches.groups.two.launches: they are of douyin and kuaishou; a group is of one platform",
    ),
    "festival": (
        [f"+launches.groups.two={{launches: [{MALL}], packages: {{easter: [2022]}}}}"],
        "launches.groups.two.packages.easter: there is no such festival; known are double_eleven",
    ),
    "year": (
        [f"+launches.groups.two={{launches: [{MALL}], packages: {{one_one_six: [2021]}}}}"],
        "launches.groups.two.packages.one_one_six=2021: years in which packages begin are 2022",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_names_are_refused(case: str) -> None:
    words, told = REFUSED[case]
    with pytest.raises(SettingsError) as refused:
        catalogue(*asked(*words))
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("launches.seeds=1", "launches.seeds=1"),
        ("launches.members=1", "launches.members=1"),
        ("launches.nests.members=1", "0 for none, else at least 2"),
        ("launches.nests.values=[0.3,1.2]", "launches.nests.values"),
        ("launches.nests.values=[0.3,0.3]", "name one twice"),
        ("+launches.groups.two={launches: []}", "launches.groups.two.launches"),
    ],
)
def test_options_out_of_range_are_refused(word: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        options(Launches, compose_config([word]))
    assert told in str(refused.value)
