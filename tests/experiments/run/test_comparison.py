"""A run beside facts and the committed forecast: only facts, only the default market's band, forecast years marked."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.model_series import COLUMNS
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import PRIOR
from secondhalf.experiments.facts.yearly_facts import yearly_facts
from secondhalf.experiments.run.comparison import (
    METRICS,
    compare,
    comparison_table,
    extrapolated,
    extrapolated_words,
    notes,
)
from secondhalf.experiments.run.study import run
from tests.experiments.conftest import SILENT

LAST_FACT = dt.date(2024, 12, 31)
A_DAY = 1e9
"""RMB of GMV of each platform in these tables; people, minutes and revenue are as many."""
DATES = ("calendar.start=2019-01-01", "calendar.end=2026-12-31", "calendar.last_fact=2024-12-31")


def tables(settings: MarketSettings) -> dict[str, pd.DataFrame]:
    """Tables in which every number of a day is the same, and a quarter of what is sold is sold in malls."""
    calendar, names = settings.calendar, settings.competing
    days = pd.date_range(calendar.start, calendar.end).strftime("%Y-%m-%d")
    months = sorted({day[:7] for day in days})
    each = pd.MultiIndex.from_product([days, names], names=["date", "platform"]).to_frame(index=False)
    sold = pd.MultiIndex.from_product([months, names, ["mall", "live_store"]], names=["month", "platform", "channel"])
    return {
        "daily": each.assign(**dict.fromkeys(COLUMNS["daily"], A_DAY)),
        "channels": sold.to_frame(index=False).assign(gmv=[1.0, 3.0] * (len(sold) // 2)),
        "market": pd.DataFrame({"date": days}),
        "monthly": pd.DataFrame({"month": months}),
        "overlap": pd.DataFrame({"month": months}),
    }


def forecast(folder: Path, begins: int = 2025, years: Sequence[int] = (2025, 2026)) -> str:
    """A forecast of a quarter, and of Kuaishou's GMV and JD's daily users in whole years."""
    periods = [(f"{begins}-01-01", f"{begins}-03-31"), *((f"{year}-01-01", f"{year}-12-31") for year in years)]
    series = (
        ("gmv", "Kuaishou", "billion RMB", 1500.0),
        ("dau", "JD", "million", 160.0),
        ("mau", "JD", "million", 9.0),
    )
    rows = [
        (metric, platform, start, end, unit, value, *(value * share for share in (0.8, 0.9, 1.0, 1.1, 1.25)))
        for metric, platform, unit, value in series
        for start, end in periods
    ]
    heads = ["metric", "platform", "period_start", "period_end", "unit", "mean", "p05", "p25", "p50", "p75", "p95"]
    path = folder / "forecast.csv"
    pd.DataFrame(rows, columns=heads).to_csv(path, index=False)
    return str(path)


def found(words: Sequence[str] = (), **given: Any) -> tuple[dict[str, Any], dict[tuple[str, str, int], dict[str, Any]]]:
    """What a market of constant numbers says, and its rows by metric, platform and year."""
    settings = load_settings([*DATES, *words])
    compared = compare(settings, tables(settings), **given)
    return compared, {(row["metric"], row["platform"], row["year"]): row for row in compared["rows"]}


def with_knots(curve: str, knots: dict[str, float], *words: str) -> MarketSettings:
    """Settings with other knots of a curve, which overrides would only add to."""
    plain = load_settings(words).model_dump(mode="json")
    plain["calendar"][curve]["knots"] = knots
    return MarketSettings.from_dict(plain)


def shown(compared: dict[str, Any], width: int = 80) -> str:
    text = io.StringIO()
    Console(file=text, width=width).print(comparison_table(compared))
    return text.getvalue()


def test_a_year_is_its_own_fact_or_its_four_quarters() -> None:
    facts = yearly_facts(2024, list(METRICS), LAST_FACT)
    own = [one for one in read_targets().all if one.metric in METRICS and one.rule.of == "kuaishou"]
    for metric, together in (("gmv", sum), ("dau", lambda values: sum(values) / 4)):
        quarters = [one.value for one in own if one.metric == metric and one.start.year == 2024]
        assert len(quarters) == 4
        assert facts[metric, "kuaishou"].value == pytest.approx(together(quarters))
    (revenue,) = (one.value for one in own if one.metric == "online_marketing_revenue" and one.end == LAST_FACT)
    assert facts["online_marketing_revenue", "kuaishou"].value == revenue
    assert facts["gmv", "kuaishou"].grade == "B"  # the weakest of A, A, A, B
    assert ("online_marketing_revenue", "pinduoduo") not in facts, "three quarters are no year"


def test_what_is_no_fact_of_the_year_is_left_out() -> None:
    declared = [one for one in read_targets().all if one.grade == PRIOR and one.metric == "gmv"]
    assert declared
    facts = yearly_facts(declared[0].start.year, list(METRICS), LAST_FACT)
    assert (declared[0].metric, declared[0].rule.of) not in facts
    assert not yearly_facts(2024, list(METRICS), dt.date(2024, 9, 30))
    own = next(one for one in read_targets().all if one.metric == "gmv" and (one.end - one.start).days == 364)
    assert yearly_facts(own.start.year, ["gmv"], LAST_FACT, [own])
    assert not yearly_facts(own.start.year, ["gmv"], LAST_FACT, [replace(own, bound="at_least")])


def test_the_fitted_year_has_a_miss_and_forecast_years_a_band(tmp_path: Path) -> None:
    name = forecast(tmp_path)
    compared, rows = found(forecast=name)
    assert (compared["facts_end"], compared["forecast"], compared["no_band"]) == ("2024-12-31", name, "")
    assert {year for _, _, year in rows} == {2024, 2025, 2026}
    past = rows["gmv", "kuaishou", 2024]
    assert past["run"] == pytest.approx(366)  # billion RMB: a leap year
    assert past["miss"] == pytest.approx(366 / past["reported"] - 1)
    assert (past["p05"], past["unit"], past["grade"]) == (None, "billion RMB", "B")
    ahead = rows["gmv", "kuaishou", 2025]
    assert (ahead["reported"], ahead["miss"], ahead["grade"]) == (None, None, "")
    assert ahead["run"] == pytest.approx(365)
    assert [ahead[name] for name in ("p05", "p50", "p95")] == pytest.approx([1200, 1500, 1875])
    assert rows["pan_shelf_share_of_gmv", "douyin", 2025]["run"] == pytest.approx(25)
    assert rows["pan_shelf_share_of_gmv", "douyin", 2025]["p50"] is None
    assert rows["dau", "jd", 2024]["reported"] is None
    assert rows["dau", "jd", 2024]["run"] == pytest.approx(1000)
    assert not {metric for metric, _, _ in rows} - set(METRICS)
    assert ("gmv", "jd", 2024) not in rows, "neither a fact nor a band"


@pytest.mark.parametrize(
    "word", ["population.users=300", "population.merchants=20", "seed=5", "calendar.end=2025-12-31"]
)
def test_size_luck_and_last_day_leave_it_the_default_market(tmp_path: Path, word: str) -> None:
    compared, rows = found([word], forecast=forecast(tmp_path))
    assert compared["no_band"] == ""
    assert rows["gmv", "kuaishou", 2025]["p50"] == 1500


@pytest.mark.parametrize(
    ("word", "setting"),
    [
        ("strategy=hold", "strategy.name"),
        ("scenario=mall_ban", "scenario.name"),
        ("users.needs_per_day=0.9", "users.needs_per_day"),
        ("mechanisms.seasons=false", "mechanisms.seasons"),
        ("calendar.start=2020-01-01", "calendar.start"),
    ],
)
def test_no_band_beside_another_market(tmp_path: Path, word: str, setting: str) -> None:
    compared, rows = found([word], forecast=forecast(tmp_path))
    assert compared["no_band"].startswith("this market is not the default one (")
    assert setting in compared["no_band"]
    assert compared["forecast"] is None
    assert all(row["p05"] is row["p50"] is row["p95"] is None for row in rows.values())
    assert rows["gmv", "kuaishou", 2025]["run"] == pytest.approx(365)
    assert ("dau", "jd", 2025) not in rows
    assert "90 % band" not in shown(compared)


def test_no_band_after_a_checkpoint_of_another_market(tmp_path: Path) -> None:
    compared, _ = found(forecast=forecast(tmp_path), earlier=["strategy"])
    assert compared["no_band"] == "this market is not the default one (strategy)"


def test_no_band_of_a_forecast_from_an_earlier_day(tmp_path: Path) -> None:
    compared, _ = found(forecast=forecast(tmp_path, begins=2023))
    assert (
        compared["no_band"] == "the committed forecast begins on 2023-01-01 and not on 2025-01-01, after the last fact"
    )
    assert compared["forecast"] is None


def test_a_run_that_ends_before_the_last_fact_has_no_forecast() -> None:
    compared, rows = found(["calendar.end=2022-06-30"])
    assert {year for _, _, year in rows} == {2021}
    assert compared["no_band"] == ""
    assert notes({"comparison": compared, "last_day": "2022-06-30", "extrapolated": {}}) == []
    assert "one run" not in shown(compared)
    compared, rows = found(["calendar.end=2019-06-30"])
    assert rows == {}
    assert comparison_table(compared) is None


def test_the_printed_table(tmp_path: Path) -> None:
    compared, _ = found(forecast=forecast(tmp_path))
    text = shown(compared)
    assert max(map(len, text.splitlines())) <= 80
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == "Fitted to 2024 | forecast"
    assert "2024 2024 2024 2025 2025 2025" in lines
    assert "reported run miss one run median 90 % band" in lines
    assert "Kuaishou 1,390 366 -74% 365 1,500 1,200 to 1,875" in lines
    assert "JD - 1,000 - 1,000 160 128 to 200" in lines
    assert "2026" not in text
    assert notes({"comparison": compared, "last_day": "2026-12-31", "extrapolated": {}}) == [
        "facts end on 2024-12-31; what follows is a forecast"
    ]


def test_curves_that_end_before_the_run_are_named() -> None:
    settings = with_knots("phone_minutes", {"2019-01-01": 360, "2025-06-30": 366}, "calendar.end=2025-12-31")
    ends = {name: str(last) for name, last in settings.calendar.known_until.items()}
    assert ends["phone_minutes"] == "2025-06-30"
    assert extrapolated(settings) == ends
    assert "phone_minutes after 2025-06-30" in extrapolated_words(ends)
    assert extrapolated(load_settings(["mechanisms.outside_growth=false"])) == {}
    assert extrapolated(load_settings(["calendar.end=2019-12-31"])) == {}
    assert extrapolated_words({}) == ""


def test_a_run_says_and_writes_it(tmp_path: Path) -> None:
    """The market's own last fact is told, in the table, the lines and summary.json."""
    words = ["population.users=60", "population.merchants=8", "calendar.end=2020-12-31", "calendar.warm_up=56"]
    knots = {"2018-07-01": 1109, "2019-07-01": 1135}
    settings = with_knots("people_online", knots, *words, "calendar.last_fact=2019-12-31")
    text = io.StringIO()
    summary = run(settings, tmp_path, SILENT, console=Console(file=text, width=120))
    said = text.getvalue()
    assert said.index("Fitted to 2019 | forecast") < said.index("facts end on 2019-12-31; what follows is a forecast")
    assert said.index("facts end on 2019-12-31") < said.index("Last 365 days to 2020-12-31 (forecast, one run)")
    assert "no band: this market is not the default one (calendar." in said
    assert "extrapolated with damped growth: people_online after 2019-07-01" in said
    assert summary["extrapolated"] == {"people_online": "2019-07-01"}
    rows = [row for row in summary["comparison"]["rows"] if row["metric"] == "gmv" and row["platform"] == "kuaishou"]
    assert [row["year"] for row in rows] == [2019, 2020]
    daily = pd.read_csv(tmp_path / "daily.csv")
    own = daily[(daily["platform"] == "kuaishou") & daily["date"].str.startswith("2019")]["gmv"].sum() / 1e9
    assert rows[0]["run"] == pytest.approx(own)
