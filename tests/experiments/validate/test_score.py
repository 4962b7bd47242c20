"""Tests of scores of a committed forecast: what is compared, naive forecasts from what was known, refusals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.facts.period_tables import latest_forecast, read_facts, read_forecast
from secondhalf.experiments.validate.score import score
from secondhalf.experiments.validate.tables import horizon_table
from secondhalf.model.data_files import data_file

FIRST = "forecast_2023_2025.csv"


def fact(year: int, value: float, grade: str = "A", unit: str = "billion RMB") -> dict[str, object]:
    span = {"period_start": f"{year}-01-01", "period_end": f"{year}-12-31"}
    return {"metric": "gmv", "platform": "JD", **span, "value": value, "unit": unit, "grade": grade}


def forecast(year: int, middle: float) -> dict[str, object]:
    span = {"period_start": f"{year}-01-01", "period_end": f"{year}-12-31"}
    quantiles = {"p05": middle * 0.8, "p25": middle * 0.9, "p50": middle, "p75": middle * 1.1, "p95": middle * 1.2}
    return {"metric": "gmv", "platform": "JD", **span, "unit": "billion RMB", "mean": middle, **quantiles}


def written(folder: Path, name: str, rows: list[dict[str, object]]) -> str:
    pd.DataFrame(rows).to_csv(folder / name, index=False)
    return str(folder / name)


def test_errors_bands_and_naive_forecasts_by_hand(tmp_path: Path) -> None:
    known = [fact(2020, 100.0), fact(2021, 200.0), fact(2022, 300.0)]
    facts = read_facts(written(tmp_path, "facts.csv", [*known, fact(2023, 400.0), fact(2024, 500.0)]))
    own = read_forecast(written(tmp_path, "own.csv", [forecast(2023, 380.0), forecast(2024, 1000.0)]))
    points, series = score(own, facts, "both")
    assert points["fact"].tolist() == [400.0, 500.0]
    assert points["years_ahead"].tolist() == [1, 2]
    assert points["origin"].unique().tolist() == ["2022-12-31"]
    # Flows are rates a day: 2020 and 2024 are leap years.
    assert points["last_value"].tolist() == pytest.approx([300.0, 300.0 * 366 / 365])
    assert points["linear"].tolist() == pytest.approx([400.0, 500.0], rel=0.01)
    row = series.iloc[0]
    assert row["model"] == pytest.approx((0.05 + 1.0) / 2)
    assert row["covered"] == 0.5
    assert row["counted"] == 1
    assert row["won"] == 0
    years = horizon_table(points, series)
    assert years["years_ahead"].tolist() == [1, 2]
    assert years["covered"].tolist() == [1.0, 0.0]
    expected = 0.05 / abs(points["rulers_mean"][0] / 400 - 1)
    assert years["ratio"][0] == pytest.approx(expected)


def test_of_several_facts_the_best_graded_counts_and_others_do_not(tmp_path: Path) -> None:
    rows = [fact(2023, 1.0, "C"), fact(2023, 2.0, "B"), fact(2023, 3.0, "A"), fact(2024, 4.0, "R")]
    facts = read_facts(written(tmp_path, "facts.csv", rows))
    assert facts["value"].tolist() == [3.0]


@pytest.mark.parametrize(
    ("facts", "own", "message"),
    [
        ([{"metric": "gmv"}], [forecast(2023, 1.0)], r"validate\.score=.*the column .* is missing"),
        ([fact(2023, 1.0)], [{"metric": "gmv"}], r"validate\.forecast=.*the column .* is missing"),
        ([fact(2023, 1.0, unit="million RMB")], [forecast(2023, 1.0)], "not one fact"),
        ([fact(2022, 1.0)], [forecast(2023, 1.0)], "not one fact"),
        ([fact(2023, 1.0) | {"period_end": "soon"}], [forecast(2023, 1.0)], r"line 2: period_end=soon is no date"),
        ([fact(2023, 1.0)], [forecast(2023, 1.0) | {"p05": "low"}], "p05 holds something that is no number"),
    ],
)
def test_files_that_do_not_fit_are_refused(
    tmp_path: Path, facts: list[dict[str, object]], own: list[dict[str, object]], message: str
) -> None:
    names = written(tmp_path, "facts.csv", facts), written(tmp_path, "own.csv", own)
    with pytest.raises(SettingsError, match=message):
        score(read_forecast(names[1]), read_facts(names[0]), "both")


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"validate\.score=nowhere\.csv: cannot be read"):
        read_facts("nowhere.csv")


def test_the_first_forecast_can_be_scored_against_the_facts_since() -> None:
    points, series = score(read_forecast(FIRST), read_facts("market_facts.csv"), "both")
    assert (points["period_start"] >= "2023-01-01").all()
    assert len(points) >= 40
    assert series["counted"].sum() >= 5
    years = horizon_table(points, series)
    assert (years["ratio"] > 1).all()  # it lost to the mean of the rulers, as docs/forecast_record.md says


def test_the_latest_forecast_is_found() -> None:
    assert data_file(latest_forecast()).exists()
