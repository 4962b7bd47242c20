"""The flow books of two hand-made users: new, lost, transfer, outside, budget."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.shapes import (
    ACTIVE_LAST_MONTH,
    ACTIVE_THIS_MONTH,
    ALL_TENURE,
    BOUGHT_LAST_MONTH,
    BOUGHT_THIS_MONTH,
    NEVER,
    TENURE,
    Columns,
)
from secondhalf.model.users.attention_flows import (
    BOUGHT_AGAIN,
    BOUGHT_LAST,
    BOUGHT_NOW,
    BUDGET,
    KEPT,
    LAST,
    LOST,
    MONTH_COUNTS,
    NEW,
    OUTSIDE,
    TRANSFER,
    close_month,
    window,
)
from secondhalf.model.users.population import Population
from secondhalf.model.users.storage import positive_codes, positives

Array = NDArray[np.float64]
DAY, OLD, WITHOUT = 500, 12, -1
"""A month's last day; months since an installation that is none of this year; months where there is no app."""
P = 3
OUT, TIME = P, P + 1
"""Counterparties after the platforms."""


@cache
def template() -> Columns:
    """Columns of the market's types, so that its compiled functions serve here too."""
    overrides = ["platforms=[kuaishou,taobao,jd]", "population.users=4", "calendar.end=2019-01-31"]
    own = load_settings(overrides)
    return Population(own, MarketCalendar(own.calendar, own.users, list(own.platforms), own.mechanisms)).columns


def users(**given: Any) -> Columns:
    """Columns of which only what the flow books read has a meaning; amounts are [P, users] or [users].

    `phone` is a user's minutes of phone time while the mean person has one, `months` are since installation.
    """
    size = len(given["phone"])
    months = np.array(given.pop("months", np.full((P, size), OLD)))
    plain: dict[str, Any] = {"online_from": np.full(size, NEVER), "marks": np.zeros((P, size), np.uint8)} | given
    plain["installed"] = ((months >= 0) << np.arange(P)[:, None]).sum(axis=0)
    plain["marks"] = np.array(plain["marks"], np.uint8) | (np.maximum(months, 0) << TENURE).astype(np.uint8)
    plain["budget_factor"] = plain.pop("phone")
    for name in ("budget_factor", "minutes_now", "minutes_before"):
        plain[name] = positive_codes(np.array(plain[name], float))
    types = {name: getattr(template(), name).dtype for name in plain}
    return template()._replace(**{name: np.array(value, types[name], order="C") for name, value in plain.items()})


def books(
    columns: Columns, days_now: int = 28, days_before: int = 28, now: float = 1, before: float = 1
) -> tuple[Array, Array, Array]:
    """Flows [5, P, P + 2], counts [P, 5] and overlap [P, P] of all users.

    Windows have so many days, on each of which the mean person has `now` and `before` minutes of phone time.
    """
    flows, counts, overlap = np.full((1, 5, P, P + 2), 9.0), np.full((1, P, MONTH_COUNTS), 9.0), np.full((1, P, P), 9.0)
    this, last = window(np.full(days_now, float(now)), DAY), window(np.full(days_before, float(before)), DAY - 30)
    close_month(columns, this, last, flows, counts, overlap)
    return flows[0], counts[0], overlap[0]


def only(**cells: float) -> Array:
    """Flows with the given cells, e.g. ``only(TRANSFER_0_1=2.0)``."""
    flows = np.zeros((5, P, P + 2))
    number = {"NEW": NEW, "LOST": LOST, "OUTSIDE": OUTSIDE, "BUDGET": BUDGET, "TRANSFER": TRANSFER}
    for name, amount in cells.items():
        flow, platform, other = name.split("_")
        flows[number[flow], int(platform), int(other)] = amount
    return flows


