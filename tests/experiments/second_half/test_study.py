"""The study `phases`: its files, what goes on after an interruption, what a failed seed leaves, two arms."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from secondhalf.experiments.command import main
from secondhalf.experiments.second_half import arms
from secondhalf.experiments.second_half import study as second_half_study
from secondhalf.experiments.second_half.study import COLUMNS, ArmSeed
from secondhalf.model.observers.second_half import NAMES
from tests.docs.test_data_dictionary import sections

TINY = (
    "experiment=ci",
    "limits.users=80",
    "limits.merchants=10",
    "output.progress=never",
    "output.formats=[png]",
    "phases.ensemble=false",
)
FILES = {"phases", "phases_summary", "phases_lags", "phases_lags_summary"}


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eighteen months: some platforms have a second half within them."""
    monkeypatch.setattr(arms, "TINY_DAYS", 547)


def study(folder: Path, *words: str) -> pd.DataFrame:
    """Run the command; returns phases.csv as read back."""
    main.main(["phases", *TINY, f"hydra.run.dir={folder}", *words])
    return read(folder)


def read(folder: Path, name: str = "phases") -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds of two arms that differ in a mall opened on the first of March 2019."""
    folder = tmp_path_factory.mktemp("phases")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arms, "TINY_DAYS", 547)
        study(folder, *ARMS)
    return folder


MALL = "{platform:douyin,capability:mall,change:open,date:2019-03-01}"
VIDEO = "{platform:jd,capability:live,change:open,date:2019-02-01}"
ARMS = (f"scenario.moves=[{VIDEO},{MALL}]", f"phases.against=[scenario.moves=[{VIDEO}]]")


def test_a_row_a_seed_arm_and_scope(finished: Path) -> None:
    found = read(finished)
    platforms = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"]
    expected = [(a, s, w) for a in ("given", "against") for s in (0, 1) for w in ("market", *platforms)]
    assert list(zip(found["arm"], found["seed"], found["scope"], strict=True)) == expected
    assert (found["error"] == "").all()
    assert (found["second_half_day"] != "").any()
    assert (found["second_half_day"] == "").any()
    assert found.select_dtypes("number").notna().all(axis=None)


def test_mutual_entry_is_read_from_the_moves(finished: Path) -> None:
    """In the first arm a mall opens in March 2019, before any second half; in the second none does."""
    found = read(finished)
    market = found[found["scope"] == "market"].set_index(["arm", "seed"])["mutual_entry"]
    assert market["given"].tolist() == ["2019-03-01"] * 2
    assert market["against"].tolist() == [""] * 2
    assert (found.loc[found["scope"] != "market", "mutual_entry"] == "").all()


def test_files_are_those_of_the_data_dictionary(finished: Path) -> None:
    described = sections()
    for name in FILES:
        rows = [row[0] for row in described[f"{name}.csv"]]
        columns: list[str] = []
        for source in NAMES:
            columns += [row.replace("*source*", source) for row in rows if row.startswith("*source*")]
        before = [row for row in rows if not row.startswith("*source*")]
        if columns:
            at = rows.index("*source*_peak")
            before[at:at] = columns
        assert list(read(finished, name).columns) == before, name
    written = {path.name for path in finished.iterdir() if path.is_file() and not path.name.endswith(".log")}
    others = {row[0] for row in described["Other files of phases"]}
    assert written == {f"{name}.csv" for name in FILES} | others


@pytest.mark.slow
def test_a_finished_study_is_not_run_again(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All files are the same; other settings are refused, and lose nothing."""
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    monkeypatch.setattr(second_half_study, "one_seed", lambda job: pytest.fail("a seed was run again"))
    study(folder, *ARMS)
    for name in FILES:
        assert (folder / f"{name}.csv").read_bytes() == (finished / f"{name}.csv").read_bytes()
    with pytest.raises(SystemExit):
        study(folder, "strategy=hold")
    assert "phases.jsonl there is of other settings, or of another version" in capsys.readouterr().err
    assert (folder / "phases.csv").read_bytes() == (finished / "phases.csv").read_bytes()


