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
    BOUGHT_LAST_MONTH,
    BOUGHT_THIS_MONTH,
    NEVER,
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
    NEW_DAYS,
    OUTSIDE,
    TRANSFER,
    close_month,
)
from secondhalf.model.users.population import Population

Array = NDArray[np.float64]
DAY, OLD = 500, 500 - NEW_DAYS
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
    """Columns of which only what the flow books read has a meaning; amounts are [P, users] or [users]."""
    size = len(given["budget_now"])
    plain: dict[str, Any] = {"installed_day": np.full((P, size), OLD), "marks": np.zeros((P, size))}
    plain |= {"installed": np.zeros(size)} | given
    types = {name: getattr(template(), name).dtype for name in plain}
    return template()._replace(**{name: np.array(value, types[name], order="C") for name, value in plain.items()})


def books(columns: Columns, days_now: float = 28, days_before: float = 28) -> tuple[Array, Array, Array]:
    """Flows [5, P, P + 2], counts [P, 5] and overlap [P, P] of all users."""
    flows, counts, overlap = np.full((1, 5, P, P + 2), 9.0), np.full((1, P, MONTH_COUNTS), 9.0), np.full((1, P, P), 9.0)
    close_month(columns, DAY, days_now, days_before, flows, counts, overlap)
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
        budget_now=[28 * 100],
        budget_before=[28 * 100],
    )
    flows, _, _ = books(columns)
    assert flows == pytest.approx(only(TRANSFER_0_1=4, TRANSFER_1_0=-4, OUTSIDE_0_3=2))


def test_new_and_lost_users_name_their_platforms_side() -> None:
    """0 was installed this month and takes 5 from 1, which the user removed: new at 0, lost at 1."""
    columns = users(
        minutes_now=[[28 * 5], [0], [0]],
        minutes_before=[[0], [28 * 5], [0]],
        budget_now=[28 * 60],
        budget_before=[28 * 60],
        installed_day=[[DAY - 10], [NEVER], [NEVER]],
    )
    flows, _, _ = books(columns)
    assert flows == pytest.approx(only(NEW_0_1=5, LOST_1_0=-5))


def test_a_longer_day_is_budget() -> None:
    """Months of 20 and 28 days: 20 more minutes of phone time a day, 8 of them to platform 2, the rest outside."""
    columns = users(
        minutes_now=[[0], [0], [20 * 18]],
        minutes_before=[[0], [0], [28 * 10]],
        budget_now=[20 * 120],
        budget_before=[28 * 100],
    )
    flows, _, _ = books(columns, days_now=20)
    assert flows == pytest.approx(only(BUDGET_2_4=8))


def test_gains_meet_losses_pro_rata() -> None:
    """0 gains 3 and 1 gains 1; 2 loses 2 and the day is 2 shorter outside of nothing: each gain half from each loss."""
    columns = users(
        minutes_now=[[28 * 3], [28 * 1], [0]],
        minutes_before=[[0], [0], [28 * 2]],
        budget_now=[28 * 50],
        budget_before=[28 * 50],
        installed_day=[[OLD], [OLD - 100], [OLD]],
    )
    flows, _, _ = books(columns)
    expected = only(
        TRANSFER_0_2=1.5, OUTSIDE_0_3=1.5, TRANSFER_1_2=0.5, OUTSIDE_1_3=0.5, TRANSFER_2_0=-1.5, TRANSFER_2_1=-0.5
    )
    assert flows == pytest.approx(expected)


def test_two_users_add_up() -> None:
    """The first is new at 0 with time that was outside; the second shifts from 0 to 1 and has a shorter day."""
    columns = users(
        minutes_now=[[28 * 4, 28 * 1], [0, 28 * 9], [0, 0]],
        minutes_before=[[0, 28 * 6], [0, 28 * 5], [0, 0]],
        budget_now=[28 * 80, 28 * 70],
        budget_before=[28 * 80, 28 * 72],
        installed_day=[[DAY - NEW_DAYS + 1, OLD], [NEVER, OLD], [NEVER, NEVER]],
    )
    # Second user: gains are 4 at platform 1 and 2 of the shorter day; losses 5 at platform 0 and 1 outside.
    flows, _, _ = books(columns)
    expected = only(NEW_0_3=4, TRANSFER_0_1=-20 / 6, BUDGET_0_4=-10 / 6, TRANSFER_1_0=20 / 6, OUTSIDE_1_3=4 / 6)
    assert flows == pytest.approx(expected)


