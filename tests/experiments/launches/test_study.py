"""`secondhalf launches`: files, runs that are kept and runs that fail, nests, the picture, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import compose_config, load_settings, options
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.experiments.launches.figure import draw
from secondhalf.experiments.launches.plan import FITTED, LaunchPlan, make_plan, with_nest
from secondhalf.experiments.launches.runs import Job, run_job
from secondhalf.experiments.launches.settings import Launches
from secondhalf.experiments.launches.study import FILES, launches
from secondhalf.experiments.launches.tables import COLUMNS, NEST_COLUMNS, SPLIT_COLUMNS
from secondhalf.experiments.pictures import style
from secondhalf.experiments.results.statistics.two_way import two_way
from tests.experiments.conftest import SILENT, refused
from tests.experiments.launches.fake import write_fake

MALL, CUT = "kuaishou_mall_test_2022-06-15", "kuaishou_external_links_close_2022-03-01"
SMALL = (
    "calendar.warm_up=56",
    "calendar.start=2022-02-20",
    "launches.until=2022-09-30",
    "launches.users=120",
    "launches.merchants=15",
    "launches.members=3",
    "launches.seeds=2",
    "launches.workers=1",
    "launches.nests.members=2",
    "launches.nests.values=[0.9]",
    f"launches.only=[{MALL},{CUT}]",
)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_fake(tmp_path_factory.mktemp("fitted"), load_settings([]))


def asked(fitted: Path, *words: str) -> tuple[LaunchPlan, Launches]:
    given = [*SMALL, f"launches.calibration={fitted}", *words]
    how = options(Launches, compose_config(given))
    return make_plan(load_settings(given), how), how


def study(folder: Path, fitted: Path, *words: str, **more: Any) -> dict[str, Any]:
    """Run a study quietly; its summary."""
    plan, how = asked(fitted, *words)
    launches(plan, how, folder, SILENT, Console(quiet=True), **more)
    read: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def finished(fitted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three members, two seeds, a mall and a cut."""
    folder = tmp_path_factory.mktemp("finished")
    study(folder, fitted)
    return folder


def test_files_are_whole_and_agree(finished: Path) -> None:
    assert set(FILES) <= {path.name for path in finished.iterdir()}
    summary = json.loads((finished / "summary.json").read_text(encoding="utf-8"))
    tables = {name: pd.read_csv(finished / f"{name}.csv") for name in ("launches", "split", "nests")}
    for name, columns in (("launches", COLUMNS), ("split", SPLIT_COLUMNS), ("nests", NEST_COLUMNS)):
        assert list(tables[name].columns) == list(columns)
        assert not tables[name].isna().any(axis=None)
        assert (tables[name]["low"] <= tables[name]["high"]).all()
    assert [one["launch"] for one in summary["launches"]] == [CUT, MALL]
    assert (summary["members"], summary["seeds"], summary["failed"]) == ([0, 1, 2], [0, 1], [])
    assert summary["runs"]["histories"] == 3 * 2 + 2 * 2
    assert summary["runs"]["forks"] == 3 * 2 * 2 + 2 * 2
    of_kept = [json.loads(line) for line in (finished / "launches.jsonl").read_text().splitlines()[1:]]
    assert len(of_kept) == summary["runs"]["histories"]
    nests = tables["nests"]
    assert nests["nest"].astype(str).unique().tolist() == [FITTED, "0.9"]
    assert set(nests["launch"]) == {MALL}
    assert {"gain", "cannibalised", "taken", "walking_away", "gmv"} <= set(nests["quantity"])
    text = (finished / "launches.md").read_text(encoding="utf-8")
    assert text.count("\n") == 1
    assert "3 members × 2 seeds of 120 users" in text
    assert summary["limits"] in text