def test_one_platform_takes_from_another_and_from_outside() -> None:
    """User: 0 gains 6 minutes a day, 1 loses 4, the budget stands: the outside loses 2."""
    columns = users(
        minutes_now=[[28 * 16], [28 * 6], [0]],
        minutes_before=[[28 * 10], [28 * 10], [0]],
        phone=[100],
    )
    flows, _, _ = books(columns)
    assert flows == pytest.approx(only(TRANSFER_0_1=4, TRANSFER_1_0=-4, OUTSIDE_0_3=2))


def test_new_and_lost_users_name_their_platforms_side() -> None:
    """0 was installed this month and takes 5 from 1, which the user removed: new at 0, lost at 1."""
    columns = users(
        minutes_now=[[28 * 5], [0], [0]],
        minutes_before=[[0], [28 * 5], [0]],
        phone=[60],
        months=[[0], [WITHOUT], [WITHOUT]],
    )
    flows, _, _ = books(columns)
    assert flows == pytest.approx(only(NEW_0_1=5, LOST_1_0=-5))


def test_a_longer_day_is_budget() -> None:
    """Months of 20 and 28 days: 20 more minutes of phone time a day, 8 of them to platform 2, the rest outside."""
    columns = users(
        minutes_now=[[0], [0], [20 * 18]],
        minutes_before=[[0], [0], [28 * 10]],
        phone=[100],
    )
    flows, _, _ = books(columns, days_now=20, now=1.2)
    assert flows == pytest.approx(only(BUDGET_2_4=8))


def test_gains_meet_losses_pro_rata() -> None:
    """0 gains 3 and 1 gains 1; 2 loses 2 and the day is 2 shorter outside of nothing: each gain half from each loss."""
    columns = users(
        minutes_now=[[28 * 3], [28 * 1], [0]],
        minutes_before=[[0], [0], [28 * 2]],
        phone=[50],
    )
    flows, _, _ = books(columns)
    expected = only(
        TRANSFER_0_2=1.5, OUTSIDE_0_3=1.5, TRANSFER_1_2=0.5, OUTSIDE_1_3=0.5, TRANSFER_2_0=-1.5, TRANSFER_2_1=-0.5
    )
    assert flows == pytest.approx(expected)


def test_two_users_add_up() -> None:
    """The first is new at 0 with time that was outside; the second shifts from 0 to 1; both have a shorter day."""
    columns = users(
        minutes_now=[[28 * 4, 28 * 1], [0, 28 * 9], [0, 0]],
        minutes_before=[[0, 28 * 6], [0, 28 * 5], [0, 0]],
        phone=[80, 80],
        months=[[11, OLD], [WITHOUT, OLD], [WITHOUT, WITHOUT]],
    )
    # First user: gains are 4 at platform 0 and 2 of the shorter day; losses 6 outside.
    # Second user: gains are 4 at platform 1 and 2 of the shorter day; losses 5 at platform 0 and 1 outside.
    flows, _, _ = books(columns, now=78 / 80)
    expected = only(NEW_0_3=4, TRANSFER_0_1=-20 / 6, BUDGET_0_4=-10 / 6, TRANSFER_1_0=20 / 6, OUTSIDE_1_3=4 / 6)
    assert flows == pytest.approx(expected)


def test_a_year_after_installation_a_user_is_no_longer_new() -> None:
    given_: dict[str, Any] = {
        "minutes_now": [[28.0], [0], [0]],
        "minutes_before": [[0], [0], [0]],
        "phone": [100],
    }
    young, _, _ = books(users(**given_, months=[[11], [WITHOUT], [WITHOUT]]))
    old, _, _ = books(users(**given_, months=[[12], [WITHOUT], [WITHOUT]]))
    assert young == pytest.approx(only(NEW_0_3=1))
    assert old == pytest.approx(only(OUTSIDE_0_3=1))


