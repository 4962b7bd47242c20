"""Targets are the facts that they name, measured as declared; what is wrong with them is said with file and line."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.model_series import SeriesRule
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import LAST_FACT, PRIOR, check_horizon
from secondhalf.model.data_files import data_file

DAU = {
    "metric": "dau",
    "platform": "Kuaishou",
    "unit": "million",
    "table": "daily",
    "of": "kuaishou",
    "column": "active_users",
    "per": "mean",
    "scale": 1e6,
    "periods": ["2020-10-01/2020-12-31"],
}
ERRORS = {"A": 0.03, "B": 0.05, "D": 0.05}


def fact_lines() -> list[str]:
    """Lines of the facts, the head among them."""
    return data_file("market_facts.csv").read_text(encoding="utf-8").splitlines()


def dau_line() -> int:
    """Number of the line that `DAU` stands for, from 1."""
    (found,) = [n for n, line in enumerate(fact_lines(), 1) if line.startswith("dau,Kuaishou,2020-10-01,2020-12-31,")]
    return found


def written(folder: Path, *entries: dict[str, object]) -> str:
    """A file of targets, one entry a line from line 3 on."""
    lines = [
        f"errors: {ERRORS}",
        "targets:",
        *(f"- {yaml.safe_dump(e, default_flow_style=True, width=9999)}" for e in entries),
    ]
    path = folder / "own.yaml"
    path.write_text("\n".join(line.strip("\n") for line in lines) + "\n", encoding="utf-8")
    return str(path)


def test_shipped_targets_are_reported_facts_up_to_the_last() -> None:
    targets = read_targets()
    with data_file("market_facts.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    declared = sum(target.grade == PRIOR for target in targets.all)
    assert {target.grade for target in targets.all} == {"A", "B", "D", PRIOR}
    assert all(target.end <= LAST_FACT for target in targets.all)
    assert len(targets) - declared + sum(targets.left.values()) == len(rows)
    reported = {
        (r["metric"], r["platform"], r["period_start"], r["period_end"], float(r["value"]))
        for r in rows
        if r["grade"] in "ABD" and _number(r["value"])
    }
    for target in targets.all:
        if target.grade == PRIOR:
            continue
        assert (target.metric, target.platform, str(target.start), str(target.end), target.value) in reported


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def test_every_series_that_the_model_should_meet_is_there() -> None:
    series = {(target.metric, target.platform) for target in read_targets().all}
    assert series >= {
        *(("dau", p) for p in ("Kuaishou", "Douyin")),
        *(("mau", p) for p in ("Kuaishou", "Pinduoduo", "Douyin")),
        *(("gmv", p) for p in ("Kuaishou", "Douyin", "Taobao+Tmall", "JD", "Pinduoduo")),
        *(("annual_active_buyers", p) for p in ("Taobao+Tmall", "JD", "Pinduoduo")),
        *(("gmv_market_share", p) for p in ("Alibaba", "JD", "Kuaishou")),
        *(("pan_shelf_share_of_gmv", p) for p in ("Kuaishou", "Douyin")),
        *(("online_marketing_revenue", p) for p in ("Kuaishou", "Pinduoduo")),
        ("orders", "Pinduoduo"),
        ("gmv_per_monthly_buyer", "Kuaishou"),
        ("daily_minutes_per_dau", "Kuaishou"),
        ("repurchase_rate_monthly", "Kuaishou"),
        ("q4_share_of_annual_gmv", "Kuaishou"),
        ("share_of_mobile_internet_time", "short video"),
        ("overlap_users", "Douyin & Kuaishou"),
        ("mau_mobile_internet_china", "all"),
        ("double11_share_of_annual_online_retail", "all"),
    }


def test_the_whole_ecosystem_is_no_platform() -> None:
    early = [t for t in read_targets().all if t.end <= dt.date(2021, 3, 31)]
    values = {t.value for t in early if (t.metric, t.platform) == ("gmv", "Taobao+Tmall")}
    assert values == {6600, 7494}


def test_what_is_not_named_is_counted_and_left(tmp_path: Path) -> None:
    targets = read_targets(written(tmp_path, DAU))
    assert len(targets) == 1
    assert targets.all[0].value == 271.3
    assert targets.all[0].error == ERRORS["B"]
    assert sum(targets.left.values()) == len(fact_lines()) - 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"metric": "dua"}, "metric=dua is unknown"),
        ({"column": "active"}, "column=active: daily has no such column"),
        ({"unit": "billion"}, f"unit=billion, but market_facts.csv line {dau_line()} is in million"),
        ({"periods": ["2020-12-31/2020-10-01"]}, "ends before it starts"),
        ({"periods": ["2020-10-01"]}, "is no YYYY-MM-DD/YYYY-MM-DD"),
        ({"periods": ["2020-10-01/2020-12-30"]}, "has no dau of Kuaishou"),
        ({"periods": ["2019-01-01/2019-12-31"]}, "is of grade R"),
        ({"periods": ["2020-10-01/2025-03-31"]}, "ends after 2024-12-31"),
        ({"scale": -1}, "scale=-1"),
        ({"error": 0}, "error=0"),
        ({"error": -0.1}, "error=-0.1"),
        ({"per": "ratio"}, "ratio and spend need `over`"),
        ({"per": "window"}, "window needs its days"),
        ({"per": "median"}, "allowed are mean, sum, last, ratio, spend, among, window"),
        ({"colour": "red"}, "there is no such setting"),
    ],
)
def test_a_bad_target_is_refused_with_its_line(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_targets(written(tmp_path, DAU | {"periods": ["2022-10-01/2022-12-31"]}, DAU | change))
    assert str(refused.value).startswith("own.yaml line 4: ")
    assert reason in str(refused.value)


def test_a_negative_value_is_refused_with_both_lines(tmp_path: Path) -> None:
    rows, line = fact_lines(), dau_line()
    rows[line - 1] = rows[line - 1].replace("271.3", "-271.3")
    facts = tmp_path / "facts.csv"
    facts.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(
        SettingsError, match=rf"own.yaml line 3: value=-271.3 \(market_facts.csv line {line}\) is no positive"
    ):
        read_targets(written(tmp_path, DAU), str(facts))


def test_a_fact_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"line 4: dau Kuaishou 2020-10-01/2020-12-31 is named twice"):
        read_targets(written(tmp_path, DAU, DAU))


def test_two_rows_that_differ_in_their_note_are_told_apart(tmp_path: Path) -> None:
    gmv = DAU | {"metric": "gmv", "platform": "Taobao+Tmall", "unit": "billion RMB", "of": "taobao", "column": "gmv"}
    gmv |= {"periods": ["2020-04-01/2021-03-31"]}
    with pytest.raises(SettingsError, match="2 rows of gmv of Taobao"):
        read_targets(written(tmp_path, gmv))
    assert read_targets(written(tmp_path, gmv | {"note_has": "China retail"})).all[0].value == 7494


def test_a_target_outside_the_horizon_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"lies outside of the horizon, 2019-01-01 to 2021-12-31"):
        check_horizon(read_targets(), load_settings(["calendar.end=2021-12-31"]))
    with pytest.raises(SettingsError, match=r"needs jd"):
        check_horizon(
            read_targets(),
            load_settings(
                ["platforms=[kuaishou,douyin,taobao,pinduoduo]", "calendar.festivals.six_eighteen.platforms=[taobao]"]
            ),
        )


DAYS = [str(dt.date(2020, 12, 29) + dt.timedelta(days=n)) for n in range(6)]


def daily() -> dict[str, pd.DataFrame]:
    """Two platforms over six days around a new year."""
    rows = [
        {"date": day, "platform": name, "gmv": gmv * (n + 1), "leaked_gmv": 0.5, "annual_buyers": 10.0 + n}
        for n, day in enumerate(DAYS)
        for name, gmv in (("a", 1.0), ("b", 3.0))
    ]
    return {"daily": pd.DataFrame(rows).set_index("date")}


@pytest.mark.parametrize(
    ("per", "columns", "over", "expected"),
    [
        ("sum", ("gmv",), None, 2 + 3),
        ("sum", ("gmv", "leaked_gmv"), None, 2 + 3 + 1),
        ("mean", ("gmv",), None, 2.5),
        ("last", ("gmv",), None, 3),
        ("ratio", ("gmv",), "annual_buyers", 5 / 23),
        ("spend", ("gmv",), "annual_buyers", 5 / 12),
        ("among", ("gmv",), None, 0.25),
        ("window", ("gmv",), None, 3 / 5),
    ],
)
def test_a_number_is_measured_as_declared(
    per: Any, columns: tuple[str, ...], over: str | None, expected: float
) -> None:
    window = ("12-31", "12-31") if per == "window" else None
    rule = SeriesRule("daily", "a", columns, over, per, window, 0.1)
    series = rule.series(daily())
    assert series.number(dt.date(2020, 12, 30), dt.date(2020, 12, 31)) == pytest.approx(10 * expected)
    assert np.isnan(series.number(dt.date(2022, 1, 1), dt.date(2022, 1, 2)))


def test_growth_is_over_the_same_days_a_year_before() -> None:
    table = pd.DataFrame(
        {"date": ["2019-02-27", "2019-02-28", "2019-03-01", "2020-02-28", "2020-02-29"], "platform": "a"}
    )
    table["gmv"] = [1.0, 2.0, 50.0, 4.0, 5.0]
    series = SeriesRule("daily", "a", ("gmv",), None, "growth", None, 1.0).series({"daily": table.set_index("date")})
    assert series.number(dt.date(2020, 2, 28), dt.date(2020, 2, 29)) == pytest.approx(9 / 2)
    assert np.isnan(series.number(dt.date(2019, 2, 28), dt.date(2019, 3, 1)))  # nothing before


def test_a_month_counts_when_any_of_its_days_is_asked_for() -> None:
    table = pd.DataFrame(
        {"month": ["2020-01", "2020-02", "2020-03"], "platform": "a", "repurchase_rate": [0.1, 0.2, 0.4]}
    )
    series = SeriesRule("monthly", "a", ("repurchase_rate",), None, "mean", None, 1.0).series(
        {"monthly": table.set_index("month")}
    )
    assert series.number(dt.date(2020, 1, 15), dt.date(2020, 2, 3)) == pytest.approx(0.15)


def test_a_pair_is_found_in_either_order() -> None:
    table = pd.DataFrame(
        {"month": ["2020-01"] * 2, "platform_a": ["a", "a"], "platform_b": ["b", "c"], "users": [1.0, 2.0]}
    )
    series = SeriesRule("overlap", ("c", "a"), ("users",), None, "mean", None, 1.0).series(
        {"overlap": table.set_index("month")}
    )
    assert series.number(dt.date(2020, 1, 1), dt.date(2020, 1, 31)) == 2.0
