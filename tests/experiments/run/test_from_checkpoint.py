"""`run checkpoint.every=...` and `run from_checkpoint=...`: whole tables, other settings, one line for a bad file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from secondhalf.experiments.command import main
from secondhalf.experiments.results.tables import TABLES
from tests.experiments.conftest import refused

TINY = ("experiment=ci", "limits.users=100", "limits.merchants=15", "output.progress=never", "output.pictures=never")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 100 days that kept its market every 40."""
    folder = tmp_path_factory.mktemp("kept")
    stale = folder / "checkpoints" / "2018-01-01.market"
    stale.parent.mkdir()
    stale.touch()
    main.main(["run", *TINY, "checkpoint.every=40", "strategy=reservoir", f"hydra.run.dir={folder}"])
    return folder


def go_on(kept: Path, to: Path, *words: str) -> None:
    """From the second file; the strategy is that of the file."""
    quiet = ("output.progress=never", "output.pictures=never")
    main.main(["run", f"from_checkpoint={kept}/checkpoints/2019-03-22.market", *quiet, f"hydra.run.dir={to}", *words])


def test_files_are_named_by_the_day_that_comes(kept: Path) -> None:
    assert sorted(path.name for path in (kept / "checkpoints").iterdir()) == ["2019-02-10.market", "2019-03-22.market"]
    assert json.loads((kept / "summary.json").read_text())["from_checkpoint"] is None


def test_a_run_that_goes_on_leaves_the_same_tables(kept: Path, tmp_path: Path) -> None:
    go_on(kept, tmp_path)
    for name in TABLES:
        assert (tmp_path / f"{name}.csv").read_bytes() == (kept / f"{name}.csv").read_bytes(), name
    first, second = (json.loads((folder / "summary.json").read_text()) for folder in (kept, tmp_path))
    for key in ("phases", "platforms", "market", "festivals", "settings", "exposure_at_start"):
        assert first[key] == second[key]
    assert second["from_checkpoint"] == {"date": "2019-03-22", "changed": []}


def test_what_is_asked_for_changes_and_the_rest_stays(kept: Path, tmp_path: Path) -> None:
    go_on(
        kept,
        tmp_path,
        "strategies.jd=hold",
        "scenario=mall_ban",
        "scenario.bans.0.since=2019-03-25",
        "calendar.end=2019-04-20",
    )
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["from_checkpoint"] == {"date": "2019-03-22", "changed": ["calendar.end", "strategies", "scenario"]}
    assert summary["settings"]["strategy"]["name"] == "reservoir"
    assert summary["settings"]["population"]["users"] == 100
    days = (tmp_path / "market.csv").read_text().splitlines()
    assert len(days) == 1 + 110
    assert days[:80] == (kept / "market.csv").read_text().splitlines()[:80]


def test_forks_into_scenarios_are_a_sweep(kept: Path, tmp_path: Path) -> None:
    words = ["run", "-m", f"from_checkpoint={kept}/checkpoints/2019-03-22.market", "scenario=baseline,links_stay_open"]
    main.main([*words, "hydra/launcher=basic", "output.progress=never", f"hydra.sweep.dir={tmp_path}"])
    found = [json.loads(path.read_text()) for path in tmp_path.rglob("summary.json")]
    assert sorted(tuple(one["from_checkpoint"]["changed"]) for one in found) == [(), ("scenario",)]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["seed=5"], "{file}: seed=5: it was 0 until now; a market that goes on may change scenario,"),
        (["population.users=150"], "{file}: population.users=150: it was 100 until now;"),
        (["calendar.end=2019-03-01"], "{file}: calendar.end=2019-03-01: the market goes on from 2019-03-22;"),
        (["from_checkpoint=no.market"], "no.market: the file cannot be read (No such file or directory)"),
        (["from_checkpoint=5"], "5: the name of a file is needed"),
        (["from_checkpoint=cut.market"], "cut.market: the file is cut short or damaged"),
    ],
)
def test_one_line_before_any_work(
    kept: Path, here: Path, capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    file = kept / "checkpoints" / "2019-03-22.market"
    (here / "cut.market").write_bytes(file.read_bytes()[:2000])
    named = [] if words[0].startswith("from_checkpoint=") else [f"from_checkpoint={file}"]
    assert refused(capsys, "run", *named, *words).startswith(f"from_checkpoint={reason.format(file=file)}")
    assert [path.name for path in here.iterdir()] == ["cut.market"]


def test_only_a_run_goes_on(kept: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = kept / "checkpoints" / "2019-03-22.market"
    reason = refused(capsys, "phases", f"from_checkpoint={file}")
    assert reason == f"from_checkpoint={file}: only `secondhalf run` goes on from a file"
