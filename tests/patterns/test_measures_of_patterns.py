"""Each pattern holds in tables that are made to show it, and fails in those where one thing is otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.validate.patterns.pareto_tail import hill
from secondhalf.experiments.validate.patterns.pass_rules import BASELINE, FALLS, REPORTED, RISES, PassRule, near
from secondhalf.experiments.validate.patterns.patterns import (
    ARMS,
    BEARABLE,
    CROWDED,
    NO_MALL,
    OPEN_LINKS,
    PATTERNS,
    SPARE,
)
from secondhalf.experiments.validate.patterns.runs import COLUMNS, judged, measured
from tests.patterns import synthetic
from tests.patterns.synthetic import Runs, scaled

Spoil = Callable[[Runs], None]


@pytest.fixture(scope="module")
def good() -> Runs:
    return synthetic.runs()


def verdicts(of: list[Runs]) -> pd.DataFrame:
    """The table of two seeds or more, by pattern and quantity."""
    return judged([measured(runs) for runs in of]).set_index(["pattern", "quantity"])


def jitter(runs: Runs) -> Runs:
    """The same runs with a little luck in every size, so that a seed is not the other's copy."""
    base = runs[BASELINE]
    return runs | {BASELINE: base | {"daily": scaled(base["daily"], "minutes", 1.001)}}


def test_tables_that_show_everything_pass(good: Runs) -> None:
    table = verdicts([good, jitter(good)])
    judgeable = table["passed"].notna()
    assert (table.loc[judgeable, "passed"] == 1).all(), table[table["passed"] == 0]
    assert set(table.index[~judgeable]) == {
        ("short_video", "overtaking"),
        ("leak", "Kuaishou, 28 days after less 28 before"),
        ("leak", "Douyin, 28 days after less 28 before"),
        ("festival", "merchants above 100 million RMB"),
        ("festival", "merchants above 10 million RMB"),
    }
    assert list(judged([measured(good)] * 2).columns) == list(COLUMNS)


