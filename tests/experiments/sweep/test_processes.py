"""Sweeps in processes: a failure, a death and a kill cost one run each, and nothing is left in memory."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections import defaultdict
from itertools import count
from pathlib import Path

import mesa
import pandas as pd
import pytest
import yaml
from rich.console import Console

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import TABLES
from secondhalf.experiments.sweep import run_job
from secondhalf.experiments.sweep.engines import Local
from secondhalf.experiments.sweep.jobs import Composer
from secondhalf.experiments.sweep.run_record import read
from secondhalf.experiments.sweep.sweep_folder import Status
from secondhalf.experiments.sweep.sweep_runner import Work
from secondhalf.model.market import Market
from tests.experiments.conftest import finish
from tests.experiments.sweep.conftest import SILENT, TINY

ROOT = Path(__file__).parents[3]
LETHAL = "import os\n\n\ndef die(market):\n    os._exit(9)\n\n\ndef fail(market):\n    return float('nan')\n"
JOBS = (
    ["seed=0"],
    ["seed=1", "measures.market.no_number=lethal:fail"],
    ["seed=2", "measures.market.last_words=lethal:die"],
    ["seed=3", "platforms=[jd,douyin]"],
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs on one process: one fails, one takes the process with it."""
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "lethal.py").write_text(LETHAL)
    before = Path.cwd()
    os.chdir(folder)  # where a new process looks for code of one's own
    try:
        with Local(workers=1, threads=1) as engine:
            work = Work(Status(folder, "run"), engine, SILENT, Console(quiet=True), "hydra.sweep.dir=here")
            composer = Composer("run")
            work.do([composer.job(number, [*TINY, *own]) for number, own in enumerate(JOBS)])
            assert work.finish() == 2
    finally:
        os.chdir(before)
        sys.path[:] = [path for path in sys.path if path != str(folder)]
        sys.modules.pop("lethal", None)
    return folder


def test_a_failure_and_a_death_are_rows(swept: Path) -> None:
    runs = pd.read_csv(swept / "runs.csv", keep_default_na=False)
    assert runs["status"].tolist() == ["succeeded", "failed", "failed", "succeeded"]
    assert runs["error"][1].startswith("BooksError: stage books, 2019-01-01: measures.market.no_number: ")
    assert runs["error"][2] == "its process ended with exit code 9"
    assert "Traceback" in (swept / "runs" / runs["run"][1] / "log.txt").read_text()
    good = runs[runs["status"] == "succeeded"]
    assert (good["wall_seconds"] > 0).all()
    assert good["peak_memory_mb"].between(50, 5000).all()
    assert good["started"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()


def test_a_run_of_a_sweep_is_the_run_alone(swept: Path, tmp_path: Path) -> None:
    run = pd.read_csv(swept / "runs.csv")["run"][0]
    alone = finish(tmp_path, *TINY, "seed=0")
    for name in TABLES:
        assert (swept / "runs" / run / f"{name}.csv").read_bytes() == (alone.folder / f"{name}.csv").read_bytes(), name
    record = read(swept / "runs" / run)
    assert record is not None
    assert record.value == alone.summary["market"]["hhi_attention"]
    kept = swept / "runs" / run / ".hydra"
    assert yaml.safe_load((kept / "overrides.yaml").read_text()) == [*TINY, "seed=0"]
    assert yaml.safe_load((kept / "config.yaml").read_text())["population"]["users"] == 60
    assert yaml.safe_load((kept / "hydra.yaml").read_text())["hydra"]["job"]["num"] == 0


def test_results_hold_what_was_set_and_every_metric(swept: Path) -> None:
    results = pd.read_csv(swept / "results.csv")
    assert results["seed"].tolist() == [0, 3]
    assert results["platforms"].isna().tolist() == [True, False]
    assert results["platforms.jd.gmv"].notna().all()
    assert results["platforms.taobao.gmv"].isna().tolist() == [False, True]  # it was not in the second
    hidden = ("wall_seconds", "peak_memory_mb", "versions", "commit", "settings")
    assert not [column for column in results if column.startswith(hidden)]
    typed = pd.read_parquet(swept / "results.parquet")
    assert list(typed.columns) == list(results.columns)
    assert typed["platforms.jd.gmv"].tolist() == results["platforms.jd.gmv"].tolist()
    assert typed["seed"].dtype == "Int64"


def test_the_series_of_all_runs_are_in_one_file(swept: Path) -> None:
    series = pd.read_parquet(swept / "series.parquet", columns=["run", "platform", "gmv"])
    assert series["run"].unique().tolist() == pd.read_csv(swept / "results.csv")["run"].tolist()
    assert (swept / "datapackage.json").is_file()


def test_columns_are_those_of_the_data_dictionary(swept: Path) -> None:
    text = (ROOT / "docs" / "data_dictionary.md").read_text(encoding="utf-8")
    rows = text.split("## sweep: runs.csv")[1].split("\n## ")[0].splitlines()
    listed = [row.split("|")[1].strip() for row in rows if row.startswith("| ")][1:]
    assert listed == list(pd.read_csv(swept / "runs.csv").columns)


def test_models_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that stops in the middle closes nothing; what keeps its market is taken away all the same."""
    monkeypatch.setattr(run_job, "_frozen", True)  # the objects of the test session are not this test's to freeze
    if hasattr(mesa.Agent, "_ids"):
        monkeypatch.setattr(mesa.Agent, "_ids", defaultdict(lambda: count(1)))
    market = Market(load_settings(TINY))
    kept = weakref.ref(market)
    del market
    gc.collect()
    assert (kept() is not None) == hasattr(mesa.Agent, "_ids")
    run_job._free_models()
    assert kept() is None


NURSERY = """
import os, random, signal, sys, time
from pathlib import Path
from tests.experiments.sweep.conftest import TINY, work_in
from secondhalf.experiments.sweep import run_job
from secondhalf.experiments.sweep.jobs import Composer
from secondhalf.experiments.sweep.sweep_folder import remove_broken

composer = Composer("run")
jobs = [composer.job(seed, [*TINY, f"seed={seed}"]) for seed in range(6)]

def child(folder):
    process = os.fork()
    if process == 0:
        work = work_in(folder, run_job.run_job)
        remove_broken(folder)
        work.do(jobs)
        work.finish()
        os._exit(0)
    return process

here = Path(sys.argv[1])
began = time.monotonic()
os.waitpid(child(here / "whole"), 0)
whole = time.monotonic() - began
luck = random.Random(int(sys.argv[2]))
for _ in range(3):
    process = child(here / "cut")
    time.sleep(luck.uniform(0.2, 0.9) * whole)
    os.kill(process, signal.SIGKILL)
    print(os.waitpid(process, 0)[1], len(list((here / "cut" / "runs").glob("*/run.json"))))
sys.exit(os.waitpid(child(here / "cut"), 0)[1])
"""
"""Kills children of one process that has imported everything; it must not have used threads before."""


def test_kills_lose_nothing(tmp_path: Path) -> None:
    """SIGKILL at three moments, which differ from one test run to the next; then the same bytes as without."""
    seed = str(os.getpid())
    done = subprocess.run(
        [sys.executable, "-c", NURSERY, str(tmp_path), seed],
        cwd=ROOT,
        env=os.environ | {"NUMBA_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name in ("results.csv", "results.parquet", "series.parquet", "market_series.parquet"):
        assert (tmp_path / "cut" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), (
            name,
            seed,
            done.stdout,
        )
    assert (tmp_path / "cut" / "results.csv").read_text().count("\n") == 7
    assert not list((tmp_path / "cut" / "runs").glob("*.aside"))
