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
    return Outlook(memory_years=memory, drift={"others": drift}, unseen=unseen)


def fact(year: int, value: float, error: float = 1e-9) -> Target:
    return Target(*SERIES, dt.date(year, 1, 1), dt.date(year, 12, 31), value, "RMB", "A", error, "exact", "", RULE)


def asked(*years: int, series: tuple[str, str] = SERIES) -> list[tuple[tuple[str, str], dt.date, dt.date]]:
    return [(series, dt.date(year, 1, 1), dt.date(year, 12, 31)) for year in years]


RNG = np.random.default_rng


def test_a_members_miss_of_the_last_year_is_taken_out() -> None:
    measured = np.array([[100.0], [200.0]])
    known = [fact(2019, 7.0), fact(2020, 50.0)]
    at_facts = np.array([[7.0, 40.0], [7.0, 80.0]])
    moved = moved_to_facts(measured, asked(2021), known, at_facts, outlook(unseen=0.1), RNG(0))
    np.testing.assert_allclose(moved, [[125.0], [125.0]], rtol=1e-4)


@pytest.mark.parametrize("error", [0.01, 0.1, 1.0])
def test_members_are_moved_as_by_a_kalman_filter(error: float) -> None:
    """Normal members and a fact with a normal error: mean and spread are those of Bayes' rule, whatever the error."""
    count, spread = 20_000, 0.2
    logs = spread * RNG(1).standard_normal(count)
    known, at_facts = [fact(2020, 50.0 * np.exp(0.3), error)], 50 * np.exp(logs)[:, None]
    moved = np.log(moved_to_facts(at_facts * 2, asked(2020), known, at_facts, outlook(), RNG(0)) / 100)[:, 0]
    gain = spread**2 / (spread**2 + error**2)
    posterior = spread * (1 - gain) ** 0.5
    assert moved.mean() == pytest.approx(0.3 * gain, abs=5 * spread / count**0.5)
    assert moved.std() == pytest.approx(posterior, rel=5 / count**0.5)


def test_nothing_exceeds_the_people_online_or_the_whole() -> None:
    people, buyers, share = ("mau_mobile_internet_china", "all"), ("dau", "Douyin"), ("pan_shelf_share_of_gmv", "JD")
    wanted = [*asked(2021, series=people), *asked(2021, series=buyers), *asked(2021, series=share)]
    members = np.tile([1200.0, 1150.0, 95.0], (500, 1))
    moved = moved_to_facts(members, wanted, [], np.zeros((500, 0)), outlook(unseen=0.2), RNG(0))
    assert (moved[:, 1] <= moved[:, 0]).all()
    assert (moved[:, 1] == moved[:, 0]).any()
    assert moved[:, 2].max() == 100.0
    assert moved[:, 2].min() < 90.0


def test_drift_is_that_of_the_metric() -> None:
    own = Outlook(memory_years=1.0, drift={"gmv": 0.3, "others": 0.1}, unseen=0.0)
    wanted = [*asked(2021), *asked(2021, series=("dau", "Douyin"))]
    facts = [fact(2020, 50.0)]
    logs = np.log(moved_to_facts(np.ones((4000, 2)), wanted, facts, np.full((4000, 1), 50.0), own, RNG(0)))
    assert logs[:, 0].std() == pytest.approx(0.3 * 0.5**0.5, rel=0.06)
    assert logs[:, 1].std() == pytest.approx(0.1 * 1.5**0.5, rel=0.06)
    with pytest.raises(ValueError, match="others"):
        Outlook(memory_years=1.0, drift={"gmv": 0.3}, unseen=0.0)


def test_what_is_moved_fades_with_time() -> None:
    known, at_facts = [fact(2020, 50.0)], np.array([[40.0]])
    moved = moved_to_facts(
        np.full((1, 3), 100.0), asked(2021, 2022, 2023), known, at_facts, outlook(memory=2.0, unseen=0.1), RNG(0)
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
    own = outlook(drift=drift, unseen=1e3)  # nothing is known of the series but its fact
    moved = moved_to_facts(np.full((4000, 2), 100.0), asked(2021, 2023), known, at_facts, own, RNG(0))
    np.testing.assert_allclose(np.log(moved).std(axis=0), spread, rtol=0.06)
    assert np.corrcoef(np.log(moved).T)[0, 1] == pytest.approx(1.0)  # neighbouring periods err together


def test_what_was_never_reported_has_more_doubt() -> None:
    other = asked(2021, series=("gmv", "JD"))
    moved = moved_to_facts(
        np.full((4000, 1), 100.0), other, [fact(2020, 50.0)], np.full((4000, 1), 50.0), outlook(unseen=0.2), RNG(0)
    )
    assert np.log(moved).std() == pytest.approx(0.2, rel=0.06)
