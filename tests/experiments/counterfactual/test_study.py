"""`secondhalf counterfactual`: paired runs, their files, seeds that are kept and seeds that fail."""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console
from scipy import stats

from secondhalf.experiments.command.compose import compose_config, options
from secondhalf.experiments.counterfactual.arms import Arms, find_arms
from secondhalf.experiments.counterfactual.outputs import FILES
from secondhalf.experiments.counterfactual.pairs import Pair, question_of, run_pair
from secondhalf.experiments.counterfactual.quarterly_measures import BY_PLATFORM, quarters
from secondhalf.experiments.counterfactual.settings import Counterfactual
from secondhalf.experiments.counterfactual.study import JOURNAL, counterfactual
from secondhalf.experiments.counterfactual.text import label
from secondhalf.experiments.execution.journal import Journal
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.model.market import Market
from tests.experiments.conftest import SILENT

SMALL = [
    "population.merchants=15",
    "calendar.warm_up=56",
    "calendar.end=2019-07-15",
    "counterfactual.users=120",
    "counterfactual.ensemble=false",
    "counterfactual.seeds=3",
    "counterfactual.workers=1",
]
NO_CONTENT = "scenario.bans=[{platform: content, capability: short_video, since: 2019-05-10}]"
"""Closes what content platforms live on: a large effect with a known sign."""


def asked(*words: str) -> tuple[Arms, Counterfactual]:
    config = compose_config([*SMALL, *words])
    return find_arms(config), options(Counterfactual, config)


