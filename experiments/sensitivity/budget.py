"""Budget of a sensitivity analysis: minutes or runs are divided into trajectories, blocks and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

LEAST = {"replicates": 6, "morris": 4, "sobol": 8, "oat": 2, "robustness": 2}
"""Seeds, trajectories, blocks, seeds, seeds below which a part says nothing; parts get it in this order."""
MOST = {"replicates": 100, "morris": 40, "sobol": 1024, "oat": 10, "robustness": 20}
SHARES = {"replicates": 0.08, "morris": 0.26, "sobol": 0.28, "oat": 0.22, "robustness": 0.06}
"""Of what is left when every part has its least."""
USERS = 0.10
"""Of the whole budget for other numbers of users."""
USER_DAY = 2.0e-7
"""Seconds by which each user more makes a day longer, about as `secondhalf bench` measures on one thread."""


@dataclass(frozen=True)
class Plan:
    """Sizes of all parts; a part without one is left out.

    Attributes
    ----------
    seconds
        of one run of the settings in one process
    budget
        runs that may be made; a larger one counts as several
    sizes
        seeds of replicates, oat and robustness, trajectories of morris, blocks of sobol
    users
        seeds by number of users
    left
        what is left out, and why
    """

    seconds: float
    budget: float
    sizes: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    @property
    def base_seeds(self) -> int:
        """Seeds of the settings' own runs: those of replicates, and what other parts are compared with."""
        size = self.sizes.get
        return max(size("replicates", 0), 2 * size("oat", 0), size("robustness", 0), *self.users.values(), 0)

    def plain(self) -> dict[str, Any]:
        """As it is written down."""
        return asdict(self)


def costs(parts: Sequence[str], parameters: int, top: int, variants: int) -> dict[str, int]:
    """Runs that each part needs for one more trajectory, block or seed; the seed is one factor more."""
    found = {
        "replicates": 1,
        "morris": parameters + 2,
        "sobol": min(top, parameters) + 3,
        "oat": 2 * parameters,
        "robustness": variants,
    }
    return {part: found[part] for part in LEAST if part in parts}


def least(cost: dict[str, int]) -> dict[str, int]:
    """Runs that each part needs at least, with the runs it is compared with."""
    beside = {"oat": 2 * LEAST["oat"], "robustness": LEAST["robustness"]}
    return {part: LEAST[part] * each + beside.get(part, 0) for part, each in cost.items()}


def smallest(cost: dict[str, int]) -> int:
    """Runs below which no part is possible; sobol is none of its own, as it needs morris."""
    return min(needed for part, needed in least(cost).items() if part != "sobol")


def divide(seconds: float, budget: float, cost: dict[str, int], users: dict[str, float]) -> Plan:
    """The plan for a budget.

    Parameters
    ----------
    seconds
        of one run in one process
    budget
        in runs
    cost
        of one more of each part, in runs
    users
        by number of users, what a run costs, in runs; small ones first
    """
    sizes, left, spent = {}, [], 0.0
    for part, needed in least(cost).items():
        if spent + needed > budget or (part == "sobol" and "morris" not in sizes):
            left.append(f"{part}: needs {needed} runs more than the budget has left for it")
            continue
        sizes[part], spent = LEAST[part], spent + needed
    kept = USERS * budget if "robustness" in sizes and users else 0.0
    spare, whole = max(budget - spent - kept, 0.0), sum(SHARES[part] for part in sizes)
    for part in sizes:
        more = int(spare * SHARES[part] / whole / cost[part])
        sizes[part] = min(sizes[part] + more, MOST[part])
        if part == "sobol":
            sizes[part] = 2 ** (sizes[part].bit_length() - 1)
    rest = spare - sum((size - LEAST[part]) * cost[part] for part, size in sizes.items())
    if "morris" in sizes:  # what Sobol's powers of two leave over
        more = max(min(int(rest / cost["morris"]), MOST["morris"] - sizes["morris"]), 0)
        sizes["morris"] += more
    seeds_by_users: dict[str, int] = {}
    for count, each in users.items() if "robustness" in sizes else ():
        seeds = min(int(kept / each), sizes["robustness"])
        if seeds < LEAST["robustness"]:
            left.append(f"robustness for {int(count):,} users: two runs cost as much as {2 * each:.0f} others")
            continue
        seeds_by_users[count], kept = seeds, kept - seeds * each
    return Plan(seconds, budget, sizes, seeds_by_users, left)


def lines(plan: Plan, cost: dict[str, int], users: dict[str, float]) -> list[str]:
    """The plan in words, a line a part."""
    units = {
        "replicates": "the settings as they are, {size} seeds",
        "morris": "{size} trajectories",
        "sobol": "{size} blocks",
        "oat": "{size} seeds",
        "robustness": "other networks and stage orders, {size} seeds",
    }
    found = []
    for part, size in plan.sizes.items():
        if part == "replicates":
            size = plan.base_seeds
        found.append(f"{part}: {units[part].format(size=size)}, {_runs(size * cost[part])}")
    for count, seeds in plan.users.items():
        found.append(f"robustness: {int(count):,} users, {seeds} seeds, as much as {_runs(seeds * users[count])}")
    return [*found, *(f"left out: {text}" for text in plan.left)]


def _runs(count: float) -> str:
    return f"{count:,.0f} run{'s' if round(count) != 1 else ''}"