def put(arm: str, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Spoil:
    """Change one table of one arm."""

    def spoil(runs: Runs) -> None:
        runs[arm] = runs[arm] | {name: change(runs[arm][name])}

    return spoil


def times(arm: str, name: str, column: str, factor: float) -> Spoil:
    """Multiply a column."""
    return put(arm, name, lambda table: scaled(table, column, factor))


def same_as(arm: str, other: str, name: str) -> Spoil:
    """Give an arm another's table."""
    return lambda runs: runs.update({arm: runs[arm] | {name: runs[other][name]}})


def without_move(platform: str, capability: str) -> Spoil:
    return put(
        BASELINE,
        "moves",
        lambda table: table[(table["platform"] != platform) | (table["capability"] != capability)],
    )


def of_one(platform: str, column: str, factor: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(**{column: table[column] * np.where(table["platform"] == platform, factor, 1.0)})


def lognormal(table: pd.DataFrame) -> pd.DataFrame:
    """Sales whose tail has a sensible exponent but bends."""
    sizes = np.sort(np.exp(np.random.default_rng(0).normal(0, 1.4, 10_000)))[::-1]
    return pd.DataFrame({"gmv": sizes, "weight": np.where(np.arange(sizes.size) < 1000, 1.0, 1.001)})


def steeper(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(gmv=(table["gmv"] / table["weight"]) ** (1 / 3) * table["weight"])


SPOILS: list[tuple[str, str, Spoil]] = [
    ("new_users", "", put(BASELINE, "flows", lambda table: table.assign(minutes=10.0 + (table["month"] > "2021")))),
    ("new_users", "", put(BASELINE, "moves", lambda table: table[table["date"] < "2022"])),
    ("short_video", "December 2021", times(BASELINE, "market", "short_video_share", 1.2)),
    ("short_video", "lead in December 2021", times(BASELINE, "market", "instant_messaging_share", 1.5)),
    ("short_video", "lead in June 2019", times(BASELINE, "market", "instant_messaging_share", 0.4)),
    ("minutes", "2020", times(BASELINE, "daily", "minutes", 1.12)),
    ("minutes", "2022 Q4", times(BASELINE, "daily", "minutes", 0.88)),
    ("fourth_quarter", "2021", put(BASELINE, "daily", lambda table: table.assign(gmv=1.0))),
    ("gmv_shares", "Kuaishou", put(BASELINE, "daily", of_one("kuaishou", "gmv", 1.4))),
    ("gmv_shares", "Alibaba", put(BASELINE, "daily", of_one("taobao", "gmv", 0.7))),
    ("merchants_tail", "Hill", put(BASELINE, "merchants", steeper)),
    ("merchants_tail", "log rank - 1/2", put(BASELINE, "merchants", steeper)),
    ("merchants_tail", "largest tenth against the whole tail", put(BASELINE, "merchants", lognormal)),
    ("pan_shelf", "Kuaishou, since the mall, against no malls", same_as(NO_MALL, BASELINE, "channels")),
    (
        "pan_shelf",
        "Douyin, since the mall, against the year before",
        put(BASELINE, "channels", lambda table: table.assign(gmv=1.0)),
    ),
    ("pan_shelf", "Kuaishou, since the mall, against no malls", without_move("kuaishou", "mall")),
    (
        "leak",
        "Douyin, 28 days after less 28 before, less open links",
        put(BASELINE, "feed", lambda table: table.assign(leaked=30.0)),
    ),
    ("leak", "Kuaishou, 90 days after, against open links", same_as(OPEN_LINKS, BASELINE, "feed")),
    ("leak", "Douyin, 90 days after, against open links", without_move("douyin", "external_links")),
    ("selling_load", "minutes, above the limit over below, less 1", same_as(CROWDED, BASELINE, "daily")),
    ("selling_load", "minutes, above the limit over below, less 1", same_as(CROWDED, BASELINE, "feed")),
    ("selling_load", "retention, above the limit less below", same_as(CROWDED, BASELINE, "monthly")),
    ("selling_load", "minutes, at the limit over half of it, less 1", times(BEARABLE, "daily", "minutes", 0.97)),
    ("selling_load", "minutes, at the limit over half of it, less 1", same_as(SPARE, CROWDED, "feed")),
    ("fans", "all visits of 2022", times(BASELINE, "visits", "fan_buying_days", 0.3)),
    ("fans", "within users", times(BASELINE, "visits", "fan_buying_days", 0.3)),
    ("repurchase", "September 2021", times(BASELINE, "monthly", "repurchase_rate", 0.8)),
    ("overlap", "June 2019", times(BASELINE, "overlap", "users", 0.7)),
]


@pytest.mark.parametrize("n", range(len(SPOILS)), ids=lambda n: f"{SPOILS[n][0]}-{SPOILS[n][1]}")
def test_one_thing_otherwise_fails(good: Runs, n: int) -> None:
    pattern, quantity, spoil = SPOILS[n]
    spoiled = dict(good)
    spoil(spoiled)
    table = verdicts([spoiled, jitter(spoiled)])
    quantity = quantity or PATTERNS[pattern].quantities[0].name
    assert table.loc[(pattern, quantity), "passed"] == 0


def test_every_judged_pattern_can_fail() -> None:
    judgeable = {name for name, pattern in PATTERNS.items() if any(one.rule.judged for one in pattern.quantities)}
    assert {pattern for pattern, _, _ in SPOILS} == judgeable
    assert {arm for pattern in PATTERNS.values() for arm in pattern.arms} == set(ARMS)


def test_keen_shoppers_are_no_proof_that_ties_matter(good: Runs) -> None:
    """Two users who buy as often as fans as otherwise; the keen one is a fan more often."""
    visits = pd.DataFrame(
        {"fan_days": [90, 10], "fan_buying_days": [45, 1], "stranger_days": [10, 90], "stranger_buying_days": [5, 9]}
    )
    table = verdicts([good | {BASELINE: good[BASELINE] | {"visits": visits}}] * 2)
    assert table.loc[("fans", "all visits of 2022"), "model"] == pytest.approx(0.46 / 0.14)
    assert table.loc[("fans", "within users"), "model"] == pytest.approx(1.0)
    assert table.loc[("fans", "within users"), "passed"] == 0


def test_numbers_by_hand(good: Runs) -> None:
    table = verdicts([good, good])["model"]
    assert table["new_users"].iloc[0] == pytest.approx(0.4 - 1)
    assert table["leak", "Douyin, 28 days after less 28 before"] == pytest.approx(-20)
    assert table["pan_shelf", "Kuaishou, since the mall, against no malls"] == pytest.approx(100 * (5 / 13 - 2 / 10))
    assert table["fans", "all visits of 2022"] == pytest.approx((13 / 60) / (13 / 140))
    assert table["fans", "within users"] == pytest.approx((10 * 0.5 + 3 * 0.9) / (4 * 0.5 + 9 * 0.1))
    assert table["gmv_shares", "Kuaishou"] == pytest.approx(4.1 * 0.97, rel=0.01)
    assert table["short_video", "overtaking"] == pytest.approx(2021 + 6 / 12)


@pytest.mark.parametrize("exponent", [0.9, 1.5, 3.0])
def test_hill_finds_the_exponent_of_a_pareto_sample(exponent: float) -> None:
    sizes = np.sort(np.random.default_rng(1).pareto(exponent, 4000) + 1)[::-1]
    assert hill(sizes, np.ones(sizes.size)) == pytest.approx(exponent, rel=4 / math.sqrt(4000))
    halves = np.repeat(sizes, 2), np.full(2 * sizes.size, 0.5)
    assert hill(*halves) == pytest.approx(hill(sizes, np.ones(sizes.size)), rel=0.01)


def test_rules() -> None:
    fact = near(100.0, 0.05)
    assert (fact.low, fact.high) == pytest.approx((90.2, 109.8))
    assert fact.holds(109.0, 50.0), "how seeds scatter neither saves nor condemns a mean"
    assert not fact.holds(110.0, 0.0)
    assert RISES.holds(2.0, 1.0)
    assert not RISES.holds(2.0, 2.0), "the interval touches zero"
    assert not FALLS.holds(0.0, 0.0), "no change is no fall"
    assert not RISES.holds(math.nan, math.nan)
    assert not REPORTED.judged
    assert [str(rule) for rule in (RISES, FALLS, PassRule(1.0, 2.0), REPORTED)] == [
        "95 % interval above 0",
        "95 % interval below 0",
        "mean within 1 to 2",
        "reported",
    ]
