"""`secondhalf equilibrium` on tiny markets: its files, what goes on after a stop, and what fails."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.calibrate.parameters import read_parameters
from secondhalf.experiments.command.compose import compose_config, market_settings, options
from secondhalf.experiments.equilibrium.game import simulations
from secondhalf.experiments.equilibrium.game.simulations import Simulation
from secondhalf.experiments.equilibrium.problem import EquilibriumProblem, find_problem
from secondhalf.experiments.equilibrium.settings import Equilibrium
from secondhalf.experiments.equilibrium.study import JOURNAL, equilibrium
from secondhalf.experiments.execution.process_pool import StudyError
from secondhalf.experiments.execution.settings import Launcher, Output
from tests.docs.test_data_dictionary import sections
from tests.experiments.conftest import SILENT

TINY = ["experiment=ci", "limits.users=60", "limits.merchants=10", "calendar.warm_up=56", "equilibrium.resamples=20"]
TINY += ["equilibrium.ensemble=false", "equilibrium.first_seed=0"]
QUIET = Console(quiet=True)
GAME = ["equilibrium.balance.seeds=0", "equilibrium.adaptive.seeds=0"]


def run(folder: Path, *words: str, output: Output = SILENT) -> int:
    config = compose_config([*TINY, *words])
    problem = find_problem(market_settings(config), options(Equilibrium, config))
    return equilibrium(problem, folder, output, QUIET)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole study, with its page."""
    folder = tmp_path_factory.mktemp("equilibrium")
    run(folder, output=Output(progress="never"))
    return folder


def test_verdicts_are_in_the_files_and_the_answer(finished: Path) -> None:
    profiles = pd.read_csv(finished / "profiles.csv", keep_default_na=False)
    assert len(profiles) == 4
    assert set(profiles["verdict"]) <= {"certified", "refuted", "undecided"}
    text = (finished / "equilibrium.md").read_text(encoding="utf-8")
    assert text.startswith(("The historical profile (", "Whether the historical profile ("))
    assert "certified" in text
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "The second-half equilibrium" in page
    for name in ("regrets", "responses", "payoffs", "shares", "paths"):
        assert (finished / "pictures" / f"{name}.svg").is_file()
    summary = json.loads((finished / "summary.json").read_text(encoding="utf-8"))
    assert summary["verdicts"] == {word: list(profiles["verdict"]).count(word) for word in summary["verdicts"]}


def test_anybody_can_redo_the_gains_from_the_runs(finished: Path) -> None:
    """Without costs a gain is the mean over seeds of a log ratio of revenues; costs shift it by a constant."""
    runs, table = pd.read_csv(finished / "runs.csv"), pd.read_csv(finished / "deviations.csv")
    by = runs.pivot(index="seed", columns=["profile", "platform"], values="revenue")
    shifts = {}
    for row in table.to_dict("records"):
        there = row["profile"].replace(f"{row['player']} {row['from']}", f"{row['player']} {row['to']}")
        ratio = np.log(by[there, row["player"]] / by[row["profile"], row["player"]]).mean()
        shift = np.log1p(row["gain"]) - ratio
        assert shifts.setdefault((row["player"], row["to"]), shift) == pytest.approx(shift, abs=1e-9)
    assert all((shift < 0) == (to != "stay") for (_, to), shift in shifts.items())


def test_every_column_is_described(finished: Path) -> None:
    described = {title.removeprefix("equilibrium: "): rows for title, rows in sections().items()}
    names = [path.name for path in finished.glob("*.csv")]
    assert len(names) == 15
    for name in names:
        with (finished / name).open(encoding="utf-8") as lines:
            assert [row[0] for row in described[name]] == lines.readline().strip().split(","), name


