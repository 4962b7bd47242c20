"""The study `calibrate` from end to end on one year: all its stages, going on, a folder to begin with, known worlds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.calibrate.calibration_files import Calibration
from secondhalf.experiments.calibrate.known_as_of import known_parameters
from secondhalf.experiments.calibrate.recovery import recovered
from secondhalf.experiments.calibrate.settings import Calibrate
from secondhalf.experiments.calibrate.study import calibrate, recovery
from secondhalf.experiments.command.compose import compose_config, load_settings, options

WORDS = [
    *("calibrate.users=100", "calibrate.merchants=20", "calibrate.seeds=1", "calibrate.workers=1"),
    *("calibrate.rounds=1", "calibrate.coarse_rounds=1", "calibrate.coarse_users=60", "calibrate.meanfield_rounds=1"),
    *("calibrate.draws=2", "calibrate.sharpen=1", "calibrate.coverage=2", "calibrate.until=2019-09-30"),
    r"calibrate.only='^platform\.(kuaishou|douyin)\.leisure$'",
]


def options_with(*words: str) -> Calibrate:
    return options(Calibrate, compose_config([*WORDS, *words]))


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Calibration, Path]:
    folder = tmp_path_factory.mktemp("calibration")
    return calibrate(load_settings(), options_with("calibrate.start=prior"), folder), folder


def test_every_stage_leaves_its_losses(finished: tuple[Calibration, Path]) -> None:
    found, _ = finished
    assert found.record["losses_of_meanfield"]
    # Both searches tell where they began and where they ended; steps after that, what they won.
    losses, steps = found.record["losses"], options_with().polish
    assert 4 <= len(losses) <= 4 + steps
    assert losses[3:] == sorted(losses[3:], reverse=True)
    assert found.record["failed"] == 0
    assert found.members.shape == (2, 2)


@pytest.mark.slow
def test_the_first_stage_moves_the_start(finished: tuple[Calibration, Path], tmp_path: Path) -> None:
    """Without the mean-field path the same search begins at the priors' means, and so elsewhere."""
    words = ("calibrate.start=prior", "calibrate.meanfield_rounds=0", "calibrate.coverage=0", "calibrate.sharpen=0")
    without = calibrate(load_settings(), options_with(*words), tmp_path)
    assert without.record["losses_of_meanfield"] == []
    assert without.record["losses"][0] != pytest.approx(finished[0].record["losses"][0])


def test_the_same_folder_runs_nothing_again(finished: tuple[Calibration, Path]) -> None:
    found, folder = finished
    before = (folder / "posterior.csv").read_bytes()
    again = calibrate(load_settings(), options_with("calibrate.start=prior"), folder)
    assert found.record["runs"] > 0
    assert again.record["runs"] == 0
    assert again.record["losses"] == found.record["losses"]
    assert (folder / "posterior.csv").read_bytes() == before


def test_a_search_goes_on_from_a_folder(finished: tuple[Calibration, Path], tmp_path: Path) -> None:
    found, folder = finished
    words = ("calibrate.meanfield_rounds=0", "calibrate.coarse_rounds=0", "calibrate.coverage=0", "calibrate.sharpen=0")
    on = calibrate(load_settings(), options_with(f"calibrate.start={folder}", *words), tmp_path)
    assert on.record["losses"][0] == pytest.approx(found.record["loss"], rel=1e-6)
    assert on.record["loss"] <= found.record["loss"] * (1 + 1e-9)


def test_worlds_with_known_parameters(tmp_path: Path) -> None:
    words = ("calibrate.recover=2", "calibrate.recover_parameters=''")
    table = recovery(load_settings(), options_with(*words), tmp_path)
    pd.testing.assert_frame_equal(table, pd.read_csv(tmp_path / "recovery.csv"), check_exact=False, rtol=1e-4)
    assert table.groupby("replicate").size().eq(2).all()
    assert (table["low"] < table["estimate"]).all()
    assert table["truth"].nunique() == len(table)  # a world of its own each
    assert np.isfinite(table["score_sd"]).all()


def test_nests_tastes_and_prices_are_recovered_by_default(tmp_path: Path) -> None:
    """Two parameters of data/recovery.yaml in one world; its file is read in place of the fit's own."""
    words = ("calibrate.recover=1", r"calibrate.only='^users\.(channel_nest|price_weight)$'")
    table = recovery(load_settings(), options_with(*words, "calibrate.until=2019-03-31"), tmp_path)
    assert list(table["parameter"]) == ["users.channel_nest", "users.price_weight"]
    assert (table["error"] * table["score_sd"]).to_numpy() == pytest.approx(table["estimate"] - table["truth"])
    means = recovered(table)
    assert list(means.index) == list(table["parameter"])
    assert means["error"].to_numpy() == pytest.approx(table["error"].abs())


def test_the_file_of_recovery_has_what_it_is_for() -> None:
    own = known_parameters(load_settings(), load_settings(), "recovery.yaml")
    assert {"users.channel_nest", "users.price_weight", "users.attachment_sd.content"} <= set(own.names)
