"""Folders of results that somebody else made: reading them runs nothing and stays inside them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.report.sweep_page import _command
from secondhalf.experiments.results.load import Sweep, load


def sweep_of(folder: Path, run: str) -> Path:
    """A sweep of one run, as far as runs.csv tells."""
    (folder / "runs.csv").write_text(f"run,number,status,overrides,error\n{run},0,succeeded,seed=1,\n")
    return folder


@pytest.mark.parametrize("run", ["../other", "/etc", "..", "a/b", ""])
def test_a_run_is_a_folder_of_its_sweep(tmp_path: Path, run: str) -> None:
    with pytest.raises(SettingsError, match=f"runs.csv names the run '{run}'; a run is a folder within runs/"):
        load(sweep_of(tmp_path, run))


def test_the_command_of_a_sweep_is_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables are not resolved; a list within the list of words, which may grow without bound, is refused."""
    monkeypatch.setenv("SECRET", "told")
    sweep = Sweep(sweep_of(tmp_path, "one"))
    grown: list[object] = ["x" * 100]
    for _ in range(40):
        grown = [grown, grown]
    words = ["seed=${oc.env:SECRET}", "a=$(id)"]

    def keep(task: list[object]) -> None:
        (tmp_path / "multirun.yaml").write_text(yaml.safe_dump({"hydra": {"overrides": {"task": task}}}))

    keep([*words])
    assert _command(sweep) == "secondhalf run -m 'seed=${oc.env:SECRET}' 'a=$(id)'"
    keep([*words, grown])
    with pytest.raises(SettingsError, match="a list of words is needed"):
        _command(sweep)


def test_no_object_is_made_of_a_file_of_settings(tmp_path: Path) -> None:
    sweep = Sweep(sweep_of(tmp_path, "one"))
    (tmp_path / "multirun.yaml").write_text(f"!!python/object/apply:os.mkdir ['{tmp_path}/made']\n")
    with pytest.raises(SettingsError, match=r"no command line can be read there|a list of words is needed"):
        _command(sweep)
    assert not (tmp_path / "made").exists()
