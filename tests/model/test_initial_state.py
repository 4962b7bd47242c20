"""The days of settling in: what a later start finds under way, and what the first month is compared with."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from secondhalf.agents.platform import trend
from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.initial_state import capability_table
from secondhalf.model.market import Market
from secondhalf.model.shapes import ACTIVE_LAST_MONTH, NEVER

SMALL = ("population.users=200", "population.merchants=15")
RECRUIT, DEPTH = {dt.date(2021, 1, 1): 0.5}, {dt.date(2020, 12, 31): 3.0}
"""Trends of Kuaishou, which runs a campaign for 60 days from 2020-01-24 (data/launches.csv, strategy `history`)."""


@pytest.mark.parametrize("warm_up", [56, 120])
def test_a_later_start_leaves_campaigns_their_days(warm_up: int) -> None:
    """However long the settling in: the campaign ends on its date, and the pool is as deep as it was to be."""
    dates = ["calendar.start=2020-02-01", "calendar.end=2020-04-30", f"calendar.warm_up={warm_up}"]
    given = load_settings([*SMALL, *dates])
    kuaishou_file = given.platform["kuaishou"].model_copy(update={"recruit_trend": RECRUIT, "depth_trend": DEPTH})
    settings = given.model_copy(update={"platform": given.platform | {"kuaishou": kuaishou_file}})
    market, campaign = Market(settings), settings.strategy.parameters["burst"]
    assert campaign["days"] == 60
    kuaishou = market.platforms[0]
    recruits, depths = {}, {}
    while market.running:
        date = market.calendar.labels[market.day]
        market.step()
        recruits[date], depths[date] = kuaishou.recruit, float(market.offer.gamma[0]) / kuaishou.settings.gamma
    standing = {date: trend(RECRUIT, dt.date.fromisoformat(date), settings.calendar.last_fact) for date in recruits}
    assert recruits["2020-02-01"] == pytest.approx(standing["2020-02-01"] * campaign["factor"])
    assert recruits["2020-03-23"] == pytest.approx(standing["2020-03-23"] * campaign["factor"]), "its sixtieth day"
    assert recruits["2020-03-24"] == pytest.approx(standing["2020-03-24"])
    assert depths["2020-02-01"] == pytest.approx(3 ** (396 / 730), rel=1e-6), "on its way since 2019-01-01"
    market.close()


def skills(*words: str) -> np.ndarray:
    """Hidden skills, [platform, capability], of the default platforms."""
    settings = load_settings(["capability.live.skill_sd=0.3", "capability.mall.skill_sd=0.3", *words])
    return capability_table(settings).skill


def test_only_who_decides_does_not_know_its_skills() -> None:
    """Whoever replays the past, or holds still, has the skills of its file, under every seed."""
    history, hold = (skills(f"strategy={name}") for name in ("history", "hold"))
    assert (history == hold).all()
    assert (history == skills("seed=5")).all()
    drawn = skills("strategy=hold", "strategies.jd=reservoir")
    others = np.arange(len(drawn)) != 3
    assert (drawn[others] == hold[others]).all()
    assert (drawn[3] != hold[3]).any()
    assert (drawn[3] != skills("strategy=hold", "strategies.jd=reservoir", "seed=5")[3]).any()


def test_a_platform_that_enters_with_history_has_the_skills_of_its_file() -> None:
    dates = ["calendar.end=2019-01-03", "calendar.warm_up=56", "capability.live.skill_sd=0.3"]
    entry = "scenario.entrants=[{platform: xiaohongshu, date: 2019-01-02}]"
    found = []
    for seed in (0, 1):
        market = Market(load_settings([*SMALL, *dates, entry, f"seed={seed}"]))
        while market.running:
            market.step()
        found.append(market.capabilities.skill[-1])
        market.close()
    assert (found[0] == found[1]).all()


def test_an_unknown_strategy_is_refused_in_one_sentence() -> None:
    given = load_settings([*SMALL])
    settings = given.model_copy(update={"strategy": given.strategy.model_copy(update={"name": "nobody"})})
    with pytest.raises(SettingsError, match=r"unknown strategy; known are"):
        Market(settings)


def test_the_first_month_is_compared_with_thirty_days() -> None:
    """Whoever used an app earlier only, while the market settled in, is not active in the month before."""
    market = Market(load_settings([*SMALL, "calendar.warm_up=200", "calendar.end=2019-01-10"]))
    columns = market.population.columns
    for p in range(len(market.platforms)):
        held = columns.last_used[p] != NEVER
        active = (columns.marks[p] & ACTIVE_LAST_MONTH) != 0
        np.testing.assert_array_equal(active[held], columns.last_used[p, held] >= -30)
    market.close()
