"""Rulers on series whose continuation is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from secondhalf.experiments.validate.naive_forecasts import (
    NAIVE_FORECASTS,
    Point,
    last_value,
    linear,
    logistic,
    seasonal,
)


def quarters(values: list[float], first: int = 2019) -> list[Point]:
    points = []
    for number, value in enumerate(values):
        year, quarter = first + number // 4, number % 4
        end = dt.date(year + (quarter == 3), (3 * quarter + 3) % 12 + 1, 1) - dt.timedelta(days=1)
        points.append(Point(dt.date(year, 3 * quarter + 1, 1), end, value))
    return points


def test_quarters_of_the_tests_are_quarters() -> None:
    assert [(p.start.isoformat(), p.end.isoformat()) for p in quarters([1, 2, 3, 4])] == [
        ("2019-01-01", "2019-03-31"),
        ("2019-04-01", "2019-06-30"),
        ("2019-07-01", "2019-09-30"),
        ("2019-10-01", "2019-12-31"),
    ]


def test_last_value_is_that_of_the_latest_and_shortest_period() -> None:
    known = [*quarters([1, 2, 3, 4]), Point(dt.date(2019, 1, 1), dt.date(2019, 12, 31), 9.0)]
    assert last_value(known, quarters([0] * 8)[7]) == 4


def test_a_line_goes_on() -> None:
    points = quarters([10.0] * 12)
    known = [Point(p.start, p.end, 3 + 2 * (p.at - points[0].at)) for p in points]
    assert linear(known[:6], points[10]) == pytest.approx(known[10].value)
    falling = [Point(p.start, p.end, 3 - 2 * (p.at - points[0].at)) for p in points]
    assert linear(falling[:4], points[11]) == 0.0
    assert linear(known[:1], points[3]) is None


def test_a_logistic_curve_goes_on() -> None:
    points = quarters([1.0] * 16)
    middle = points[5].at
    known = [Point(p.start, p.end, 500 / (1 + np.exp(-2.5 * (p.at - middle)))) for p in points]
    assert logistic(known[:9], points[15]) == pytest.approx(known[15].value, rel=0.01)
    assert logistic(known[:2], points[15]) is None


def test_the_same_quarter_last_year_times_its_growth() -> None:
    points = quarters([10, 20, 30, 40, 20, 40, 60, 120, 0, 0, 0, 0, 0, 0, 0, 0])
    known = points[:8]
    assert seasonal(known, points[9]) == pytest.approx(80)
    assert seasonal(known, points[11]) == pytest.approx(360)
    assert seasonal(known, points[15]) == pytest.approx(1080)
    assert seasonal(points[:4], points[9]) is None
    # Only one quarter's growth is known: it stands in for the others'.
    assert seasonal(points[:5], points[5]) == pytest.approx(40)


def test_every_ruler_is_within_its_data_for_a_level() -> None:
    points = quarters([7.0] * 12)
    for name, ruler in NAIVE_FORECASTS.items():
        found = ruler(points[:8], points[10])
        assert found == pytest.approx(7.0, rel=1e-3), name
