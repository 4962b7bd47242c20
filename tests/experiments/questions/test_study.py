"""`secondhalf questions`: arms, numbers of known runs, files, runs that are kept or fail, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from secondhalf.conf.schema.vocabulary import CHANNELS, PAN_SHELF
from secondhalf.experiments.command.compose import compose_config, load_settings
from secondhalf.experiments.command.request import Request, make_request
from secondhalf.experiments.command.studies import STUDIES
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.experiments.questions import runs
from secondhalf.experiments.questions.arms import CROSSING, Job, QuestionsPlan, whole_years, with_scenario
from secondhalf.experiments.questions.runs import HISTORY, run_job
from secondhalf.experiments.questions.settings import Questions
from secondhalf.experiments.questions.study import FILES, JOURNAL, prepare, questions
from secondhalf.experiments.questions.tables import COLUMNS, parts
from secondhalf.experiments.results.schema.data_package import describe_shipped
from secondhalf.experiments.results.statistics.crossed_runs import estimate
from secondhalf.experiments.results.tables import channels, daily, market_days
from secondhalf.model.market import Market
from secondhalf.model.observers.second_half import Phase
from tests.experiments.conftest import SILENT, refused
from tests.experiments.launches.fake import write_fake
from tests.experiments.questions.random_results import KINDS

SMALL = (
    "calendar.warm_up=56",
    "calendar.start=2021-01-01",
    "calendar.end=2022-12-31",
    "questions.users=100",
    "questions.merchants=15",
    "questions.members=3",
    "questions.seeds=2",
    "questions.workers=1",
)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fake(tmp_path_factory.mktemp("fitted"), load_settings([]))


def asked(folder: Path, fitted: Path, *words: str) -> Request[Questions]:
    config = compose_config([*SMALL, f"questions.calibration={fitted}", *words])
    return make_request(STUDIES["questions"], config, folder, True)


def study(folder: Path, fitted: Path, *words: str, **more: Any) -> dict[str, Any]:
    """Run a study quietly; its summary."""
    request = asked(folder, fitted, *words)
    questions(prepare(request), request.options, folder, SILENT, Console(quiet=True), **more)
    read: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def plan(fitted: Path) -> QuestionsPlan:
    return prepare(asked(Path("nowhere"), fitted))


@pytest.fixture(scope="module")
def finished(fitted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    study(folder, fitted)
    return folder


def test_each_arm_takes_away_what_its_question_says(plan: QuestionsPlan) -> None:
    assert [arm.name for arm in plan.arms[:3]] == ["kuaishou_first", "links_stay_open", "no_exclusivity_ban"]
    assert plan.absent == ("jd_does_not_cross",)  # its launches are of 2023 and later
    crossing = {arm.platform: arm.scenario.without for arm in plan.arms if arm.question == CROSSING}
    assert set(crossing) == {"kuaishou", "douyin", "taobao", "pinduoduo"}
    for platform, rules in crossing.items():
        assert {rule.platform for rule in rules} == {platform}
        shelf = {"mall", "search"} & {rule.capability for rule in rules}
        assert bool(shelf) == (KINDS[platform] == "content"), platform
    assert plan.branch_dates["douyin_does_not_cross"] == "2021-12-15"
    assert (whole_years(plan.settings), plan.year) == ([2021, 2022], 2022)


def test_numbers_are_those_of_runs_of_their_own(plan: QuestionsPlan) -> None:
    """An arm that branched off is a market of its settings from the first day on, and the sums are its tables'."""
    _, _, job = next(plan.jobs())
    arm = next(arm for arm in job.arms if arm.name == "douyin_does_not_cross")
    found = run_job(Job("", job.settings, (arm,)))["arms"]
    assert set(found[arm.name]) == {"2021", "2022"}
    for name, settings in ((HISTORY, job.settings), (arm.name, with_scenario(job.settings, arm))):
        market = Market(settings)
        while market.running:
            market.step()
        days, whole, cells = daily(market), market_days(market), channels(market)
        market.close()
        own = days[days["date"].str.startswith("2022")]
        means, count = found[name]["2022"], 365
        for platform in KINDS:
            there, rows = means[platform], own[own["platform"] == platform]
            assert there["gmv"] == pytest.approx(rows["gmv"].mean())
            assert there["revenue"] == pytest.approx((rows["commission"] + rows["ad_revenue"]).mean())
            assert there["profit"] == pytest.approx(rows["profit"].mean())
            shelf = cells["channel"].isin(PAN_SHELF) == (KINDS[platform] == "content")
            other = cells[shelf & (cells["platform"] == platform) & cells["month"].str.startswith("2022")]
            assert there["other_gmv"] * count == pytest.approx(other["gmv"].sum(), abs=1.0)
            assert 0 <= there["other_minutes"] <= there["minutes"] * (1 + 1e-9)
        year = whole[whole["date"].str.startswith("2022")]
        for key in ("consumer_surplus", "merchants_profit", "interpenetration_gmv", "interpenetration_minutes"):
            assert means["market"][key] == pytest.approx(year[key].mean())
    assert found[arm.name]["2022"]["douyin"]["other_gmv"] < found[HISTORY]["2022"]["douyin"]["other_gmv"]
    assert set(CHANNELS) > set(PAN_SHELF)


