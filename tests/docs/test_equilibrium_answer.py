"""README.md and docs/equilibrium.md show what the shipped result in data/equilibrium/ says, whatever that is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from secondhalf.experiments.command.compose import compose_config, market_settings, options
from secondhalf.experiments.equilibrium.game.simulations import PROFILE, Simulation, forget, profile_tuple, work
from secondhalf.experiments.equilibrium.output.csv_tables import interval
from secondhalf.experiments.equilibrium.output.shipped import (
    DOCUMENT_TABLES,
    NONE,
    OTHERS,
    SHORT,
    STORED,
    in_documents,
    shipped,
    store,
)
from secondhalf.experiments.equilibrium.plan import plan_text
from secondhalf.experiments.equilibrium.problem import find_problem
from secondhalf.experiments.equilibrium.settings import Equilibrium
from secondhalf.experiments.results.document_tables import put_into

ROOT = Path(__file__).parents[2]


def test_documents_are_those_of_the_shipped_files(tmp_path: Path) -> None:
    """Writing them anew changes nothing."""
    tables = in_documents(shipped())
    for document, marks in (("README.md", [SHORT]), ("docs/equilibrium.md", DOCUMENT_TABLES[1:])):
        text = (ROOT / document).read_text(encoding="utf-8")
        copy = tmp_path / "copy.md"
        copy.write_text(text, encoding="utf-8")
        put_into([str(copy)], tables)
        assert copy.read_text(encoding="utf-8") == text, document
        for mark in marks:
            assert f"<!-- {mark} -->" in text, (document, mark)


def test_the_shipped_result_was_made_under_the_committed_plan() -> None:
    """Or there is none yet: then the documents say so."""
    folder = shipped()
    if not (folder / "summary.json").is_file():
        assert set(in_documents(folder).values()) == {NONE}
        return
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    config = compose_config([])
    problem = find_problem(market_settings(config), options(Equilibrium, config))
    plan = (folder / "plan.yaml").read_text(encoding="utf-8").partition("\n")[2]
    assert yaml.safe_load(plan) == yaml.safe_load(plan_text(problem))
    assert (summary["plan"]["departures"], summary["plan"]["late"]) == ([], False)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["commit"] == summary["commit"]
    for resource in package["resources"]:
        assert (folder / resource["path"]).is_file()


def test_a_result_that_is_stored_is_what_documents_show(tmp_path: Path) -> None:
    """A made-up study: its files go over whole, an earlier one's are gone, and every mark has something to show."""
    made, place = tmp_path / "made", tmp_path / "place"
    made.mkdir()
    place.mkdir()
    (place / "old.csv").write_text("of an earlier study")
    head = {"profile": "jd live", "label": "history"}
    span = {"low": 0.1, "high": 0.3}
    rest = {"platform": "jd", "measure": "gmv_share", "unit": "share", "rest": 0.2, **span, "runs": 9, "week": 3}
    rest |= {"last_year": 0.25, "last_year_low": 0.2, "last_year_high": 0.3, "week_low": 1, "week_high": 5}
    tables = {
        "conditions": head | {"condition": "E1", "holds": "no", "value": 0.2, **span, "statement": "growth has ended"},
        "at_rest": head | rest,
        "welfare": head | {"side": "merchants", "against_nobody": 0.05, "ratio_low": -0.01, "ratio_high": 0.1},
    }
    for name, row in tables.items():
        pd.DataFrame([row]).to_csv(made / f"{name}.csv", index=False)
    (made / "equilibrium.md").write_text("The answer.\n")
    (made / "plan.yaml").write_text("# Written before the first run.\n")
    summary = {"commit": "abc", "plan": None, "first_seed": 1000, "members": 40, "users": 2000, "merchants": 300}
    (made / "summary.json").write_text(json.dumps(summary | {"runs": 7, "history": "It is not.", "found": "One is."}))
    store(made, place)
    assert {path.name for path in place.iterdir()} == {f"{name}.csv" for name in tables} | {*OTHERS, "datapackage.json"}
    assert set(tables) < set(STORED)
    shown = in_documents(place)
    assert shown[SHORT] == "It is not. One is.\n"
    assert shown["equilibrium answer"].startswith("The answer. (7 draws of profiles, 2,000 users")
    assert "| history: jd live | no 0.2 (0.1 to 0.3) |" in shown["equilibrium conditions"]
    assert "| JD | gmv share | 0.25 (0.2 to 0.3) | 0.2 (0.1 to 0.3) |" in shown["equilibrium at rest"]
    assert "| history | jd live | merchants | +5.0 % | −1.0 % | +10.0 % |" in shown["equilibrium welfare"]


@pytest.mark.slow
def test_other_members_under_other_seeds_agree_with_the_shipped_result() -> None:
    """Shares of GMV and minutes under history's profile, from three draws that the study did not have."""
    folder = shipped()
    if not (folder / "outcomes.csv").is_file():
        assert set(in_documents(folder).values()) == {NONE}
        return
    config = compose_config(["equilibrium.first_seed=500000"])
    problem = find_problem(market_settings(config), options(Equilibrium, config))
    profile = profile_tuple(problem.game.choices(problem.game.history))
    last = len(problem.draws.setups) - 1
    found = []
    for place in (problem.draws.one(last - number) for number in range(3)):
        result = work(Simulation(PROFILE, place.setup, place.seed, profile, member=place.member))
        found.append({name: own for name, own in result.items() if name != "market"})
    forget()
    table = pd.read_csv(folder / "outcomes.csv", keep_default_na=False)
    table = table[table["label"] == "history"].set_index("platform")
    for measure, key in (("gmv_share", "gmv_last"), ("minutes_share", "attention_last")):
        for name in table.index:
            own = [one[name][key] / sum(platform[key] for platform in one.values()) for one in found]
            _, low, high = interval(np.array(own))
            there = table.loc[name, [f"{measure}_low", f"{measure}_high"]].astype(float)
            assert low <= there.iloc[1], (name, measure)
            assert there.iloc[0] <= high, (name, measure)
