"""Every file in conf/ composes into settings that are accepted; every setting of the contract reaches the market."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import yaml

from secondhalf.conf.schema.base import SettingsError
from secondhalf.conf.schema.compose import NOT_OF_THE_MARKET, as_word
from secondhalf.experiments.command.compose import compose_config, load_settings
from secondhalf.experiments.command.studies import groups
from secondhalf.model.market import Market

CONF = Path(str(files("secondhalf.conf")))
SMALL = ("population.users=60", "population.merchants=8", "calendar.end=2019-01-03", "calendar.warm_up=56")
NEEDED = {"network=file": ["network.file=friends.txt"]}
"""What an option cannot be without."""


def options() -> list[str]:
    """Every file of every group as `group=option`, without those that others build on and the parts of a market.

    A folder of a market's name in conf/market holds the parts of that market.
    """
    files = [path for path in CONF.rglob("*/*.yaml") if path.stem != "base"]
    markets = {path.stem for path in files if path.parent == CONF / "market"}
    groups = {path: path.parent.relative_to(CONF) for path in files}
    whole = [path for path, group in groups.items() if group.parts[:1] != ("market",) or not markets & set(group.parts)]
    return sorted(f"{groups[path]}={path.stem}" for path in whole)


def chosen_by_default() -> set[str]:
    """Options that the default configuration already holds (lists are written out)."""
    defaults = yaml.safe_load((CONF / "config.yaml").read_text(encoding="utf-8"))["defaults"]
    taken = set()
    for entry in defaults:
        for group, names in entry.items() if isinstance(entry, dict) else ():
            taken |= {f"{group}={name}" for name in (names if isinstance(names, list) else [names])}
    return taken


def test_the_default_is_accepted() -> None:
    settings = load_settings()
    assert settings.platforms == ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"]
    assert (settings.population.users, settings.population.merchants) == (20_000, 2_000)
    assert (settings.calendar.start.isoformat(), settings.calendar.end.isoformat()) == ("2019-01-01", "2026-12-31")
    assert settings.network.kind == "clustered_scale_free"
    assert settings.strategy.name == "history"


@pytest.mark.parametrize("option", sorted(set(options()) - chosen_by_default()))
def test_every_other_option_is_accepted(option: str) -> None:
    settings = load_settings([option, *NEEDED.get(option, [])])
    group, _, name = option.partition("=")
    if group == "network":
        assert settings.network.kind == name
    if group in ("strategy", "scenario"):
        assert getattr(settings, group).name == name


def test_defaults_are_files() -> None:
    assert {option for option in chosen_by_default() if "override" not in option} - {"experiment=None"} <= set(
        options()
    )


@pytest.mark.parametrize("path", sorted((CONF / "platform").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_platform_alone(path: Path) -> None:
    assert load_settings([f"platforms=[{path.stem}]"]).platforms == [path.stem]


def test_the_contract_reaches_the_settings() -> None:
    settings = load_settings(
        [
            "seed=7",
            "population.users=123",
            "population.merchants=45",
            "population.people=1e6",
            "calendar.start=2020-02-03",
            "calendar.end=2021-02-03",
            "network=small_world",
            "strategy=hold",
            "strategies.douyin=history",
            "scenario=baseline",
            "platforms=[douyin,jd]",
            "platform.jd.take_rate=0.5",
        ]
    )
    assert settings.seed == 7
    assert settings.population.model_dump(exclude={"agent_objects"}) == {"users": 123, "merchants": 45, "people": 1e6}
    assert (settings.calendar.start.isoformat(), settings.calendar.end.isoformat()) == ("2020-02-03", "2021-02-03")
    assert settings.network.kind == "small_world"
    assert [settings.strategy_of(name).name for name in settings.platforms] == ["history", "hold"]
    assert settings.strategy_of("douyin").parameters["launches"] == "launches.csv"
    assert settings.platform["jd"].take_rate == 0.5


def test_a_later_start_runs() -> None:
    """What the strategy dates before the start has happened."""
    late = load_settings([*SMALL[:2], "calendar.start=2022-06-01", "calendar.end=2022-06-02"])
    market = Market(late)
    while market.running:
        market.step()
    douyin = market.platforms[market.platform_names.index("douyin")]
    assert douyin.presence("mall") > 0
    market.close()


@pytest.mark.parametrize(
    "kind", ["small_world", "scale_free", "clustered_scale_free", "communities", "file", "random_mixing"]
)
def test_every_network_carries_a_market(kind: str, tmp_path: Path) -> None:
    words = [f"network={kind}", "network.community_size=20"]
    if kind == "file":
        friends = tmp_path / "friends.txt"
        friends.write_text("".join(f"{i} {(i + 1) % 60}\n" for i in range(60)))
        words.append(f"network.file={friends}")
    market = Market(load_settings([*SMALL, *words]))
    while market.running:
        market.step()
    ties = market.friends.indices.size
    assert ties == {"random_mixing": 0, "file": 120}.get(kind, ties)
    assert (ties > 0) == (kind != "random_mixing")
    assert np.isfinite(market.book.minutes).all()
    assert market.book.minutes.sum() > 0
    market.close()


def test_a_sixth_platform_is_a_word() -> None:
    names = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo", "xiaohongshu"]
    market = Market(load_settings([*SMALL, f"platforms=[{','.join(names)}]"]))
    while market.running:
        market.step()
    assert market.platform_names == names
    assert [platform.name for platform in market.platforms] == names
    assert market.book.minutes.shape == (6,)
    market.close()


def test_a_platform_of_ones_own_is_found_on_the_search_path(tmp_path: Path) -> None:
    (tmp_path / "platform").mkdir()
    text = (CONF / "platform" / "xiaohongshu.yaml").read_text(encoding="utf-8").replace("xiaohongshu", "weibo")
    (tmp_path / "platform" / "weibo.yaml").write_text(text, encoding="utf-8")
    settings = load_settings([f"hydra.searchpath=['file://{tmp_path}']", "platforms=[douyin,weibo]"])
    assert settings.platform["weibo"] == settings.platform["xiaohongshu"]


KNOWN = "known are douyin, jd, kuaishou, pinduoduo, taobao, xiaohongshu; "
LIST = "known are douyin, jd, kuaishou, newcomer_shelf, pinduoduo, taobao, xiaohongshu (one file each in conf/platform)"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["platform.duoyin.take_rate=0.02"],
            f"platform.duoyin: there is no such platform; {KNOWN}the nearest is douyin; ",
        ),
        (
            ["platform.duoyin.skill.mall=1"],
            f"platform.duoyin: there is no such platform; {KNOWN}the nearest is douyin; ",
        ),
        (["platform.duoyin=5"], f"platform.duoyin: there is no such platform; {KNOWN}the nearest is douyin; "),
        (["platform.xyz.leisure=1"], f"platform.xyz: there is no such platform; {KNOWN}one of your own needs all its "),
        (
            ["platform.newcomer_shelf.leisure=1"],
            "platform.newcomer_shelf: it is not in this market; `platforms` or the ",
        ),
        (["platforms=[jd,taoboa]"], f"platforms names 'taoboa'; {LIST}; the nearest is taobao"),
        (["platform.douyin=5"], "platform.douyin=5: input should be a valid dictionary"),
    ],
)
def test_a_misspelt_platform_is_named_with_the_nearest(words: list[str], said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(words)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)


def test_a_whole_platform_can_be_given_as_an_override() -> None:
    """All its settings at once, and then single ones; it may also stand by and not compete."""
    whole = load_settings([]).platform["jd"].model_dump(mode="json")
    given = f"platform.suning={as_word(whole)}"
    settings = load_settings([given, "platforms=[jd,suning]", "platform.suning.take_rate=0.02"])
    assert settings.platform["suning"] == settings.platform["jd"].model_copy(update={"take_rate": 0.02})
    assert "suning" in load_settings([given]).platform


def test_composing_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    compose_config(["experiment=ci"])
    assert list(tmp_path.iterdir()) == []


def test_the_market_s_groups_are_those_that_no_study_has() -> None:
    assert set(NOT_OF_THE_MARKET) == {*groups(), "from_checkpoint", "resume", "hydra"}
