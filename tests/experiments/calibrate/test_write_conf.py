"""A calibration goes into the files of conf/, each number in its place; what ships is what is stored."""

from __future__ import annotations

import datetime as dt
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import yaml

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.calibrate.calibration_files import (
    Calibration,
    data_hash,
    read_best_point,
    read_calibration,
    write_calibration,
)
from secondhalf.experiments.calibrate.known_as_of import as_of, known_parameters
from secondhalf.experiments.calibrate.parameters import read_parameters
from secondhalf.experiments.calibrate.posterior import Posterior
from secondhalf.experiments.calibrate.write_conf import put_into_conf
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import LAST_FACT


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A copy of conf/."""
    shutil.copytree(Path(str(files("secondhalf.conf"))), tmp_path / "conf")
    return tmp_path / "conf"


def test_only_the_numbers_change(conf: Path) -> None:
    parameters = read_parameters(load_settings())
    values = {name: value * 1.1 for name, value in parameters.of(load_settings()).items()}
    before = {path: path.read_text(encoding="utf-8") for path in conf.rglob("*.yaml")}
    changed = put_into_conf(values, conf)
    for path, text in before.items():
        now = path.read_text(encoding="utf-8")
        assert (now != text) == (path in changed), path
        assert [line.partition("#")[2] for line in now.splitlines()] == [
            line.partition("#")[2] for line in text.splitlines()
        ]
    douyin = yaml.safe_load((conf / "platform" / "douyin.yaml").read_text(encoding="utf-8"))
    dated = {str(date): value for date, value in douyin["recruit_trend"].items()}
    assert dated
    wanted = {date: values[f"platform.douyin.recruit_trend.{date}"] for date in dated}
    assert dated == pytest.approx(wanted, rel=1e-3)
    assert douyin["imitation"] == pytest.approx(values["platform.douyin.imitation"], rel=1e-3)
    assert isinstance(douyin["imitation"], float)
    assert conf / "strategy" / "hold.yaml" not in changed


@pytest.mark.parametrize("value", [1e-5, 1.0, 123456.0, 3.0e-4, 20.0])
def test_numbers_stay_numbers(conf: Path, value: float) -> None:
    put_into_conf({"platform.jd.innovation": value}, conf)
    written = yaml.safe_load((conf / "platform" / "jd.yaml").read_text(encoding="utf-8"))["innovation"]
    assert not isinstance(written, str)
    assert written == pytest.approx(value, rel=1e-3)


def test_a_setting_that_no_file_holds_is_named(conf: Path) -> None:
    with pytest.raises(KeyError, match=r"users\.nothing"):
        put_into_conf({"users.nothing": 1.0}, conf)


def calibration() -> Calibration:
    parameters = read_parameters(load_settings()).only("gamma$")
    rng = np.random.default_rng(0)
    root = rng.standard_normal((len(parameters), len(parameters))) * 0.1
    posterior = Posterior(
        rng.standard_normal(len(parameters)) * 0.2, root @ root.T + 0.01 * np.eye(len(parameters)), 1.2
    )
    members = rng.standard_normal((7, len(parameters))) * 0.3
    return Calibration(parameters, posterior, members, {"until": "2024-12-31", "loss": 1.0})


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    made = calibration()
    write_calibration(made, tmp_path / "own")
    read = read_calibration(str(tmp_path / "own"), made.parameters)
    np.testing.assert_allclose(read.posterior.mode, made.posterior.mode)
    np.testing.assert_allclose(read.posterior.covariance, made.posterior.covariance, rtol=1e-4, atol=1e-8)
    assert read.values == pytest.approx(made.values)
    assert read.record == made.record
    np.testing.assert_allclose(read.members, made.members, atol=1e-6)


def test_a_calibration_of_other_parameters_is_refused(tmp_path: Path) -> None:
    made = calibration()
    write_calibration(made, tmp_path / "own")
    with pytest.raises(
        SettingsError, match=r"calibration.json is of other parameters than those of today \(it has no "
    ):
        read_calibration(str(tmp_path / "own"), read_parameters(load_settings()))
    with pytest.raises(SettingsError, match="no whole calibration is there"):
        read_calibration(str(tmp_path), made.parameters)


def test_a_calibration_of_another_structure_is_refused_by_name(tmp_path: Path) -> None:
    """Whether it is validated or a search begins with it: the file and the setting that is gone are named."""
    made = calibration()
    write_calibration(made, tmp_path)
    name = made.parameters.names[0]
    for path in tmp_path.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace(name, "platform.jd.affordability"), encoding="utf-8")
    words = r"calibration.json is of other parameters than those of today \(platform.jd.affordability is none today\)"
    with pytest.raises(SettingsError, match=words):
        read_calibration(str(tmp_path), made.parameters)
    gone = (
        r"calibrate.start=.*: calibration.json is of another structure.*; today there is no platform.jd.affordability"
    )
    with pytest.raises(SettingsError, match=gone):
        read_best_point(str(tmp_path), made.parameters.names, load_settings())


def test_the_default_calibration_is_the_fitted_one() -> None:
    settings = load_settings()
    parameters = read_parameters(settings)
    stored = read_calibration("calibration", parameters)
    assert stored.record["data_hash"] == data_hash(read_targets())
    assert stored.record["until"] == LAST_FACT.isoformat()
    assert parameters.of(settings) == pytest.approx(stored.values, rel=1e-3)


@pytest.mark.parametrize("origin", ["2021-12-31", "2022-12-31", "2023-12-31"])
def test_earlier_origins_were_fitted_to_facts_before_them(origin: str) -> None:
    date = dt.date.fromisoformat(origin)
    settings = load_settings()
    stored = read_calibration(f"calibration/{origin}", known_parameters(settings, as_of(settings, date)))
    assert stored.record["data_hash"] == data_hash(read_targets().until(date))
    assert not any(name.rpartition(".")[2] > origin for name in stored.values if "_trend." in name)
