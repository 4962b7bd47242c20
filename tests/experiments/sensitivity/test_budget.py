"""How a budget is divided."""

from __future__ import annotations

import pytest

from secondhalf.experiments.sensitivity.budget import LEAST, Plan, costs, divide, least, lines, smallest

PARTS = ("replicates", "morris", "sobol", "oat", "robustness")
COST = costs(PARTS, 83, 7, 7)
USERS = {"20000": 4.0, "200000": 60.0}


def spent(plan: Plan) -> float:
    of_parts = sum(size * COST[part] for part, size in plan.sizes.items() if part != "replicates")
    return of_parts + plan.base_seeds + sum(USERS[users] * seeds for users, seeds in plan.users.items())


def test_costs_by_hand() -> None:
    """The seed is one factor more: 84 factors take 85 runs a trajectory, 8 take 10 runs a block."""
    assert COST == {"replicates": 1, "morris": 85, "sobol": 10, "oat": 166, "robustness": 7}
    assert least(COST) == {"replicates": 6, "morris": 340, "sobol": 80, "oat": 336, "robustness": 16}
    assert smallest({"morris": 85, "sobol": 10}) == 340


@pytest.mark.parametrize("budget", [800, 1200, 2500, 10_000])
def test_a_budget_is_kept_and_used(budget: float) -> None:
    plan = divide(1.0, budget, COST, USERS)
    assert set(plan.sizes) == set(PARTS)
    assert all(plan.sizes[part] >= LEAST[part] for part in PARTS)
    assert 0.8 * budget <= spent(plan) <= 1.02 * budget
    blocks = plan.sizes["sobol"]
    assert blocks & (blocks - 1) == 0


def test_more_budget_never_takes_away() -> None:
    plans = [divide(1.0, budget, COST, USERS) for budget in (900, 2000, 8000)]
    for part in PARTS:
        sizes = [plan.sizes[part] for plan in plans]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1]
    assert plans[0].users == {"20000": 2}
    assert set(plans[2].users) == set(USERS)


def test_what_the_budget_does_not_allow_is_said() -> None:
    plan = divide(1.0, 400, COST, USERS)
    assert set(plan.sizes) == {"replicates", "morris", "robustness"}
    assert [text.split(":")[0] for text in plan.left] == ["sobol", "oat", "robustness for 200,000 users"]
    assert sum("left out" in line for line in lines(plan, COST, USERS)) == 3
    none = divide(1.0, 100, COST, USERS)
    assert "sobol" not in none.sizes, "without a screening nothing says which parameters matter"
