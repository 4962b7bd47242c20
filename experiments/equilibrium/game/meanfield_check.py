"""Mean-field check of a market as it stands: fixed point, long simulation, and a branch in one weight."""

from __future__ import annotations

from typing import Any

import pandas as pd

from secondhalf.experiments.equilibrium.settings import MeanFieldMap
from secondhalf.model.market import Market
from secondhalf.model.meanfield.steady_states import field_of, simulate_agents, steady_state, steady_state_branch

CLOSURE = 0.1
"""Part by which map and simulation may differ beyond sampling error: users of a type share the type's mean habit, and
idle days are treated as independent."""
STANDARD_ERRORS = 4.0
"""Standard errors over the simulated users."""
COLUMNS = ("profile", "platform", "measure", "map", "simulation", "tolerance", "agrees", "radius", "found")


def compare_with_simulation(market: Market, options: MeanFieldMap) -> dict[str, Any]:
    """Fixed point, simulation and branch for what the market's platforms offer on its latest day."""
    budget = float(market.today.budget)
    field = field_of(market.settings, market.offer, budget, options.types, options.moods)
    steady = steady_state(field, market.book.installed / max(market.book.online, 1.0))
    branch, minutes = steady_state_branch(field, options.weight, 1.0, options.until, options.points, steady)
    settings = market.settings.among(market.platform_names)
    population = settings.population.model_copy(update={"users": options.users})
    long = simulate_agents(
        settings.model_copy(update={"population": population}), market.offer, budget, options.days, options.days // 5
    )
    return {
        "platforms": market.platform_names,
        "found": bool(steady.point.found),
        "radius": steady.point.radius,
        "map": [steady.installed.tolist(), steady.minutes.tolist()],
        "simulation": [long.installed.tolist(), long.minutes.tolist()],
        "error": [long.installed_error.tolist(), long.minutes_error.tolist()],
        "factor": branch.parameter.tolist(),
        "radii": branch.radius.tolist(),
        "minutes": minutes.tolist(),
        "folds": branch.folds,
    }


def meanfield_table(profile: str, found: dict[str, Any]) -> pd.DataFrame:
    """meanfield.csv: map and simulation side by side."""
    rows = []
    measures = zip(("installed", "minutes"), found["map"], found["simulation"], found["error"], strict=True)
    for measure, own, long, errors in measures:
        for name, fixed, simulation, error in zip(found["platforms"], own, long, errors, strict=True):
            allowed = STANDARD_ERRORS * error + CLOSURE * simulation
            agrees = "yes" if abs(fixed - simulation) <= allowed else "no"
            head = (profile, name, measure, fixed, simulation, allowed, agrees)
            rows.append((*head, found["radius"], "yes" if found["found"] else "no"))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def tipping_table(profile: str, found: dict[str, Any], options: MeanFieldMap) -> pd.DataFrame:
    """tipping.csv: minutes along a factor on one of users' weights; `tips` where the branch turns back."""
    rows = []
    for factor, radius, minutes in zip(found["factor"], found["radii"], found["minutes"], strict=True):
        tips = "yes" if any(abs(factor - fold) < 1e-12 for fold in found["folds"]) else ""
        for name, own in zip(found["platforms"], minutes, strict=True):
            rows.append((profile, options.weight, factor, name, own, radius, tips))
    return pd.DataFrame(rows, columns=["profile", "weight", "factor", "platform", "minutes", "radius", "tips"])
