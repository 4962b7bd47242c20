"""Runs of a member: forks are whole markets, an arm without a change has no effect, and the split adds up."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.experiments.command.compose import compose_config, load_settings, options
from secondhalf.experiments.launches.catalogue import Item, arms_of, catalogue
from secondhalf.experiments.launches.runs import Days, Job, gather, run_job
from secondhalf.experiments.launches.settings import Launches
from secondhalf.experiments.launches.tables import tables
from secondhalf.model.market import Market

SMALL = (
    "population.users=150",
    "population.merchants=20",
    "calendar.warm_up=56",
    "calendar.start=2022-06-01",
    "calendar.end=2022-12-31",
)
MALL, GROUP = "kuaishou_mall_test_2022-06-15", "kuaishou_mall_and_links"
NO_GAINS = ("capability.mall.leisure_gain=0", "capability.mall.opens=[]")
PLATFORMS = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"]
NUMBERS = ["mean", "low", "high", "sd_parameters", "sd_luck", "error_parameters", "error_luck"]


@cache
def settings_of(*words: str) -> MarketSettings:
    return load_settings([*SMALL, *words])


def items_of(settings: MarketSettings, *names: str) -> tuple[Item, ...]:
    how = options(Launches, compose_config([f"launches.only=[{','.join(names)}]"]))
    return tuple(catalogue(settings, how)[0])


def results(settings: MarketSettings, items: tuple[Item, ...]) -> list[list[dict[str, Any]]]:
    """Two members that differ in their needs, under two seeds."""
    found = []
    for rate in (0.4, 0.5):
        users = settings.users.model_copy(update={"needs_per_day": rate})
        member = settings.model_copy(update={"users": users})
        found.append(
            [run_job(Job("", member.model_copy(update={"seed": seed}), items)) for seed in (0, 1)],
        )
    return found


@pytest.fixture(scope="module")
def malls() -> tuple[tuple[Item, ...], list[list[dict[str, Any]]]]:
    """Runs with the mall's test, and with the whole group, taken away."""
    items = items_of(settings_of(), MALL, GROUP)
    return items, results(settings_of(), items)


def test_both_arms_are_whole_markets(malls: tuple[tuple[Item, ...], list[list[dict[str, Any]]]]) -> None:
    """What a fork sums up is what the market without the item gives from its first day, its packages among it."""
    items, found = malls
    group = next(item for item in items if item.name == GROUP)
    ((horizon, count),) = group.windows(dt.date(2022, 12, 31))
    settings = settings_of().model_copy(
        update={"users": settings_of().users.model_copy(update={"needs_per_day": 0.4}), "seed": 0}
    )
    arms = arms_of(settings, group)
    for arm, own in (("without", arms.baseline), ("with", arms.alternative)):
        market, days = Market(own), Days(len(PLATFORMS))
        while market.running:
            market.step()
            days.note(market)
        market.close()
        first = (group.date - settings.calendar.start).days
        assert found[0][0]["items"][GROUP][str(horizon)][arm] == days.window(first, count), arm


def test_an_arm_without_a_change_has_no_effect_at_all() -> None:
    nothing = Item("nothing", "", "kuaishou", dt.date(2022, 7, 1), ("mall",), ())
    launches, split = tables(results(settings_of(), (nothing,)), [nothing], PLATFORMS, dt.date(2022, 12, 31))
    assert (launches[NUMBERS] == 0).all(axis=None)
    assert (split[NUMBERS] == 0).all(axis=None)
    assert (launches["without"] > 0).any()
    assert set(launches["platform"]) == {*PLATFORMS, "market"}


def test_a_launch_that_gains_nothing_has_no_effect_at_all() -> None:
    settings = settings_of(*NO_GAINS)
    items = items_of(settings, MALL)
    launches, split = tables(results(settings, items), items, PLATFORMS, dt.date(2022, 12, 31))
    assert (launches[NUMBERS] == 0).all(axis=None)
    assert (split[NUMBERS] == 0).all(axis=None)


def test_a_mall_sells(malls: tuple[tuple[Item, ...], list[list[dict[str, Any]]]]) -> None:
    """The same launch with its gains: it sells in its channel, and more of what its owner sells is on a shelf."""
    items, found = malls
    launches, split = tables(found, items, PLATFORMS, dt.date(2022, 12, 31))
    for name in (MALL, GROUP):
        gain = split[(split["launch"] == name) & (split["part"] == "gain")]
        assert (gain["mean"] > 0).all()
        shelf = launches[
            (launches["launch"] == name)
            & (launches["quantity"] == "pan_shelf_share")
            & (launches["platform"] == "kuaishou")
        ]
        assert (shelf["mean"] > 0).all()


def test_the_split_adds_up(malls: tuple[tuple[Item, ...], list[list[dict[str, Any]]]]) -> None:
    """In the table and in every run; what is left is the growth of the market's GMV."""
    items, found = malls
    launches, split = tables(found, items, PLATFORMS, dt.date(2022, 12, 31))
    for name, own in split.groupby("launch"):
        of = own.set_index("part")["mean"]
        parts = float(own.loc[own["part"] != "gain", "mean"].sum())
        assert parts == pytest.approx(float(of["gain"]), rel=1e-12)
        assert own["part"].tolist() == ["gain", "cannibalised", *["taken"] * 4, "walking_away"]
        market = launches[(launches["launch"] == name) & (launches["platform"] == "market")]
        grown = market[(market["quantity"] == "gmv") & (market["unit"] == "RMB")]["mean"].iloc[0]
        total = float(market[(market["quantity"] == "gmv") & (market["unit"] == "RMB")]["without"].iloc[0])
        assert of["walking_away"] == pytest.approx(grown, abs=1e-10 * total)
        lost = launches[(launches["launch"] == name) & (launches["quantity"] == "gmv") & (launches["unit"] == "RMB")]
        for row in own[own["part"] == "taken"].to_dict("records"):
            rival = lost[lost["platform"] == row["platform"]]["mean"].iloc[0]
            assert row["mean"] == pytest.approx(-rival, abs=1e-10 * total)
    assert not items[0].windows(dt.date(2022, 7, 1))


def test_percents_are_of_the_number_without_the_launch(
    malls: tuple[tuple[Item, ...], list[list[dict[str, Any]]]],
) -> None:
    items, found = malls
    launches, _ = tables(found, items, PLATFORMS, dt.date(2022, 12, 31))
    cells = gather(found, MALL, 1)
    gmv = {arm: cells.platforms[arm][..., 0, : len(CHANNELS)].sum(axis=-1) for arm in ("with", "without")}
    expected = float(np.mean(100 * (gmv["with"] / gmv["without"] - 1)))
    own = launches[(launches["launch"] == MALL) & (launches["platform"] == "kuaishou")]
    row = own[(own["quantity"] == "gmv") & (own["unit"] == "percent")]
    assert row["mean"].iloc[0] == pytest.approx(expected, rel=1e-9)
    assert not (launches["unit"] == "percent")[launches["quantity"] == "pan_shelf_share"].any()