def test_a_year_after_installation_a_user_is_no_longer_new() -> None:
    given_: dict[str, Any] = {
        "minutes_now": [[28.0], [0], [0]],
        "minutes_before": [[0], [0], [0]],
        "budget_now": [2800],
        "budget_before": [2800],
    }
    young, _, _ = books(users(**given_, installed_day=[[DAY - NEW_DAYS + 1], [NEVER], [NEVER]]))
    old, _, _ = books(users(**given_, installed_day=[[DAY - NEW_DAYS], [NEVER], [NEVER]]))
    assert young == pytest.approx(only(NEW_0_3=1))
    assert old == pytest.approx(only(OUTSIDE_0_3=1))


def test_one_who_came_online_brings_the_budget() -> None:
    columns = users(
        minutes_now=[[28 * 3], [0], [0]],
        minutes_before=[[0], [0], [0]],
        budget_now=[28 * 90],
        budget_before=[0],
        installed_day=[[DAY - 3], [NEVER], [NEVER]],
    )
    flows, _, _ = books(columns)
    assert flows == pytest.approx(only(NEW_0_4=3))


def test_months_turn_over() -> None:
    """Sums move on, marks shift, counts compare the two months."""
    both, now, before = ACTIVE_LAST_MONTH | ACTIVE_THIS_MONTH, ACTIVE_THIS_MONTH, ACTIVE_LAST_MONTH
    bought = BOUGHT_LAST_MONTH | BOUGHT_THIS_MONTH
    columns = users(
        minutes_now=np.full((P, 3), 28),
        minutes_before=np.zeros((P, 3)),
        budget_now=[2800, 2800, 2800],
        budget_before=[0, 0, 0],
        marks=[[both | bought, now, before], [now | BOUGHT_THIS_MONTH, before | BOUGHT_LAST_MONTH, 0], [0, 0, 0]],
    )
    _, counts, overlap = books(columns)
    assert counts[0, [KEPT, LAST, BOUGHT_AGAIN, BOUGHT_LAST, BOUGHT_NOW]].tolist() == [1, 2, 1, 1, 1]
    assert counts[1, [KEPT, LAST, BOUGHT_AGAIN, BOUGHT_LAST, BOUGHT_NOW]].tolist() == [0, 1, 0, 1, 1]
    assert overlap.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert (columns.minutes_before == 28).all()
    assert (columns.minutes_now == 0).all()
    assert (columns.budget_before == 2800).all()
    assert columns.marks[0].tolist() == [ACTIVE_LAST_MONTH | BOUGHT_LAST_MONTH, ACTIVE_LAST_MONTH, 0]
    assert columns.marks[1].tolist() == [ACTIVE_LAST_MONTH | BOUGHT_LAST_MONTH, 0, 0]


MINUTES = st.lists(st.integers(0, 300), min_size=2 * P, max_size=2 * P)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(MINUTES, st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=4), st.data())
def test_any_books_are_antisymmetric_and_complete(rows: list[tuple[list[int], int, int]], data: st.DataObject) -> None:
    now, before = (np.array([row[0][part * P : (part + 1) * P] for row in rows]).T for part in (0, 1))
    budget_now = now.sum(axis=0) + [row[1] for row in rows]
    budget_before = before.sum(axis=0) + [row[2] for row in rows]
    days = st.sampled_from([NEVER, OLD - 1, OLD, OLD + 1, DAY])
    installed = [[data.draw(days) for _ in rows] for _ in range(P)]
    columns = users(
        minutes_now=now,
        minutes_before=before,
        budget_now=budget_now,
        budget_before=budget_before,
        installed_day=installed,
    )
    flows, _, _ = books(columns, 28, 21)
    total = flows.sum(axis=0)
    assert total.sum(axis=1) == pytest.approx(now.sum(axis=1) / 28 - before.sum(axis=1) / 21, abs=1e-9)
    assert total[:, :P] == pytest.approx(-total[:, :P].T, abs=1e-9)
    assert np.abs(np.diagonal(total)).max() == 0
