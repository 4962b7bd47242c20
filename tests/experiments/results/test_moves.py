"""moves.csv: what moved, what it cost or why it cost nothing, and how well its source is known."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from secondhalf.agents.strategies.base import Launch
from secondhalf.agents.strategies.history import History
from secondhalf.model.data_files import data_file
from tests.experiments.conftest import Finished

BURST = {"factor": 1.5, "days": 60}


def test_a_cost_of_nothing_has_its_reason(full: Finished) -> None:
    moves = full.tables["moves"]
    free = moves["cost"] == 0
    assert (moves.loc[free, "no_cost"] != "").all()
    assert (moves.loc[~free, "no_cost"] == "").all()
    said = moves.loc[free].groupby("change")["no_cost"].unique()
    assert list(said["close"]) == ["giving up costs nothing at once"]
    assert "paid sale by sale (daily.subsidies)" in said["open"]


def test_moves_of_history_are_the_launches_and_nothing_else(full: Finished) -> None:
    """Fitted intensities are no moves."""
    launches = pd.read_csv(data_file("launches.csv"), keep_default_na=False)
    within = launches[launches["date"].between("2019-01-01", "2024-12-31")]
    within = within[within["platform"].isin(full.summary["platforms"])]
    keys = ["date", "platform", "change", "capability", "grade"]
    moves = full.tables["moves"]
    assert sorted(map(tuple, moves[keys].to_numpy())) == sorted(map(tuple, within[keys].to_numpy()))
    assert (moves["grade"] == "R").any()


@pytest.mark.parametrize(("grades", "kept"), [(None, "BR"), (["A", "B", "D", "C"], "B")])
def test_recalled_launches_can_be_left_out(grades: list[str] | None, kept: str) -> None:
    launches = [
        Launch(dt.date(2020, 1, day), "jd", "open", "live", None, "about", grade) for day, grade in ((1, "B"), (2, "R"))
    ]
    chosen = {"grades": grades} if grades else {}
    strategy = History("jd", {"launches": "launches.csv", "burst": BURST} | chosen, launches)
    assert "".join(move.grade for _, move in strategy.before(dt.date(2021, 1, 1))) == kept


def test_a_grade_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="grades"):
        History.Parameters.model_validate({"launches": "launches.csv", "burst": BURST, "grades": ["E"]})
