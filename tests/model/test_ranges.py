"""Ranges: what a market cannot run with is refused before it is built, with the setting and its value."""

from __future__ import annotations

import re
from dataclasses import replace

import psutil
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.command.request import check_market
from secondhalf.model.market import Market
from secondhalf.model.observers.reporters import instant_messaging_share, outside_share

SMALL = ("population.users=60", "population.merchants=12", "calendar.warm_up=56", "calendar.end=2019-01-05")


@pytest.mark.parametrize(
    "word",
    [
        "capability.mall.ramp_days=1e-9",
        "merchants.supply_elasticity=1000",
        "users.budget_sd=1000",
        "users.price_weight=1e6",
        "users.outside=1e-12",
        "platform.jd.leisure=500",
        "capability.subsidy.price_cut=1e15",
        "platform.jd.tier_fit=-6",
        "users.channel_nest=0.01",
        "platform.jd.taste_shelf=1e15",
        "calendar.phone_minutes.knots.2019-12-31=1441",
        "growth.recruit_days=1000000",
        "users.habit_half_minutes=1e-9",
    ],
)
def test_single_settings(word: str) -> None:
    name, _, value = word.partition("=")
    with pytest.raises(SettingsError, match=rf"{re.escape(name)}=\S+: input should be ") as refused:
        load_settings([*SMALL, word])
    given = re.match(r"\S+=(\S+):", str(refused.value))
    assert given is not None
    assert float(given[1]) == float(value)


@pytest.mark.parametrize("strategy", ["hold", "best_response"])
def test_something_must_count(strategy: str) -> None:
    words = [f"objective.weights.{part}=0" for part in ("profit", "attention", "gmv")]
    with pytest.raises(SettingsError, match=r"objective\.weights: one of the weights must count"):
        load_settings([*SMALL, f"strategy={strategy}", "objective=blend", *words])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["users.habit_weight=30", "users.social_weight=28", "platform.jd.leisure=29"],
         "users.habit_weight=30: with it the utility of time on "),
        (["platform.jd.appeal=29", "users.walk_away=28", "users.opening_cost=20"],
         "platform.jd.appeal=29: with it the utility of buying on jd "),
        (["users.closed_loop=30", "users.loyalty_weight=29", "users.repeat_bonus=25"],
         "users.closed_loop=30: with it the utility of buying on "),
        (["capability.subsidy.price_cut=0.9", "users.price_weight=10", "users.repeat_bonus=20", "users.walk_away=20",
          "users.opening_cost=20"],
         "users.price_weight=10: with it the utility of buying on "),
        (["+platform.jd.depth_trend={2020-01-01: 100, 2021-01-01: 1}", "users.habit_weight=30",
          "users.social_weight=25", "platform.jd.leisure=10"],
         "users.habit_weight=30: with it the utility of time on jd "),
        (["calendar.phone_minutes.knots.2022-12-31=1440", "+calendar.phone_minutes.damping=0",
          "calendar.end=2032-12-31"],
         "calendar.phone_minutes.knots: what grows on after 2022-12-31 reaches "),
    ],
)  # fmt: skip
def test_settings_together(words: list[str], message: str) -> None:
    """Also in a notebook, where no command has checked them."""
    settings = load_settings([*SMALL, *words])
    for begin in (check_market, Market):
        with pytest.raises(SettingsError) as refused:
            begin(settings)
        assert str(refused.value).startswith(message)
        assert "\n" not in str(refused.value)


def test_a_market_that_does_not_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(["population.users=5000000"])
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=10**9))
    with pytest.raises(SettingsError, match=r"population\.users=5000000: needs about 1\.\d+ GB .*1 GB are free; about"):
        check_market(settings)
    with pytest.raises(SettingsError, match=r"population\.merchants=1000000: needs about "):
        check_market(load_settings(["population.merchants=1000000"]))
    check_market(load_settings(["population.users=100000"]))


def test_no_share_is_below_zero() -> None:
    """Minutes in single precision may add up to a little more than the day; the time outside is never below nothing."""
    market = Market(load_settings(SMALL))
    market.step()
    market.day -= 1
    assert outside_share(market) > 0.1
    more = market.book.minutes * (market.book.phone_minutes / market.book.minutes.sum() * (1 + 1e-7))
    market.book = replace(market.book, minutes=more)
    assert outside_share(market) == 0
    assert instant_messaging_share(market) == 0
    market.close()