@pytest.mark.slow
def test_an_interrupted_study_goes_on(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the first of four jobs; in the end every number is as if nothing had happened."""
    plain, calls = second_half_study.one_seed, iter(range(10))

    def stop(run: ArmSeed) -> list[dict[str, Any]]:
        if next(calls) == 1:
            raise KeyboardInterrupt
        return plain(run)

    monkeypatch.setattr(second_half_study, "one_seed", stop)
    with pytest.raises(SystemExit) as stopped:
        study(tmp_path / "out", *ARMS)
    assert stopped.value.code == 130
    assert "goes on from there" in capsys.readouterr().err
    kept = read(tmp_path / "out")
    assert list(kept.columns) == list(COLUMNS)
    assert set(zip(kept["arm"], kept["seed"], strict=True)) == {("given", 0)}
    monkeypatch.setattr(second_half_study, "one_seed", plain)
    study(tmp_path / "out", *ARMS)
    for name in FILES:
        assert (tmp_path / "out" / f"{name}.csv").read_bytes() == (finished / f"{name}.csv").read_bytes()


def test_a_failed_seed_is_a_row_and_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = second_half_study.one_seed

    def fail(run: ArmSeed) -> list[dict[str, Any]]:
        if run.settings.seed == 7:
            raise ValueError("of this seed,\nin two lines")
        return plain(run)

    monkeypatch.setattr(second_half_study, "one_seed", fail)
    found = study(tmp_path / "out", "seed=7", "output.pictures=never")
    assert found["seed"].tolist() == [7] + [8] * 6
    assert found["error"].tolist() == ["ValueError: of this seed, in two lines"] + [""] * 6
    assert read(tmp_path / "out", "phases_summary")["seeds"].eq(1).all()
    assert "1 run failed" in (tmp_path / "out" / "phases.md").read_text()
    monkeypatch.setattr(second_half_study, "one_seed", plain)
    again = study(tmp_path / "out", "seed=7", "output.pictures=never")
    assert again["seed"].tolist() == [7] * 6 + [8] * 6
    assert (again["error"] == "").all()


def test_when_every_seed_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def fail(run: ArmSeed) -> list[dict[str, Any]]:
        raise MemoryError

    monkeypatch.setattr(second_half_study, "one_seed", fail)
    with pytest.raises(SystemExit) as stopped:
        study(tmp_path / "out")
    assert stopped.value.code == 1
    assert "no seed could be run" in capsys.readouterr().err.splitlines()[-1]
    assert (read(tmp_path / "out")["error"] == "MemoryError:").all()


@pytest.mark.slow
def test_two_processes_give_what_one_gives(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_half_study, "PAYS", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    study(tmp_path, *ARMS, "output.pictures=never")
    assert (tmp_path / "phases.csv").read_bytes() == (finished / "phases.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("phases.seeds=0", "phases.seeds=0: input should be greater than or equal to 1"),
        (
            "phases.members=41",
            "phases.members=41: phases.calibration=calibration has 40, and allowed are at most so many",
        ),
        ("phases.seeds=1", "phases.seeds=1: with phases.ensemble two are needed at least"),
        ("phases.users=1", "population.users=1: input should be greater than or equal to 2"),
        ("phases.against=[seed=3]", "phases.against=seed=3: only the market may differ, not seeds, users or options"),
        ("phases.against=[phases.users=3]", "phases.against=phases.users=3: only the market may differ"),
        ("phases.against=[strategy=nobody]", "strategy=nobody: unknown choice; allowed are best_response, ewa"),
        ("phases.against=[nonsense=1]", "nonsense=1: there is no such setting"),
        ("phases.against=[strategy.launches=own.csv]", "strategy.launches=own.csv: cannot read the file"),
    ],
)
def test_bad_arms_are_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main.main(["phases", f"hydra.run.dir={tmp_path / 'out'}", words])
    assert stopped.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"secondhalf: {message}")
    assert not (tmp_path / "out").exists()


def test_members_of_the_ensemble_run_under_the_same_seeds(tmp_path: Path) -> None:
    found = study(tmp_path / "out", "phases.ensemble=true", "output.pictures=never")
    market = found[found["scope"] == "market"]
    assert list(zip(market["member"], market["seed"], strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert (
        "4 runs (2 members of the fitted ensemble under 2 seeds each)" in (tmp_path / "out" / "phases.md").read_text()
    )