def test_anybody_can_redo_the_statistics(finished: Path) -> None:
    """From the journal: Kuaishou's minutes after the cut."""
    kept = [json.loads(line) for line in (finished / "launches.jsonl").read_text().splitlines()[1:]]
    cells = np.zeros((3, 2))
    for key, result in kept:
        nest, member, seed, _ = key.split()
        if nest == FITTED:
            arms = result["items"][CUT]["1"]
            cells[int(member), int(seed)] = arms["with"]["platforms"][0][6] - arms["without"]["platforms"][0][6]
    table = pd.read_csv(finished / "launches.csv")
    own = table[(table["launch"] == CUT) & (table["quantity"] == "minutes") & (table["unit"] == "minutes")]
    row = own[own["platform"] == "kuaishou"].iloc[0]
    expected = two_way(cells)
    assert (row["mean"], row["low"], row["high"]) == pytest.approx((expected.mean, expected.low, expected.high))
    assert (row["sd_parameters"], row["sd_luck"]) == pytest.approx((expected.sd_parameters, expected.sd_luck))


def never(job: Job) -> dict[str, Any]:
    """No run has to be made (again)."""
    raise AssertionError(job.key)


def failing(job: Job) -> dict[str, Any]:
    """Runs all but the second member under seed 1."""
    if job.key.startswith("fitted 1 1 "):
        raise RuntimeError("as it happens")
    return run_job(job)


def failing_twice(job: Job) -> dict[str, Any]:
    """Fails for two members of three."""
    if not job.key.startswith(("fitted 0", "0.9")):
        raise RuntimeError("as it happens")
    return {"items": {}, "days": 0, "seconds": 0.0}


def test_finished_runs_are_not_made_again(finished: Path, fitted: Path) -> None:
    before = {name: (finished / name).read_bytes() for name in FILES if name != "summary.json"}
    study(finished, fitted, task=never)
    assert before == {name: (finished / name).read_bytes() for name in before}


def test_a_failed_run_costs_its_member_and_is_made_later(tmp_path: Path, finished: Path, fitted: Path) -> None:
    words = ("launches.nests.members=0",)
    summary = study(tmp_path, fitted, *words, task=failing)
    assert summary["members"] == [0, 2]
    assert summary["failed"] == [{"nest": FITTED, "member": 1, "seed": 1, "error": "RuntimeError: as it happens"}]
    assert "runs failed" in (tmp_path / "launches.md").read_text(encoding="utf-8")
    assert study(tmp_path, fitted, *words)["members"] == [0, 1, 2]
    for name in ("launches.csv", "split.csv"):
        assert (tmp_path / name).read_bytes() == (finished / name).read_bytes()
    assert len(pd.read_csv(tmp_path / "nests.csv")) == 0


def test_two_members_have_to_finish(tmp_path: Path, fitted: Path) -> None:
    with pytest.raises(StudyError, match="1 of 3 members finished under all seeds, two are needed; RuntimeError"):
        study(tmp_path, fitted, task=failing_twice)


def test_a_nest_never_exceeds_that_of_platforms() -> None:
    settings = load_settings(["users.channel_nest=0.5", "users.platform_nest=0.7"])
    for value, platforms in ((0.3, 0.7), (0.7, 0.7), (0.9, 0.9)):
        users = with_nest(settings, value).users
        assert (users.channel_nest, users.platform_nest) == (value, platforms)
    assert with_nest(settings, 0.9).model_copy(update={"users": settings.users}) == settings


def test_members_have_their_own_parameters_and_seeds_are_crossed(fitted: Path) -> None:
    plan, _ = asked(fitted, "seed=5")
    jobs = [(nest, member, job.settings) for nest, member, _, job in plan.jobs() if nest == FITTED]
    assert [(member, settings.seed) for _, member, settings in jobs] == [(m, s) for m in range(3) for s in (5, 6)]
    for _, member, settings in jobs:
        values = plan.calibration.parameters.values(plan.calibration.members[member])
        assert plan.calibration.parameters.of(settings) == pytest.approx(values)
    assert len({key for *_, job in plan.jobs() for key in [job.key]}) == len(list(plan.jobs()))


