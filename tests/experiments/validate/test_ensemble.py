"""Forecasts are moved to the last facts, the more the nearer; doubt grows with the horizon."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from secondhalf.experiments.facts.model_series import SeriesRule
from secondhalf.experiments.facts.targets import Target
from secondhalf.experiments.validate.ensemble import moved_to_facts
from secondhalf.experiments.validate.settings import Outlook

RULE = SeriesRule("daily", "kuaishou", ("gmv",), None, "sum", None, 1.0)
SERIES = ("gmv", "Kuaishou")


def outlook(memory: float = 1e6, drift: float = 0.0, unseen: float = 0.0) -> Outlook:
    return Outlook(memory_years=memory, drift=drift, unseen=unseen)


def fact(year: int, value: float, error: float = 1e-9) -> Target:
    return Target(*SERIES, dt.date(year, 1, 1), dt.date(year, 12, 31), value, "RMB", "A", error, "exact", "", RULE)


def asked(*years: int, series: tuple[str, str] = SERIES) -> list[tuple[tuple[str, str], dt.date, dt.date]]:
    return [(series, dt.date(year, 1, 1), dt.date(year, 12, 31)) for year in years]


RNG = np.random.default_rng


def test_a_members_miss_of_the_last_year_is_taken_out() -> None:
    measured = np.array([[100.0], [200.0]])
    known = [fact(2019, 7.0), fact(2020, 50.0)]
    at_facts = np.array([[7.0, 40.0], [7.0, 80.0]])
    moved = moved_to_facts(measured, asked(2021), known, at_facts, outlook(), RNG(0))
    np.testing.assert_allclose(moved, [[125.0], [125.0]], rtol=1e-4)


def test_what_is_moved_fades_with_time() -> None:
    known, at_facts = [fact(2020, 50.0)], np.array([[40.0]])
    moved = moved_to_facts(
        np.full((1, 3), 100.0), asked(2021, 2022, 2023), known, at_facts, outlook(memory=2.0), RNG(0)
    )
    years = np.array([0.5, 1.5, 2.5])
    np.testing.assert_allclose(moved[0], 100 * 1.25 ** np.exp(-years / 2), rtol=2e-3)


def test_another_series_is_left_alone() -> None:
    known, at_facts = [fact(2020, 50.0)], np.array([[40.0]])
    other = asked(2021, series=("gmv", "JD"))
    assert moved_to_facts(np.array([[100.0]]), other, known, at_facts, outlook(), RNG(0))[0, 0] == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("drift", "error", "spread"), [(0.1, 1e-9, [0.1 * 0.5**0.5, 0.1 * 2.5**0.5]), (0.0, 0.05, [0.05, 0.05])]
)
def test_doubt_grows_with_the_root_of_time(drift: float, error: float, spread: list[float]) -> None:
    known, at_facts = [fact(2020, 50.0, error)], np.full((4000, 1), 50.0)
    moved = moved_to_facts(np.full((4000, 2), 100.0), asked(2021, 2023), known, at_facts, outlook(drift=drift), RNG(0))
    np.testing.assert_allclose(np.log(moved).std(axis=0), spread, rtol=0.06)
    assert np.corrcoef(np.log(moved).T)[0, 1] == pytest.approx(1.0)  # neighbouring periods err together


def test_what_was_never_reported_has_more_doubt() -> None:
    other = asked(2021, series=("gmv", "JD"))
    moved = moved_to_facts(
        np.full((4000, 1), 100.0), other, [fact(2020, 50.0)], np.full((4000, 1), 50.0), outlook(unseen=0.2), RNG(0)
    )
    assert np.log(moved).std() == pytest.approx(0.2, rel=0.06)
