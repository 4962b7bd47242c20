"""The default market shows the patterns that it is said to show; those that a mechanism brings about go with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.targets import sized
from secondhalf.experiments.validate.patterns.pass_rules import PassRule
from secondhalf.experiments.validate.patterns.patterns import ARMS, PATTERNS, SPARE
from secondhalf.experiments.validate.patterns.runs import evidence, judged, measured, pattern_seed_of, patterns
from secondhalf.model.data_files import data_file

SEEDS, USERS, MERCHANTS = 3, 3000, 2000

Case = tuple[str, list[str], dt.date, int, dict[str, PassRule]]
OFF: list[Case] = [
    (
        "short_video",
        ["strategy=hold", "mechanisms.innovation=false", "mechanisms.imitation=false"],
        dt.date(2021, 12, 31),
        100,
        {"lead in December 2021": PassRule(high=0.0)},
    ),
    (
        "merchants_tail",
        ["merchants.pareto_exponent=5"],
        dt.date(2019, 3, 31),
        2000,
        {"log rank - 1/2": PassRule(low=2.0)},
    ),
    (
        "pan_shelf",
        ["capability.mall.skill.content=0.001"],
        dt.date(2022, 12, 31),
        100,
        {f"{name}, since the mall, against no malls": PassRule(-2.0, 2.0) for name in ("Kuaishou", "Douyin")},
    ),
    (
        "leak",
        ["mechanisms.open_links=false"],
        dt.date(2021, 1, 7),
        100,
        {
            f"Douyin, {name}": PassRule(-1.0, 1.0)
            for name in ("90 days after, against open links", "28 days after less 28 before, less open links")
        },
    ),
    (
        "selling_load",
        ["mechanisms.clutter=false"],
        dt.date(2020, 9, 30),
        100,
        {
            "minutes, above the limit over below, less 1": PassRule(low=-5.0),
            "retention, above the limit less below": PassRule(low=-1.5),
        },
    ),
    ("fans", ["users.fan.rate_mean=1e-6"], dt.date(2022, 12, 31), 100, {"within users": PassRule(high=1.4)}),
]
"""Pattern, what takes its cause away, last day, merchants, and between which bounds a number then lies instead.

The bounds leave room for the luck of a few users; with its cause each number lies far outside of them.
"""


def committed() -> pd.DataFrame:
    """What `validate` found over its seeds, by pattern and quantity."""
    return pd.read_csv(data_file("validation/patterns.csv")).set_index(["pattern", "quantity"])


def rule_of(pattern: str, quantity: str) -> PassRule:
    return next(one.rule for one in PATTERNS[pattern].quantities if one.name == quantity)


@pytest.mark.slow
def test_default_market_shows_what_the_committed_table_says() -> None:
    """Few seeds find no pattern missing that the table shows; but for numbers whose interval there crosses a bound."""
    known = committed()
    table = patterns(load_settings(), SEEDS, USERS, MERCHANTS, workers=1)
    surprises = []
    for row in table[table["passed"] == 0].itertuples():
        before, rule = known.loc[(row.pattern, row.quantity)], rule_of(row.pattern, row.quantity)
        at_a_bound = any(before["low"] < bound < before["high"] for bound in (rule.low, rule.high))
        same = row.low <= before["model"] <= row.high  # few seeds have a wide interval, which may cross a bound
        if before["passed"] == 1 and not at_a_bound and not same:
            surprises.append(row)
    assert not surprises


def test_what_is_not_shown_is_said() -> None:
    """Numbers that the default market misses stand in the documentation as missed, and they are few."""
    known = committed()
    missed = known[known["passed"] == 0]
    text = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text(encoding="utf-8")
    table = text.partition("<!-- patterns -->")[2].partition("<!-- /patterns -->")[0]
    shown = [line for line in table.splitlines() if line.endswith("| **no** |")]
    assert {tuple(line.split(" | ")[:2]) for line in shown} == {
        (f"| {name}", quantity) for name, quantity in missed.index
    }
    assert len(missed) <= len(known[known["passed"].notna()]) / 5


@pytest.mark.slow
@pytest.mark.parametrize("case", OFF, ids=lambda case: case[0])
def test_pattern_is_gone_without_its_cause(case: Case) -> None:
    name, overrides, end, merchants, instead = case
    settings = load_settings(overrides)
    pattern = PATTERNS[name]
    chosen = {name: replace(pattern, quantities=tuple(one for one in pattern.quantities if one.name in instead))}
    arms = {arm: ARMS[arm] for arm in pattern.arms if arm != SPARE}
    seeds = [pattern_seed_of(sized(settings, 400, merchants, end, seed), arms) for seed in range(2)]
    found = [measured(evidence(seed), chosen) for seed in seeds]
    rows = judged(found, chosen).to_dict("records")
    assert {row["quantity"] for row in rows} == set(instead)
    for row in rows:
        # A mall without skill still brings a trace, of which few seeds are sure: the bounds tell it from a mall.
        assert row["passed"] == 0 or name == "pan_shelf"
        assert instead[row["quantity"]].holds(row["model"], 0.0), row
