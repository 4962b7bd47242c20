"""What was run once is kept: a search that was killed goes on, and a broken last line costs that line alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts import evaluations
from secondhalf.experiments.facts.evaluations import Evaluations
from secondhalf.experiments.facts.forecast_series import ForecastSeries
from secondhalf.experiments.facts.model_series import SeriesNumbers, SeriesRule
from secondhalf.experiments.facts.targets import sized

DAY = dt.date(2019, 1, 5)
USERS = ForecastSeries(
    "dau", "Kuaishou", DAY, DAY, "million", SeriesRule("daily", "kuaishou", ("active_users",), None, "mean", None, 1e6)
)
PEOPLE = ForecastSeries(
    "people", "all", DAY, DAY, "million", SeriesRule("market", None, ("people_online",), None, "mean", None, 1e6)
)


def small(seed: int, **calendar: object) -> MarketSettings:
    settings = load_settings(["calendar.warm_up=56"])
    return sized(settings, 50, 10, DAY + dt.timedelta(days=2), seed)


def test_markets_are_measured_in_order(tmp_path: Path) -> None:
    with Evaluations(SeriesNumbers((USERS, PEOPLE)), 2, tmp_path / "kept.jsonl") as evaluate:
        found = evaluate([small(0), small(1), small(0)])
        assert evaluate.made == 2
    assert found.shape == (3, 2)
    np.testing.assert_array_equal(found[0], found[2])
    assert found[0, 0] != found[1, 0]
    assert 900 < found[0, 1] < 1300


def test_a_killed_search_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    with Evaluations(SeriesNumbers((USERS,)), 1, path) as evaluate:
        before = evaluate([small(0), small(1)])
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:-20], encoding="utf-8")  # the second line was being written
    with Evaluations(SeriesNumbers((USERS,)), 1, path) as again:
        np.testing.assert_array_equal(again([small(0), small(1)]), before)
        assert again.made == 1
    with Evaluations(SeriesNumbers((USERS,)), 1, path) as third:
        np.testing.assert_array_equal(third([small(0), small(1)]), before)
        assert third.made == 0


def test_another_question_is_not_answered_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    with Evaluations(SeriesNumbers((USERS,)), 1, path) as evaluate:
        evaluate([small(0)])
    with Evaluations(SeriesNumbers((PEOPLE,)), 1, path) as other:
        other([small(0)])
        assert other.made == 1


def test_a_failing_run_is_nan_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(job: evaluations.Evaluation) -> list[float]:
        if job.settings.seed == 1:
            raise ArithmeticError("overflow")
        return [1.0]

    monkeypatch.setattr(evaluations, "measure", broken)
    with Evaluations(SeriesNumbers((USERS,)), 1, tmp_path / "kept.jsonl") as evaluate:
        found = evaluate([small(0), small(1)])
        assert evaluate.failed == 1
        np.testing.assert_array_equal(evaluate([small(1)]), [[np.nan]])
        assert evaluate.made == 2
    assert found[:, 0].tolist()[0] == 1.0
    assert np.isnan(found[1, 0])
