"""The study on markets that cost nothing: known effects, a kill that loses nothing, a run that fails, bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.calibrate.parameters import read_parameters
from secondhalf.experiments.command import main
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.sensitivity.budget import costs, smallest
from secondhalf.experiments.sensitivity.factors import SEED
from tests.docs.test_data_dictionary import sections
from tests.experiments.conftest import refused
from tests.experiments.sensitivity.conftest import FEW, SETTINGS, Markets, put_in, read

QUIET = ("output.progress=never", "output.pictures=never")
BUDGET = "sensitivity.runs=170"


def study(folder: Path, *words: str) -> None:
    main.main(["sensitivity", *FEW, *QUIET, f"hydra.run.dir={folder}", *words])


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False)


def of(folder: Path, name: str, quantity: str = "kuaishou_gmv") -> pd.DataFrame:
    found = table(folder, name)
    return found[found["quantity"] == quantity].set_index("parameter")


def test_parameters_of_absent_platforms_are_left_out(tmp_path: Path, markets: Markets) -> None:
    words = ("sensitivity.parameters=jd.gamma|users.shock", "sensitivity.parts=[morris]", "sensitivity.runs=200")
    without = ("platforms=[kuaishou,douyin,taobao,pinduoduo]", "calendar.festivals.six_eighteen.platforms=[taobao]")
    study(tmp_path, *words, *without)
    assert set(table(tmp_path, "morris")["parameter"]) == {"users.shock", SEED}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sensitivity")
    with pytest.MonkeyPatch.context() as patch:
        put_in(patch)
        study(folder, BUDGET)
    return folder


def test_files_are_those_of_the_data_dictionary(finished: Path) -> None:
    described = sections()
    names = ("oat", "morris", "sobol", "robustness", "replicates", "failed")
    for name in names:
        assert [row[0] for row in described[f"{name}.csv"]] == list(table(finished, name).columns)
    others = {row[0] for row in described["Other files of sensitivity"]} - {"sensitivity.png"}
    written = {path.name for path in finished.iterdir() if path.is_file() and path.suffix != ".log"}
    assert written == {f"{name}.csv" for name in names} | others


def test_elasticities_are_those_of_the_power_law(finished: Path) -> None:
    own = of(finished, "oat")
    for name, power in SETTINGS.items():
        elasticity = float(own.loc[name, "elasticity"])
        sd = np.log(float(own.loc[name, "setting_above"]) / float(own.loc[name, "setting_below"])) / 2
        assert elasticity == pytest.approx(np.sinh(power * sd) / sd, rel=0.02)
        assert float(own.loc[name, "elasticity_low"]) <= elasticity <= float(own.loc[name, "elasticity_high"])
    assert own["rank"].to_dict() == {"users.habit_weight": 1, "users.shock": 2, "users.opening_cost": 3, SEED: 4}
    assert own.loc[SEED, ["setting_below", "setting_above", "elasticity"]].tolist() == ["", "", ""]
    assert own["seed_sd"].iloc[0] / own.loc[SEED, "value_below"] == pytest.approx(0.01, rel=0.7)


def test_shared_seeds_take_the_luck_out(finished: Path) -> None:
    """The luck of a pair cancels, so that intervals are far narrower than what the seed alone does."""
    own = of(finished, "oat")
    widths = own["high"] - own["low"]
    assert widths["users.opening_cost"] < widths[SEED] / 5


def test_morris_and_sobol_find_the_order(finished: Path) -> None:
    screened, indices = of(finished, "morris"), of(finished, "sobol")
    for found in (screened, indices):
        assert found.sort_values("rank").index[:2].tolist() == ["users.habit_weight", "users.shock"]
    assert screened["over_seed"].to_dict() == dict.fromkeys(SETTINGS, 1) | {SEED: 0}
    assert indices.loc["users.habit_weight", "total"] > 0.6
    assert indices.loc[SEED, "total"] < 0.01


def test_robustness_shows_the_stage_order_and_no_network(finished: Path) -> None:
    """The order is worth 10 percent in every quantity; networks change nothing here, not even the luck."""
    found = table(finished, "robustness")
    assert set(found["changed"]) == {"network", "stage_order", "users"}
    assert set(found.loc[found["changed"] == "users", "variant"]) <= {"20000", "200000"}
    moved = found[found["changed"] == "stage_order"]
    assert moved["relative"].astype(float).to_numpy() == pytest.approx(np.expm1(0.1), rel=0.001)
    assert (moved["low"] > 0).all()
    others = found[found["changed"] == "network"]
    assert set(others["variant"]) == {"small_world", "scale_free", "communities", "random_mixing"}
    assert (others["difference"] == 0).all()


def test_a_document_shows_what_was_screened_and_divided(
    tmp_path: Path, markets: Markets, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "page.md"
    document.write_text("Before.\n<!-- sensitivity -->\nold\n<!-- /sensitivity -->\nAfter.\n", encoding="utf-8")
    study(tmp_path / "own", BUDGET, f"sensitivity.documents=[{document}]")
    text = document.read_text(encoding="utf-8")
    assert text.startswith("Before.\n<!-- sensitivity -->\n")
    assert text.endswith("<!-- /sensitivity -->\nAfter.\n")
    assert "old" not in text
    whole = (tmp_path / "own" / "sensitivity.md").read_text(encoding="utf-8")
    assert "| kuaishou_gmv | users.habit_weight" in text
    assert {*text.splitlines()[2:-2]} <= {*whole.splitlines()}
    assert "Shares of variance" in whole
    capsys.readouterr()
    said = refused(capsys, "sensitivity", *FEW, f"sensitivity.documents=[{tmp_path / 'none.md'}]")
    assert said.startswith(f"sensitivity.documents={tmp_path / 'none.md'}: a file with the marks <!-- sensitivity -->")


def test_a_quantity_that_half_of_the_runs_lack(finished: Path) -> None:
    """Nothing is put in its place: it has the seeds and blocks in which it has a value."""
    both = table(finished, "replicates").groupby("quantity")["seeds"].max()
    assert both["second_half_day"] == -(-both["second_half_begins"] // 2)
    blocks = table(finished, "sobol").groupby("quantity")["blocks"].first()
    assert blocks.get("second_half_day", 0) < blocks["second_half_begins"]
    assert (
        "second_half_day is measured only in runs that have a second half" in (finished / "sensitivity.md").read_text()
    )


def runs_in(folder: Path) -> int:
    """Finished runs in the journal, beside its head and the plan."""
    lines = [json.loads(line) for line in (folder / "runs.jsonl").read_text().splitlines()]
    return sum(isinstance(line, list) and line[0] != "plan.json" for line in lines)


@pytest.mark.slow
def test_a_kill_loses_nothing(
    finished: Path, tmp_path: Path, markets: Markets, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = runs_in(finished)
    assert whole > 120
    plan = json.loads((finished / "plan.json").read_text())
    for stop in (1, 5, 60, 120):
        markets.stop_at = stop
        with pytest.raises(SystemExit) as stopped:
            study(tmp_path / "again", BUDGET)
        assert stopped.value.code == 130
        assert "finished runs are in" in capsys.readouterr().err
        assert runs_in(tmp_path / "again") == stop
    markets.stop_at = None
    (tmp_path / "again" / "runs.jsonl").open("a").write('["half a li')  # as a power cut leaves it
    study(tmp_path / "again", BUDGET)
    assert len(markets.seen) == len(set(markets.seen)) == whole
    again, before = read(tmp_path / "again"), read(finished)
    assert json.loads(again.pop("plan.json"))["sizes"] == plan["sizes"]
    before.pop("plan.json")
    assert again == before


def test_another_question_is_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = read(finished)
    with pytest.raises(SystemExit):
        study(finished, BUDGET, "strategy=hold")
    assert "runs.jsonl there is of other settings, or of another version" in capsys.readouterr().err
    assert read(finished) == before


def test_a_run_that_fails_is_a_row(tmp_path: Path, markets: Markets) -> None:
    markets.fail = '"kind":"communities"'
    study(tmp_path, BUDGET)
    failed = table(tmp_path, "failed")
    assert set(failed["part"]) == {"robustness, communities"}
    assert failed["seed"].tolist() == list(range(len(failed)))
    assert set(failed["error"]) == {"ValueError: of this market, in two lines"}
    assert "communities" not in set(table(tmp_path, "robustness")["variant"])
    assert f"{len(failed)} runs failed" in (tmp_path / "sensitivity.md").read_text()


def test_when_nothing_runs(tmp_path: Path, markets: Markets, capsys: pytest.CaptureFixture[str]) -> None:
    markets.fail = "seed"
    with pytest.raises(SystemExit) as stopped:
        study(tmp_path / "out", BUDGET)
    assert stopped.value.code == 1
    assert "no seed could be run; the first: ValueError: of this market" in capsys.readouterr().err


def test_minutes_are_turned_into_runs(
    tmp_path: Path, markets: Markets, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("secondhalf.experiments.sensitivity.study._timed", lambda runs, workers: 3.0)
    study(tmp_path / "out", "sensitivity.minutes=8")
    assert json.loads((tmp_path / "out" / "plan.json").read_text())["budget"] == pytest.approx(160)
    said = capsys.readouterr().err
    assert "a run takes 3 s; 160 runs on 1 process are about 8 minutes" in said
    assert "morris: " in said
    with pytest.raises(SystemExit):
        study(tmp_path / "short", "sensitivity.minutes=0.1")
    assert "sensitivity.minutes=0.1: a run takes 3.0 s; at least 0.3 minutes are needed" in capsys.readouterr().err


PARAMETERS = len(read_parameters(load_settings()))
POSTERIOR = "sensitivity.posterior=draws.csv: "


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sensitivity.minutes=0"], "sensitivity.minutes=0: input should be greater than 0"),
        (["sensitivity.runs=5"], "sensitivity.runs=5: at least 6 are needed for replicates or morris or sobol or"),
        (
            ["sensitivity.runs=20", "sensitivity.parts=[morris]"],
            f"sensitivity.runs=20: at least {smallest(costs(['morris'], PARAMETERS, 0, 0))} are needed for morris",
        ),
        (
            ["sensitivity.parts=[sobol]"],
            "sensitivity: parts=['sobol']: sobol needs morris, which says which parameters",
        ),
        (
            ["sensitivity.parts=[everything]"],
            "sensitivity.parts.0=everything: allowed are replicates, morris, sobol, oat",
        ),
        (["sensitivity.parameters=nothing"], "sensitivity.parameters=nothing: finds none of platform.kuaishou.leisure"),
        (["sensitivity.parameters='('"], "sensitivity.parameters=(: no regular expression"),
        (["sensitivity.top=0"], "sensitivity.top=0: input should be greater than or equal to 1"),
        (["sensitivity.posterior=draws.csv"], POSTERIOR + "a CSV file of draws is needed (No such file or directory)"),
        (["sensitivity.depth=3"], "sensitivity.depth=3: there is no such setting"),
        (["stage_order=[books]"], "stage_order=['books']: each of calendar, platforms, merchants"),
    ],
)
def test_bad_input_is_refused_before_any_work(
    here: Path, capsys: pytest.CaptureFixture[str], markets: Markets, words: list[str], message: str
) -> None:
    assert message in refused(capsys, "sensitivity", "hydra.run.dir=out", *words)
    assert not (here / "out").exists()
    assert not markets.seen


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("draw\n1\n2\n", "two rows and a column for one of platform.kuaishou.leisure"),
        (
            "users.shock,platform.jd.affordability\n0.9,1\n1,1\n",
            "it is of another structure of the market; today there is no platform.jd.affordability",
        ),
        ("users.shock\n0.9\n", "two rows and a column"),
        ("users.shock\n0.9\n0.9\n", "the column users.shock has no spread"),
        ("users.shock\n0.9\n-1\n", "a column holds a value that its parameter cannot have"),
        ("users.shock\n0.9\nmuch\n", "a column holds a value that its parameter cannot have"),
    ],
)
def test_a_posterior_that_cannot_be_used(
    here: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (here / "draws.csv").write_text(text)
    words = refused(capsys, "sensitivity", "hydra.run.dir=out", "sensitivity.posterior=draws.csv")
    assert POSTERIOR + message in words


def test_a_tiny_study_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On real markets, with its picture; all parts together are run by the test of README.md."""
    words = ("experiment=ci", "limits.users=60", "limits.merchants=10", "limits.days=20")
    parts = ("sensitivity.parts=[morris,robustness]", "sensitivity.runs=42", "output.formats=[png]")
    main.main(["sensitivity", *words, *parts, "output.progress=never", f"hydra.run.dir={tmp_path}"])
    assert "0 failed" in capsys.readouterr().err
    made = {path.name for path in tmp_path.iterdir() if path.is_file() and path.suffix != ".log"}
    tables = {f"{name}.csv" for name in ("morris", "robustness", "failed")}
    assert made == tables | {"plan.json", "runs.jsonl", "sensitivity.md", "sensitivity.png"}
    found = table(tmp_path, "robustness")
    assert found["variant"].nunique() == 4 + 3
    assert (found[found["changed"] == "network"]["difference"] != 0).any()
    orders = found[found["changed"] == "stage_order"]
    assert (orders["difference"] != 0).groupby(orders["variant"]).any().all()