def study(folder: Path, *words: str, **more: Any) -> dict[str, Any]:
    """Run a study quietly; its summary."""
    arms, how = asked(*words)
    counterfactual(arms, how, folder, SILENT, console=Console(quiet=True), **more)
    read: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def banned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seeds with and without the ban."""
    folder = tmp_path_factory.mktemp("banned")
    study(folder, NO_CONTENT)
    return folder


def test_a_large_effect_has_its_sign(banned: Path) -> None:
    table = pd.read_csv(banned / "differences.csv")
    last = table[(table["quarter"] == "2019Q3") & (table["measure"] == "attention_share")].set_index("platform")
    for platform in ("kuaishou", "douyin"):
        assert last.loc[platform, "high"] < 0
        assert last.loc[platform, "difference"] < -0.3 * last.loc[platform, "baseline_mean"]
    before = table[table["quarter"] == "2019Q1"]
    assert (before[["difference", "standard_error", "low", "high"]] == 0).all(axis=None)
    assert (before["p_holm"] == 1).all()
    text = (banned / "counterfactual.md").read_text(encoding="utf-8")
    assert "one market until 2019-05-10" in text
    assert "Who gains: consumers" in text
    measures = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(measures) == len(BY_PLATFORM) + 1
    for line in measures[:-1]:  # every platform is in every line, distinguishable or not
        assert all(label(name) in line for name in ("kuaishou", "douyin", "taobao", "jd", "pinduoduo"))


def test_files_are_whole_and_agree(banned: Path) -> None:
    assert set(FILES) <= {path.name for path in banned.iterdir()}
    summary = json.loads((banned / "summary.json").read_text(encoding="utf-8"))
    table, runs = pd.read_csv(banned / "differences.csv"), pd.read_csv(banned / "runs.csv")
    assert not runs.isna().any(axis=None)
    assert not table.drop(columns=["change", "change_low", "change_high"]).isna().any(axis=None)
    judged = table[table["quarter"] >= "2019Q2"]
    assert summary["intervals"] == len(judged)
    assert summary["seeds"] == [0, 1, 2]
    # Anybody can redo the statistics from runs.csv.
    keys = ["quarter", "platform", "measure"]
    arms = runs.pivot(index=keys, columns=["arm", "seed"], values="value")
    for row in judged.to_dict("records"):
        if row["standard_error"] == 0:
            continue
        pair = arms.loc[tuple(row[key] for key in keys)]
        test = stats.ttest_rel(pair["alternative"], pair["baseline"])
        interval = test.confidence_interval(0.95)
        assert row["difference"] == pytest.approx(float((pair["alternative"] - pair["baseline"]).mean()), rel=1e-9)
        assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_rows_of_a_pair_are_those_of_whole_runs() -> None:
    """The fork that goes on with the alternative gives what the alternative gives from its first day."""
    arms, _ = asked(NO_CONTENT)
    rows = pd.DataFrame(run_pair(Pair(arms, 5))["rows"], columns=["arm", "quarter", "platform", "measure", "value"])
    for arm, settings in zip(("baseline", "alternative"), arms.of(0, 5), strict=True):
        market = Market(settings)
        while market.running:
            market.step()
        own = rows[rows["arm"] == arm].drop(columns="arm").reset_index(drop=True)
        pd.testing.assert_frame_equal(own, quarters(market), check_exact=True)
        market.close()


def test_identical_arms_give_zeros(tmp_path: Path) -> None:
    """A tiny variant that ends before anything differs; it runs all the same."""
    summary = study(tmp_path, "scenario=kuaishou_never_mall", "experiment=ci", "limits.users=60", "limits.days=40")
    table = pd.read_csv(tmp_path / "differences.csv")
    assert summary["seeds"] == [0, 1]
    assert (table[["difference", "standard_error", "low", "high"]] == 0).all(axis=None)
    assert (table["p_holm"] == 1).all()
    assert summary["variance_reduction"]["kuaishou"]["ratio"] is None
    assert "all differences are zero" in (tmp_path / "counterfactual.md").read_text(encoding="utf-8")


def failing(pair: Pair) -> dict[str, Any]:
    """Runs seeds, but not seed 1."""
    if pair.seed == 1:
        raise RuntimeError("as it happens")
    return run_pair(pair)


def only_the_missing(pair: Pair) -> dict[str, Any]:
    """Runs seed 1 only."""
    assert pair.seed == 1
    return run_pair(pair)


def never(pair: Pair) -> dict[str, Any]:
    """No seed has to be run (again)."""
    raise AssertionError(f"seed {pair.seed}")


def test_a_failed_seed_is_a_row_and_the_study_goes_on_later(tmp_path: Path, banned: Path) -> None:
    assert study(tmp_path, NO_CONTENT, task=failing)["failed"] == [[0, 1]]
    seeds = pd.read_csv(tmp_path / "seeds.csv", keep_default_na=False)
    assert seeds["state"].tolist() == ["finished", "failed", "finished"]
    assert seeds["message"].tolist() == ["", "RuntimeError: as it happens", ""]
    assert "1 more failed" in (tmp_path / "counterfactual.md").read_text(encoding="utf-8")

    study(tmp_path, NO_CONTENT, task=only_the_missing)
    for name in ("differences.csv", "runs.csv", "counterfactual.md"):
        assert (tmp_path / name).read_bytes() == (banned / name).read_bytes()
    study(tmp_path, NO_CONTENT, task=never)


def test_finished_seeds_of_another_question_are_not_taken(banned: Path, tmp_path: Path) -> None:
    same, other = (question_of(asked(words)[0]) for words in (NO_CONTENT, NO_CONTENT.replace("05-10", "05-11")))
    shutil.copyfile(banned / JOURNAL, tmp_path / JOURNAL)
    assert set(Journal(tmp_path / JOURNAL, same, discard=True).results) == {"0 0", "0 1", "0 2"}
    assert not Journal(tmp_path / JOURNAL, other, discard=True).results


def test_a_study_needs_two_seeds_that_finish(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"0 of 3 seeds finished, two are needed; seed 0: AssertionError: seed 0"):
        study(tmp_path, NO_CONTENT, task=never)
    assert len(pd.read_csv(tmp_path / "seeds.csv")) == 3


DIES = """
import os
from secondhalf.experiments.counterfactual.pairs import run_pair

def task(pair):
    return os._exit(3) if pair.seed == 1 else run_pair(pair)
"""


@pytest.mark.slow
def test_several_processes(tmp_path: Path, banned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers are those of one process; a process that dies costs no other seed."""
    (tmp_path / "dying_worker.py").write_text(DIES)
    monkeypatch.syspath_prepend(tmp_path)
    dies = importlib.import_module("dying_worker").task
    summary = study(tmp_path, NO_CONTENT, "counterfactual.workers=2", task=dies)
    assert (summary["seeds"], summary["failed"]) == ([0, 2], [[0, 1]])
    assert pd.read_csv(tmp_path / "seeds.csv")["message"][1] == "its process ended with exit code 3"
    runs, expected = (pd.read_csv(folder / "runs.csv") for folder in (tmp_path, banned))
    pd.testing.assert_frame_equal(runs, expected[expected["seed"] != 1].reset_index(drop=True), check_exact=True)