def test_a_stopped_analysis_gives_the_same_tables(finished: Path, tmp_path: Path) -> None:
    """Half of the runs are lost, and the last line is half a line."""
    lines = (finished / JOURNAL).read_text(encoding="utf-8").splitlines()
    kept = "\n".join(line for line in lines[1:] if "balance" not in line and "adaptive" not in line)
    (tmp_path / JOURNAL).write_text(lines[0] + "\n" + kept[: len(kept) // 2], encoding="utf-8")
    run(tmp_path, *GAME)
    for name in ("profiles", "deviations", "payoffs", "statements", "outcomes"):
        assert (tmp_path / f"{name}.csv").read_bytes() == (finished / f"{name}.csv").read_bytes(), name
    with pytest.raises(SettingsError, match=r"journal.jsonl there is of other settings"):
        run(tmp_path, "users.habit_weight=1.0", *GAME)


def test_ray_gives_what_processes_give(tmp_path: Path) -> None:
    """All tables but the seconds in runs.csv."""
    pytest.importorskip("ray")
    config = compose_config([*TINY, *GAME, "equilibrium.first_draws=2"])
    problem = find_problem(market_settings(config), options(Equilibrium, config))
    for engine in ("local", "ray"):
        equilibrium(problem, tmp_path / engine, SILENT, QUIET, Launcher(engine=engine, threads=1, workers=2))
    for path in (tmp_path / "local").glob("*.csv"):
        mine, theirs = (pd.read_csv(tmp_path / engine / path.name) for engine in ("local", "ray"))
        drop = [name for name in ("seconds",) if name in mine]
        pd.testing.assert_frame_equal(mine.drop(columns=drop), theirs.drop(columns=drop))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run of a mall on Kuaishou under seed 1 fails; all others are made up."""
    rng = np.random.default_rng(0)

    def work(job: Simulation) -> dict[str, Any]:
        names = job.setup.settings.platforms
        if job.kind == simulations.PAST:
            year = {name: {"revenue": 1e11, "gmv": 1e12, "attention": 0.1} for name in names}
            return {"year": year, "standing": {name: [] for name in names}}
        if job.kind == simulations.PATH:
            return {"second_half_day": "2021-01-31"}
        if job.seed == 1 and job.profile[0][2]:
            raise RuntimeError("out of luck")
        crossed = sum(len(has) for _, _, has in job.profile)
        number = {"revenue": 1e11 * (1 + 0.1 * crossed), "profit": -1.0, "gmv": 1e12, "attention": 0.1}
        number |= {
            "subsidies": 0.0,
            "revenue_last": 1e11,
            "gmv_last": 1e12,
            "attention_last": 0.1,
            "installed_growth": 0.0,
        }
        sides = (
            "users_surplus",
            "consumer_surplus",
            "merchants_profit",
            "merchants_regret",
            "merchants_wishing",
            "hhi_attention",
            "hhi_gmv",
        )
        market = dict.fromkeys(sides, 1.0) | {
            "interpenetration_gmv": float(rng.random()),
            "interpenetration_minutes": 0.1,
            "minutes_a_day": 100.0,
            "growth_before": 0.0,
            "growth": 0.0,
        }
        return {name: dict(number) for name in names} | {"market": market}

    monkeypatch.setattr(simulations, "work", work)


@pytest.mark.usefixtures("broken")
def test_a_failed_run_is_a_row_and_the_analysis_goes_on(tmp_path: Path) -> None:
    run(tmp_path, *GAME)
    runs = pd.read_csv(tmp_path / "runs.csv", keep_default_na=False)
    failed = runs[runs["error"] != ""]
    assert list(failed["error"]) == ["RuntimeError: out of luck"] * 2
    assert set(failed["seed"]) == {1}
    profiles = pd.read_csv(tmp_path / "profiles.csv").set_index("profile")
    assert list(profiles["draws"]) == [4, 4, 3, 3]
    assert list(profiles["verdict"]) == ["refuted", "refuted", "refuted", "certified"]
    assert "2 runs failed and are missing" in (tmp_path / "equilibrium.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("broken")
def test_a_payoff_without_a_logarithm_is_refused_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(
        StudyError, match=r"payoff=profit: kuaishou gets -1 under seed 0 when kuaishou stay, taobao stay"
    ):
        run(tmp_path, "equilibrium.payoff=profit", *GAME)


@pytest.mark.usefixtures("broken")
def test_all_sets_are_held_against_a_candidate(tmp_path: Path) -> None:
    """In the made-up market every capability pays: a set outside of the bundles refutes, joins, and is certified."""
    bundles = "equilibrium.bundles.shelf={stay: [], live: [live], live+video: [live, short_video]}"
    words = ["equilibrium.players=[douyin,taobao]", "equilibrium.certify=full", "equilibrium.costs=false", bundles]
    run(tmp_path, *GAME, *words)
    table = pd.read_csv(tmp_path / "candidates.csv")
    assert len(table[table["profile"] == table["profile"].iloc[0]]) == 2 * (2**4 - 1)
    assert (table["verdict"] == "pays").any()
    text = (tmp_path / "equilibrium.md").read_text(encoding="utf-8")
    assert re.search(r"Against all \d+ capability sets, [^:]* is not an equilibrium: ", text)
    assert "Among the 9 profiles of the bundles alone 1 are certified (" in text
    profiles = pd.read_csv(tmp_path / "profiles.csv", keep_default_na=False)
    assert len(profiles) == 12
    new = profiles["profile"].str.contains(" with")
    assert list(profiles["verdict_of_bundles"][new]) == [""] * 3
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert dict(profiles["verdict_of_bundles"][~new].value_counts()) == {
        word: count for word, count in summary["verdicts_of_bundles"].items() if count
    }


ENSEMBLE = ["equilibrium.ensemble=true", "equilibrium.first_draws=3", "equilibrium.most_draws=3"]


@pytest.mark.usefixtures("broken")
def test_draws_are_members_under_seeds_of_their_own(tmp_path: Path) -> None:
    """Every member has its own parameters and seeds, the same under every profile; a failed seed costs its draw."""
    run(tmp_path, *GAME, *ENSEMBLE)
    runs = pd.read_csv(tmp_path / "runs.csv")
    places = runs.drop_duplicates(["profile", "member", "seed"]).groupby("profile", sort=False)
    assert {tuple(zip(own["member"], own["seed"], strict=True)) for _, own in places} == {
        ((0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5))
    }
    profiles = pd.read_csv(tmp_path / "profiles.csv").set_index("profile")
    assert list(profiles["draws"]) == [3, 3, 2, 2]  # seed 1 fails where Kuaishou has a mall
    text = (tmp_path / "equilibrium.md").read_text(encoding="utf-8")
    assert "members of the fitted ensemble, 2 seeds each: intervals hold parameters and luck" in text
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert (summary["members"], summary["seeds_a_draw"], summary["calibration"]) == (3, 2, "calibration")
    problem = problem_of(*ENSEMBLE)
    assert problem.members is not None
    shocks = [setup.settings.users.shock for setup in problem.draws.setups]
    values = [problem.members.parameters.values(scores)["users.shock"] for scores in problem.members.scores]
    assert shocks == pytest.approx(values)
    assert len(set(shocks)) == 3


def problem_of(*words: str) -> EquilibriumProblem:
    config = compose_config([*TINY, *words])
    return find_problem(market_settings(config), options(Equilibrium, config))


@pytest.mark.usefixtures("broken")
def test_a_plan_that_changes_once_there_are_runs_is_refused(tmp_path: Path) -> None:
    run(tmp_path, *GAME)
    first = (tmp_path / "plan.yaml").read_text(encoding="utf-8")
    assert first.startswith("# Written before the first run.\n")
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert not summary["plan"]["late"]
    assert "ensemble=false" in summary["plan"]["departures"]
    assert summary["plan"]["hash"] in (tmp_path / "equilibrium.md").read_text(encoding="utf-8")
    with pytest.raises(SettingsError, match=r"another plan.yaml \(epsilon was 0.005 and is 0.01\); the plan may not"):
        run(tmp_path, *GAME, "equilibrium.epsilon=0.01")
    run(tmp_path, *GAME)  # the same plan goes on
    assert (tmp_path / "plan.yaml").read_text(encoding="utf-8") == first
    (tmp_path / "plan.yaml").unlink()
    run(tmp_path, *GAME)
    assert "so the level is nominal" in (tmp_path / "equilibrium.md").read_text(encoding="utf-8")
    run(tmp_path, *GAME)  # and it stays so
    assert "so the level is nominal" in (tmp_path / "equilibrium.md").read_text(encoding="utf-8")


def test_a_member_of_a_tiny_variant_reaches_the_horizon() -> None:
    """Settings are read anew when a member's parameters are put in; limits on days must not cut them a second time."""
    config = compose_config(TINY)
    settings = market_settings(config)
    problem = find_problem(settings, options(Equilibrium, config))
    member = read_parameters(settings).put(problem.setup.settings, {})
    days = (member.calendar.end - member.calendar.start).days + 1
    assert days == problem.setup.revision + problem.setup.days
    assert member.population == problem.setup.settings.population


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("calibration=nowhere", "equilibrium.calibration=nowhere: no whole calibration is there"),
        (
            "most_draws=41",
            "equilibrium.most_draws=41: equilibrium.calibration=calibration has 40, and allowed are at most",
        ),
    ],
)
def test_an_ensemble_that_does_not_fit_is_refused(word: str, said: str) -> None:
    """Asked for by name: a tiny variant draws less by itself."""
    config = compose_config(["equilibrium.players=[kuaishou,taobao]", f"equilibrium.{word}"])
    with pytest.raises(SettingsError, match=said):
        find_problem(market_settings(config), options(Equilibrium, config))
