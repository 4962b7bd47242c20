"""Words that plain Hydra takes, and folders and keys that look like something else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from secondhalf.experiments.command import main
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.command.overrides import open_overrides
from tests.experiments.conftest import refused

TINY = (
    "experiment=ci", "limits.users=60", "limits.merchants=8", "limits.days=3", "output.progress=never",
    "output.pictures=never",
)  # fmt: skip

SALE = "calendar.festivals.one_one"


@pytest.fixture(autouse=True)
def _argv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["secondhalf"])


def runs(folder: Path) -> int:
    return len([path for path in (folder / "runs").iterdir() if path.is_dir()])


def test_years_and_dates_are_keys() -> None:
    settings = load_settings(
        [
            "calendar.festivals.one_one_six.traffic_boost.2019=0.3",
            "calendar.festivals.one_one_six.traffic_package.2023=0.2",
            "calendar.people_online.knots.2019-07-01=1140",
            "platform.kuaishou.recruit_trend.2020-01-01=1.5",
        ]
    )
    festival = settings.calendar.festivals["one_one_six"]
    assert festival.traffic_boost == {2019: 0.3, 2020: 0.15, 2021: 0.2, 2022: 0.4}
    assert festival.traffic_package == {2022: 0.5, 2023: 0.2}
    knots = settings.calendar.people_online.knots
    assert {date.isoformat(): value for date, value in knots.items()}["2019-07-01"] == 1140
    recruit = {str(date): factor for date, factor in settings.platform["kuaishou"].recruit_trend.items()}
    assert recruit["2020-01-01"] == 1.5
    assert list(recruit) == sorted(recruit)


def test_years_are_swept() -> None:
    opened = open_overrides(["calendar.festivals.x.traffic_boost.2019=0.3,0.4", "calendar.months.10=1.0"])
    assert opened == ["++calendar.festivals.x.traffic_boost={2019:0.3},{2019:0.4}", "calendar.months.10=1.0"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (f"{SALE}_six.traffic_boost.2019=-1", f"{SALE}_six.traffic_boost.2019=-1"),
        (f"{SALE}_x.traffic_boost.2019=1", f"{SALE}_x.from_day: this setting is missing"),
        (f"{SALE}_six.boosts.2019=1", f"{SALE}_six.boosts={{2019: 1}}: there is no such setting"),
        ("-m seed=interval(0,1)", "seed=interval(0,1): an interval has no values to run one by one"),
        ("+strategy=hold", "+strategy=hold: there is one already; strategy=hold without the + takes its place"),
        ("seed=0,1", "Ambiguous value for argument 'seed=0,1'"),
        ("hydra.mode=MULTIRUN seed=0,-1", "seed=-1: input should be greater than or equal to 0"),
        ("population.users=1000000000", "population.users=1000000000: needs about "),
    ],
)  # fmt: skip
def test_what_is_refused(here: Path, capsys: pytest.CaptureFixture[str], words: str, message: str) -> None:
    assert refused(capsys, "run", *words.split()).startswith(message)
    assert list(here.iterdir()) == []


def test_an_experiment_may_be_added_as_hydra_writes_it() -> None:
    assert load_settings(["+experiment=ci"]) == load_settings(["experiment=ci"])


MODE = "# @package _global_\nlimits: {users: 60, merchants: 8, days: 3}\nhydra: {mode: MULTIRUN}\n"


@pytest.mark.parametrize("where", ["command line", "file"])
def test_hydra_mode_is_a_sweep(here: Path, where: str) -> None:
    words = ["hydra.mode=MULTIRUN", *TINY]
    if where == "file":
        (here / "mine" / "experiment").mkdir(parents=True)
        (here / "mine" / "experiment" / "two.yaml").write_text(MODE)
        words = ["--config-dir", "mine", "experiment=two", *TINY[1:]]
    main.main(["run", *words, "seed=0,1", "hydra.sweep.dir=swept"])
    assert runs(here / "swept") == 2


def test_names_of_runs_by_their_overrides(here: Path) -> None:
    main.main(
        ["run", "-m", *TINY, "seed=0,1", "hydra.sweep.dir=swept", "hydra.sweep.subdir=${hydra.job.override_dirname}"]
    )
    assert runs(here / "swept") == 2


def test_a_folder_with_the_look_of_a_setting(here: Path) -> None:
    main.main(["run", *TINY, "hydra.run.dir='o/seed=3'"])
    main.main(["report", "o/seed=3"])
    assert (here / "o" / "seed=3" / "report.html").is_file()


@pytest.mark.parametrize("mode", ["single", "sweep"])
def test_files_are_looked_for_where_the_command_was_called(here: Path, mode: str) -> None:
    (here / "friends.txt").write_text("0 1\n2 3\n")
    words = [
        *TINY,
        "network=file",
        "network.file=friends.txt",
        "hydra.job.chdir=true",
        f"hydra.{'run' if mode == 'single' else 'sweep'}.dir=out",
    ]
    main.main(["run", *(["-m", "seed=0,1"] if mode == "sweep" else []), *words])
    assert Path(os.getcwd()) == here
    assert (here / "out" / "summary.json").is_file() if mode == "single" else runs(here / "out") == 2