def test_twelve_closed_months_make_a_year() -> None:
    """Months count up to twelve, whatever the marks; an app without minutes is in no flow."""
    columns = users(
        minutes_now=[[0], [0], [0]],
        minutes_before=[[0], [0], [0]],
        phone=[100],
        months=[[0], [10], [OLD]],
        marks=[[15]] * P,
    )
    for closed in range(1, 15):
        books(columns)
        months = (columns.marks[:, 0] >> TENURE).tolist()
        assert months == [min(closed, 12), min(10 + closed, 12), 12]


@pytest.mark.parametrize("days", [28, 14, 0])
def test_one_who_came_online_brings_the_budget(days: int) -> None:
    """Online for all of this month's window, for half of it, or (0) since before both months."""
    columns = users(
        minutes_now=[[28 * 3], [0], [0]],
        minutes_before=[[0], [0], [0]],
        phone=[90],
        online_from=[DAY - days + 1 if days else NEVER],
        months=[[0], [WITHOUT], [WITHOUT]],
    )
    flows, _, _ = books(columns)
    assert flows == pytest.approx(only(NEW_0_4=3) if days else only(NEW_0_3=3))


def test_months_turn_over() -> None:
    """Sums move on, marks shift, counts compare the two months."""
    both, now, before = ACTIVE_LAST_MONTH | ACTIVE_THIS_MONTH, ACTIVE_THIS_MONTH, ACTIVE_LAST_MONTH
    bought = BOUGHT_LAST_MONTH | BOUGHT_THIS_MONTH
    columns = users(
        minutes_now=np.full((P, 3), 28),
        minutes_before=np.zeros((P, 3)),
        phone=[100, 100, 100],
        marks=[[both | bought, now, before], [now | BOUGHT_THIS_MONTH, before | BOUGHT_LAST_MONTH, 0], [0, 0, 0]],
    )
    _, counts, overlap = books(columns)
    assert counts[0, [KEPT, LAST, BOUGHT_AGAIN, BOUGHT_LAST, BOUGHT_NOW]].tolist() == [1, 2, 1, 1, 1]
    assert counts[1, [KEPT, LAST, BOUGHT_AGAIN, BOUGHT_LAST, BOUGHT_NOW]].tolist() == [0, 1, 0, 1, 1]
    assert overlap.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert (positives(columns.minutes_before) == 28).all()
    assert (columns.minutes_now == 0).all()
    marks = columns.marks & ~ALL_TENURE
    assert marks[0].tolist() == [ACTIVE_LAST_MONTH | BOUGHT_LAST_MONTH, ACTIVE_LAST_MONTH, 0]
    assert marks[1].tolist() == [ACTIVE_LAST_MONTH | BOUGHT_LAST_MONTH, 0, 0]


MINUTES = st.lists(st.integers(0, 300), min_size=2 * P, max_size=2 * P)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(MINUTES, st.integers(0, 2000)), min_size=1, max_size=4), st.data())
def test_any_books_are_antisymmetric_and_complete(rows: list[tuple[list[int], int]], data: st.DataObject) -> None:
    now, before = (np.array([row[0][part * P : (part + 1) * P] for row in rows]).T for part in (0, 1))
    months = [[data.draw(st.sampled_from([WITHOUT, 0, 11, 12])) for _ in rows] for _ in range(P)]
    came = [data.draw(st.sampled_from([NEVER, DAY - 40, DAY - 10])) for _ in rows]
    phone = [(row[1] + 1) / 8 for row in rows]
    columns = users(minutes_now=now, minutes_before=before, phone=phone, online_from=came, months=months)
    flows, _, _ = books(columns, 28, 21, now=1.0, before=data.draw(st.floats(0.5, 2.0)))
    total = flows.sum(axis=0)
    assert total.sum(axis=1) == pytest.approx(now.sum(axis=1) / 28 - before.sum(axis=1) / 21, abs=1e-9)
    assert total[:, :P] == pytest.approx(-total[:, :P].T, abs=1e-9)
    assert np.abs(np.diagonal(total)).max() == 0