def test_history_around_the_second_half(plan: QuestionsPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of a year on both sides of the day, and what flowed in from then on."""
    _, _, job = next(plan.jobs())
    monkeypatch.setattr(runs, "phase", lambda *_: Phase(day=365))
    found = run_job(Job("", job.settings, ()))
    assert found["turn"] == 365
    for window, year in (("before", "2021"), ("after", "2022")):
        for platform in KINDS:
            assert found[window][platform] == pytest.approx(found["arms"][HISTORY][year][platform])
    assert list(found["sources"]) == ["2022"]
    assert set(found["sources"]["2022"]["jd"]) == {"new", "outside", "budget", "transfer"}
    assert any(value for value in found["sources"]["2022"]["kuaishou"].values())
    monkeypatch.setattr(runs, "phase", lambda *_: Phase(day=400))  # no whole year after it
    assert run_job(Job("", job.settings, ()))["turn"] is None


def test_parts_of_new_water_add_up() -> None:
    draw = np.random.default_rng(0)
    for _ in range(20):
        one, other = (
            {"active_users": a, "minutes": m, "other_minutes": m * share}
            for a, m, share in draw.uniform([1e6, 1e9, 0], [3e8, 4e10, 1], (2, 3))
        )
        found = parts(one, other)
        assert sum(found.values()) == pytest.approx(1e-9 * (other["minutes"] - one["minutes"]))
    same = {"active_users": 1e8, "minutes": 1e10, "other_minutes": 1e9}
    longer, pool, users = (
        same | {"minutes": 2e10},
        same | {"minutes": 1.1e10, "other_minutes": 2e9},
        {key: 2 * value for key, value in same.items()},
    )
    assert parts(same, longer) == pytest.approx({"stickiness": 10.0, "new_pools": 0.0, "more_users": 0.0})
    assert parts(same, pool) == pytest.approx({"stickiness": 0.0, "new_pools": 1.0, "more_users": 0.0})
    assert parts(same, users) == pytest.approx({"stickiness": 0.0, "new_pools": 0.0, "more_users": 10.0})


def test_files_are_whole_and_anybody_can_redo_the_statistics(finished: Path) -> None:
    assert set(FILES) <= {path.name for path in finished.iterdir()}
    table = pd.read_csv(finished / "questions.csv", keep_default_na=False)
    assert list(table.columns) == list(COLUMNS)
    summary = json.loads((finished / "summary.json").read_text(encoding="utf-8"))
    assert (summary["members"], summary["seeds"], summary["failed"]) == ([0, 1, 2], [0, 1], [])
    assert summary["answering"] == (table["answers"] == "yes").sum()
    kept = [json.loads(line) for line in (finished / JOURNAL).read_text().splitlines()[1:]]
    assert len(kept) == 6
    cells = np.zeros((3, 2))
    for key, result in kept:
        member, seed, _ = key.split()
        arms = result["arms"]
        after, before = (arms[name]["2022"]["taobao"]["revenue"] for name in ("taobao_does_not_cross", HISTORY))
        cells[int(member), int(seed)] = np.log(after / before)
    own = table[(table["measure"] == "revenue") & (table["platform"] == "taobao") & (table["unit"] == "percent")]
    row, expected = own[own["period"] == "2022"].iloc[0], estimate(cells)
    assert float(row["estimate"]) == pytest.approx(100 * np.expm1(expected.mean))
    assert (float(row["low"]), float(row["high"]), float(row["p"])) == pytest.approx(
        (100 * np.expm1(expected.low), 100 * np.expm1(expected.high), expected.p)
    )


def test_the_package_of_a_shipped_result_names_its_columns(finished: Path, tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((finished / name).read_bytes())
    path = describe_shipped(tmp_path, "questions", "title", {"questions.md": "text/markdown"}, "abc")
    package = json.loads(path.read_text(encoding="utf-8"))
    fields = package["resources"][0]["schema"]["fields"]
    assert [field["name"] for field in fields] == list(COLUMNS)
    assert all(field.get("description") for field in fields)
    names = [resource["name"] for resource in package["resources"]]
    assert len(set(names)) == len(names)


def never(job: Job) -> dict[str, Any]:
    """No run has to be made (again)."""
    raise AssertionError(job.key)


def failing(job: Job) -> dict[str, Any]:
    """Runs none of the second member."""
    if job.key.startswith("1 "):
        raise RuntimeError("as it happens")
    return never(job)


def test_finished_runs_are_not_made_again(finished: Path, fitted: Path) -> None:
    before = {name: (finished / name).read_bytes() for name in FILES if name != "summary.json"}
    study(finished, fitted, task=never)
    assert before == {name: (finished / name).read_bytes() for name in before}


def test_a_failed_run_costs_its_member(tmp_path: Path, finished: Path, fitted: Path) -> None:
    head, *lines = (finished / JOURNAL).read_text().splitlines()
    (tmp_path / JOURNAL).write_text("\n".join([head, *(line for line in lines if not line.startswith('["1 '))]) + "\n")
    summary = study(tmp_path, fitted, task=failing)
    assert summary["members"] == [0, 2]
    assert [(one["member"], one["error"]) for one in summary["failed"]] == [(1, "RuntimeError: as it happens")] * 2
    (tmp_path / JOURNAL).unlink()
    with pytest.raises(StudyError, match="0 of 3 members finished under all seeds, two are needed; AssertionError"):
        study(tmp_path, fitted, task=never)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("scenario=mall_ban", "scenario=mall_ban: the questions compare history with scenarios of their own"),
        ("strategies.jd=hold", "strategies.jd=hold: the questions are about history; allowed is strategy=history"),
        ("calendar.end=2019-12-31", "calendar.end=2019-12-31: the questions compare calendar years"),
        ("questions.members=1000", "questions.members=1000: questions.calibration="),
        ("questions.seeds=1", "questions.seeds=1"),
        ("questions.documents=[no.md]", "questions.documents=no.md: a file with the marks <!-- questions --> and"),
    ],
)
def test_what_is_refused(
    capsys: pytest.CaptureFixture[str],
    fitted: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    word: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, "questions", f"questions.calibration={fitted}", word)
