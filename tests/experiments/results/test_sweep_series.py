"""Runs and sweeps for others: series of all runs, descriptors that the frictionless tool accepts, reading back."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import frictionless
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import secondhalf
from secondhalf import results
from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.results.schema.column_dictionary import column, metric
from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.experiments.results.sweep_series import publish
from secondhalf.experiments.results.tables import TABLES
from secondhalf.experiments.sweep.short_results import short_results
from tests.experiments.sweeps import make_sweep


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_sweep(tmp_path_factory.mktemp("sweep"))
    short = short_results(pd.read_parquet(folder / "results.parquet"), ["strategy", "seed"])
    write_csv(short, folder / "results_short.csv")
    publish(folder)
    return folder


def test_series_are_those_of_the_runs_one_after_the_other(sweep: Path) -> None:
    for name, table in {"series": "daily", "market_series": "market"}.items():
        file = pq.ParquetFile(sweep / f"{name}.parquet")
        assert file.num_row_groups == 4
        order = ["hold1", "hold", "history1", "history"]  # by number
        for group, run in enumerate(order):
            found = file.read_row_group(group).to_pandas()
            wanted = pd.read_csv(sweep / "runs" / run / f"{table}.csv")
            assert list(found.columns) == ["run", *wanted.columns]
            assert set(found.pop("run")) == {run}
            assert np.array_equal(found.pop("date").astype(str), wanted.pop("date"))
            pd.testing.assert_frame_equal(found, wanted, check_exact=True, check_dtype=False)


def test_the_same_runs_give_the_same_bytes(sweep: Path) -> None:
    names = ("series.parquet", "market_series.parquet", "datapackage.json")
    before = [(sweep / name).read_bytes() for name in names]
    publish(sweep)
    assert [(sweep / name).read_bytes() for name in names] == before


def test_a_column_that_a_run_does_not_have_is_null(sweep: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sweep, tmp_path / "own")
    path = folder / "runs" / "hold" / "daily.csv"
    pd.read_csv(path).assign(mine=1.5).to_csv(path, index=False)
    publish(folder)
    found = pd.read_parquet(folder / "series.parquet")
    assert set(found.loc[found["mine"].notna(), "run"]) == {"hold"}
    assert found.loc[found["run"] == "hold", "mine"].eq(1.5).all()


def test_frictionless_accepts_runs_and_sweeps(sweep: Path, tmp_path: Path) -> None:
    for folder in (sweep, sweep / "runs" / "hold"):
        found = frictionless.validate(str(folder / "datapackage.json"))
        assert found.valid, found.flatten(["path", "message"])
    described = {r["name"] for r in json.loads((sweep / "runs" / "hold" / "datapackage.json").read_text())["resources"]}
    assert described == {*TABLES, "summary", "friends"}
    bad = shutil.copytree(sweep / "runs" / "hold", tmp_path / "bad")
    text = (bad / "daily.csv").read_text().splitlines()
    (bad / "daily.csv").write_text("\n".join([*text, text[1]]) + "\n")
    (bad / "products.csv").write_text((bad / "products.csv").read_text().replace(",0,", ",999999,", 1))
    found = frictionless.validate(str(bad / "datapackage.json"))
    assert {"primary-key", "foreign-key"} <= set(np.ravel(found.flatten(["type"])))


def test_every_column_is_described(sweep: Path) -> None:
    for folder in (sweep, sweep / "runs" / "hold"):
        for resource in json.loads((folder / "datapackage.json").read_text())["resources"]:
            for field in resource.get("schema", {}).get("fields", []):
                assert field["description"], field
    by_name = {
        field["name"]: field
        for field in json.loads((sweep / "datapackage.json").read_text())["resources"][1]["schema"]["fields"]
    }
    assert by_name["seed"]["type"] == "integer"
    assert by_name["platforms.jd.gmv"]["unit"] == "RMB"
    assert by_name["market.hhi_gmv"]["description"].endswith("mean over the last year of the run")
    assert by_name["strategy"]["description"] == "the setting strategy"
    assert column("merchants", "douyin").unit == "RMB"
    assert metric("phases.platforms.jd.levels.new.peak") == metric("phases.market.levels.new.peak")
    assert metric("population.users") == ("", "")


def test_the_short_table_is_described(sweep: Path) -> None:
    resources = json.loads((sweep / "datapackage.json").read_text())["resources"]
    (short,) = [resource for resource in resources if resource["path"] == "results_short.csv"]
    fields = {field["name"]: field for field in short["schema"]["fields"]}
    assert list(fields) == list(pd.read_csv(sweep / "results_short.csv"))
    assert {"run", "strategy", "seed", "second_half_day", "averages_are"} < set(fields)
    assert fields["jd_gmv_billion_rmb"]["type"] == "number"
    assert fields["jd_gmv_billion_rmb"]["unit"] == "billion RMB"
    assert fields["douyin_attention_percent"]["unit"] == "percent"
    assert fields["seed"]["type"] == "integer"
    assert all(field["description"] for field in fields.values())


def test_reading_a_sweep(sweep: Path) -> None:
    found = secondhalf.results.load(sweep)
    assert isinstance(found, results.Sweep)
    assert found.succeeded == ["hold1", "hold", "history1", "history"]
    assert list(found.runs["status"]).count("failed") == 1
    assert list(found.results["strategy"]) == ["history", "history", "hold", "hold"]
    assert len(found.series) == 4 * 41 * 2
    from_runs = pd.concat([found.run(name).series for name in found.succeeded], ignore_index=True)
    pd.testing.assert_frame_equal(found.series, from_runs, check_dtype=False)
    assert set(found.table("moves")["run"]) <= set(found.succeeded)
    with pytest.raises(SettingsError, match="there is no table 'day'; known are daily, channels"):
        found.table("day")


def test_reading_a_run(sweep: Path) -> None:
    found = results.load(str(sweep / "runs" / "history"))
    assert isinstance(found, results.Run)
    assert set(found.tables) == set(TABLES)
    assert found.settings["population"]["users"] == 60
    assert list(found.results["run"]) == ["history"]
    assert found.results["market.hhi_gmv"][0] == found.summary["market"]["hhi_gmv"]
    assert "seed" not in found.results
    assert found.series["date"].dtype.kind == "M"


def test_what_cannot_be_read_is_said(sweep: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    newer = shutil.copytree(sweep / "runs" / "hold", tmp_path / "newer")
    text = (newer / "summary.json").read_text()
    (newer / "summary.json").write_text(
        text.replace(f'"secondhalf": "{secondhalf.__version__}"', '"secondhalf": "12.0"')
    )
    half = shutil.copytree(sweep / "runs" / "hold", tmp_path / "half")
    (half / "summary.json").unlink()
    stopped = tmp_path / "stopped"
    stopped.mkdir()
    (stopped / "daily.partial.csv").touch()
    begun = tmp_path / "begun"
    begun.mkdir()
    (begun / "runs.csv").write_text("run,number,status,overrides,error\n")
    reasons = {
        tmp_path / "none": "there is no such folder",
        file: "that is a file; the folder of a run or of a sweep is needed",
        tmp_path: "there are no results of `secondhalf run`, neither of one run nor of a sweep",
        newer: f"written by the newer secondhalf 12.0; this is {secondhalf.__version__}",
        half: "a finished run is needed; summary.json: No such file or directory",
        stopped: "the run there was stopped before its end; a finished run is needed",
    }
    for folder, reason in reasons.items():
        with pytest.raises(SettingsError, match=re.escape(f"{folder}: {reason}")):
            results.load(folder)
    with pytest.raises(SettingsError, match=re.escape("results.csv is missing; it is written when the sweep ends")):
        results.load(begun).results.head()
    of_newer = shutil.copytree(sweep, tmp_path / "of_newer")
    shutil.rmtree(of_newer / "runs" / "hold1")
    shutil.copytree(newer, of_newer / "runs" / "hold1")
    with pytest.raises(SettingsError, match="of_newer: written by the newer secondhalf 12"):
        results.load(of_newer)