REFUSED = {
    "launches.members=4": "launches.members=4: launches.calibration=",
    "launches.nests.members=4": "launches.nests.members=4: allowed are at most launches.members=3",
    "launches.until=2025-06-30": "launches.until=2025-06-30: allowed are dates up to calendar.last_fact=2024-12-31",
    "launches.until=2022-01-31": "launches.until=2022-01-31: allowed are dates from calendar.start=2022-02-20 on",
    "launches.calibration=nowhere": "launches.calibration=nowhere: no whole calibration is there",
}


@pytest.mark.parametrize("word", REFUSED)
def test_bad_input_is_refused(word: str, fitted: Path) -> None:
    with pytest.raises(SettingsError) as error:
        asked(fitted, word)
    assert REFUSED[word] in str(error.value)
    assert "\n" not in str(error.value)


def test_a_calibration_of_another_structure_is_refused_before_work(
    here: Path, fitted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = json.loads((fitted / "calibration.json").read_text(encoding="utf-8"))
    other = here / "other"
    other.mkdir()
    for path in fitted.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    record["scores"]["users.shopping_gain"] = 0.0
    (other / "calibration.json").write_text(json.dumps(record), encoding="utf-8")
    said = refused(capsys, "launches", f"launches.calibration={other}", "hydra.run.dir=out")
    assert said.startswith(f"launches.calibration={other}: ")
    assert "other parameters than those of today" in said
    assert not list((here / "out").glob("*.csv")) if (here / "out").exists() else True


def many() -> tuple[pd.DataFrame, dict[str, Any]]:
    """Thirty launches with effects of all sizes."""
    owners = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"]
    rows, items = [], []
    for number in range(30):
        owner = owners[number % 5]
        name = f"{owner}_external_links_restrict_2022-01-{number + 1:02d}"
        items.append({"launch": name, "owner": owner, "label": "external links, restrict", "date": "2022-01-01"})
        for horizon in (1, 2):
            mean = (-1) ** number * 1.35**number / 50 * horizon
            keys = {"launch": name, "owner": owner, "platform": owner, "quantity": "gmv", "unit": "percent"}
            rows.append(keys | {"horizon": horizon, "mean": mean, "low": mean - 5, "high": mean + 5})
    sizes = {"members": list(range(10)), "seeds": [0, 1], "users": 2000, "level": 0.9}
    return pd.DataFrame(rows), {"launches": items, "limits": "So it is. " * 25} | sizes


def test_the_texts_of_the_picture_do_not_overlap() -> None:
    with style.page(None):
        drawn = draw(*many())
        drawn.draw_without_rendering()
        (axes,) = drawn.axes
        frames = [label.get_window_extent() for label in axes.get_yticklabels() if label.get_text()]
        bottom = [
            label.get_window_extent()
            for label in axes.get_xticklabels()
            if label.get_text() and axes.get_xlim()[0] <= label.get_position()[0] <= axes.get_xlim()[1]
        ]
        assert drawn._suptitle is not None
        assert drawn._supxlabel is not None
        heads = [drawn._suptitle.get_window_extent(), drawn.legends[0].get_window_extent()]
        heads.append(drawn._supxlabel.get_window_extent())
        boxes = [*frames, *bottom, *heads]
        for number, one in enumerate(boxes):
            for other in boxes[number + 1 :]:
                assert not one.overlaps(other)
        assert all(box.x0 >= 0 and box.x1 <= drawn.bbox.x1 for box in boxes)
        assert "10 members × 2 seeds of 2,000 users" in drawn._supxlabel.get_text()


def test_nothing_to_draw_without_sales() -> None:
    table, summary = many()
    with pytest.raises(style.NothingToDrawError):
        draw(table[table["unit"] == "RMB"], summary)
