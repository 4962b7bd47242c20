"""The mean-field map of a market as it stands: its tables and its picture."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.equilibrium.game.meanfield_check import (
    CLOSURE,
    STANDARD_ERRORS,
    compare_with_simulation,
    meanfield_table,
    tipping_table,
)
from secondhalf.experiments.equilibrium.output.figures import branches
from secondhalf.experiments.equilibrium.settings import MeanFieldMap
from secondhalf.model.market import Market
from tests.docs.test_data_dictionary import sections

ASKED = MeanFieldMap(
    types=2, moods=32, weight="social_weight", until=1.2, points=2, users=400, days=2000
)  # types this few stand for nobody's tastes: only one taste is in the market below
WORDS = (
    *("platforms=[kuaishou,taobao]", "population.users=300", "population.merchants=20", "calendar.warm_up=56"),
    *("users.taste_sd_content=0", "users.taste_sd_shelf=0", "users.budget_sd=0", "users.habit_weight=0"),
    "users.idle_days=0",
)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    market = Market(load_settings(WORDS))
    for _ in range(10):
        market.step()
    answer = compare_with_simulation(market, ASKED)
    market.close()
    return answer


def test_where_the_map_is_exact_every_number_agrees(found: dict[str, Any]) -> None:
    table = meanfield_table("history", found)
    described = {title.removeprefix("equilibrium: "): rows for title, rows in sections().items()}
    assert [row[0] for row in described["meanfield.csv"]] == list(table.columns)
    assert list(table["found"].unique()) == ["yes"]
    assert (table["radius"] < 1).all()
    errors = [*found["error"][0], *found["error"][1]]
    assert list(table["tolerance"]) == pytest.approx(
        list(STANDARD_ERRORS * pd.Series(errors) + CLOSURE * table["simulation"])
    )
    assert list(table["agrees"].unique()) == ["yes"]
    found["simulation"][0][0] *= 30
    assert meanfield_table("history", found)["agrees"].iloc[0] == "no"


def test_a_branch_is_drawn_as_far_as_it_was_followed(found: dict[str, Any]) -> None:
    tipping = tipping_table("history", found, ASKED)
    described = {title.removeprefix("equilibrium: "): rows for title, rows in sections().items()}
    assert [row[0] for row in described["tipping.csv"]] == list(tipping.columns)
    assert tipping["factor"].iloc[[0, -1]].tolist() == pytest.approx([1.0, 1.2], abs=1e-3)
    drawn = branches(tipping, meanfield_table("history", found), {"history": "what was"})
    axes = drawn.axes[0]
    assert axes.get_title(loc="left") + axes.get_title() == "what was"
    ends = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]
    assert max(float(x[-1]) for x in ends) == pytest.approx(1.2, abs=1e-3)
