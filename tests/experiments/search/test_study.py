"""Searches: what may be searched, over seeds, and that one which was broken off goes on as if it had not been."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from rich.console import Console

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.experiments.search import study as search_study
from secondhalf.experiments.search.settings import Search
from secondhalf.experiments.search.space import space_of
from secondhalf.experiments.sweep.jobs import Composer
from secondhalf.experiments.sweep.run_job import Task
from secondhalf.experiments.sweep.run_record import RunRecord, keep
from secondhalf.experiments.sweep.sweep_runner import Work
from tests.experiments.sweep.conftest import TINY, work_in

RATE = "platform.jd.take_rate"
BEST = 0.3
"""Rate that the pretended metric is largest at."""


def asked(**more: Any) -> Search:
    given = {"metric": "close", "direction": "maximize", "space": {"platform": {"jd": {"take_rate": [0.0, 1.0]}}}}
    return Search.model_validate(given | {"trials": 24, "seeds": 2, "batch": 4} | more)


def question(composer: Composer, **more: Any) -> search_study.SearchProblem:
    wanted = asked(**more)
    return search_study.SearchProblem(wanted, space_of(wanted), composer, list(TINY), 7)


def close(task: Task) -> RunRecord:
    """A run whose metric is nearly minus the squared distance from `BEST`."""
    rate, seed = task.job.settings[RATE], task.job.settings["seed"]
    record = RunRecord(task.job.run, "succeeded")
    task.place.mkdir(parents=True)
    summary = {"close": -((rate - BEST) ** 2) + 1e-4 * seed, "festivals": []}
    (task.place / "summary.json").write_text(json.dumps(summary))
    keep(record, task.place)
    return record


def run(study: optuna.Study, of: search_study.SearchProblem, work: Work, batches: int) -> pd.DataFrame:
    for _ in range(batches):
        search_study._do(study, search_study._ask(study, of), of, work)
    return search_study._write(study, of, work.status.folder)


def test_ranges_and_choices() -> None:
    space = {"a": [0.1, 2], "b": {"c": [1, 9], "d": ["hold", "ewa"]}, "e": [True, False], "f": [1, 2, 4]}
    assert space_of(asked(space=space, log=["a"])) == {
        "a": FloatDistribution(0.1, 2.0, log=True),
        "b.c": IntDistribution(1, 9),
        "b.d": CategoricalDistribution(("hold", "ewa")),
        "e": CategoricalDistribution((True, False)),
        "f": CategoricalDistribution((1, 2, 4)),
    }


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"space": {}}, r"^search\.space=\{\}: at least one"),
        ({"space": {"a": [2, 1]}}, r"^search\.space\.a=\[2, 1\]: \[low,high\] with low below high"),
        ({"space": {"a": 3}}, r"^search\.space\.a=3: \[low,high\]"),
        ({"space": {"a": [0, 1]}, "log": ["a"]}, r"^search\.log: search\.space\.a=\[0, 1\]: .* low above 0"),
        ({"space": {"a": ["x", "y"]}, "log": ["a"]}, r"choices, which have no scale$"),
        ({"log": ["b"]}, r"^search\.log=\['b'\]: b is not in search\.space, which has platform\.jd\.take_rate$"),
    ],
)
def test_bad_spaces(more: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        space_of(asked(**more))


def test_it_finds_the_best_over_seeds(composer: Composer, tmp_path: Path) -> None:
    """Mean and standard error of the two seeds 7 and 8, whose metrics differ by 1e-4."""
    of, study = question(composer), optuna.create_study(direction="maximize")
    found = run(study, of, work_in(tmp_path, close), 6)
    assert len(found) == 24
    assert found[RATE][0] == pytest.approx(BEST, abs=0.05)  # 24 random points are that near to it in 9 cases of 10
    assert found["mean"][0] == pytest.approx(-((found[RATE][0] - BEST) ** 2) + 7.5e-4)
    assert found["standard_error"].tolist() == pytest.approx([0.5e-4] * 24)
    assert found["mean"].is_monotonic_decreasing
    assert not search_study._ask(study, of)


def test_broken_off_it_proposes_what_it_would_have(composer: Composer, tmp_path: Path) -> None:
    of = question(composer, trials=12)
    whole = run(optuna.create_study(direction="maximize"), of, work_in(tmp_path / "whole", close), 3)
    broken = optuna.create_study(direction="maximize")
    run(broken, of, work_in(tmp_path / "broken", close), 2)
    before = search_study._ask(broken, of)
    broken.tell(before[0].number, -1.0)  # killed between the first and the second of a batch
    assert [trial.params for trial in search_study._ask(broken, of)] == [trial.params for trial in before[1:]]
    rates = {trial.number: trial.params[RATE] for trial in broken.get_trials()}
    assert rates == dict(zip(whole["trial"], whole[RATE], strict=True))


def test_a_metric_that_no_run_has(composer: Composer, tmp_path: Path) -> None:
    of = question(composer, metric="closed")
    with pytest.raises(StudyError, match=r"^search\.metric=closed: a run has no such number; it has close and others$"):
        run(optuna.create_study(), of, work_in(tmp_path, close), 1)


def test_nothing_found_says_so(composer: Composer, tmp_path: Path) -> None:
    of = question(composer)
    failed = run(optuna.create_study(), of, work_in(tmp_path, lambda task: RunRecord(task.job.run, "failed", "no")), 1)
    with pytest.raises(StudyError, match="no trial finished"):
        search_study._say(failed, of, Console(quiet=True), 0)


def test_a_metric_that_is_empty_in_every_run(composer: Composer, tmp_path: Path) -> None:
    def empty(task: Task) -> RunRecord:
        record = RunRecord(task.job.run, "succeeded")
        task.place.mkdir(parents=True)
        (task.place / "summary.json").write_text(json.dumps({"close": None, "festivals": []}))
        keep(record, task.place)
        return record

    of, work = question(composer), work_in(tmp_path, empty)
    found = run(optuna.create_study(), of, work, 1)
    with pytest.raises(StudyError, match=r"^search\.metric=close: is empty \(null\) in every run that finished, "):
        search_study._say(found, of, Console(quiet=True), work.status.count("succeeded"))


def test_another_question_in_the_same_folder(composer: Composer, tmp_path: Path) -> None:
    search_study._check_problem(question(composer), tmp_path)
    search_study._check_problem(question(composer, trials=50), tmp_path)
    with pytest.raises(
        SettingsError, match=r'resume=true needs the search there; search.direction was "maximize", not'
    ):
        search_study._check_problem(question(composer, direction="minimize"), tmp_path)
