"""docs/tutorial.md, block by block in an empty folder: its commands made tiny, its Python word for word."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from secondhalf.experiments.command.compose import load_settings
from tests.docs.pages import COMMAND, DOCS, blocks, commands, do, text_of

TEXT = text_of("tutorial.md")
ROOT = DOCS.parent


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """The folder and the names of the interpreter after the last block."""
    folder = tmp_path_factory.mktemp("tutorial")
    names: dict[str, object] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["secondhalf"])
        for block in blocks(TEXT):
            if block.language == "python":
                exec(compile(block.text, "tutorial.md", "exec"), names)
            elif block.language in COMMAND:
                for command in block.text.splitlines():
                    do(command, calendar__start="2021-05-15", calendar__end="2021-07-13")  # the arms part in June
    return folder, names


def test_every_step_leaves_what_the_text_says(done: tuple[Path, dict[str, object]]) -> None:
    folder, names = done
    for name in re.findall(r"`((?:market|earlier)/[\w.]+|earlier\.png)`|savefig\(\"(\w+\.png)\"", TEXT):
        path = folder / (name[0] or name[1])
        assert path.is_file() or path.name == "overview.png", path  # these runs draw nothing of single markets
    assert isinstance(names["answer"], pd.DataFrame)
    assert set(names["answer"].index.get_level_values("platform")) == {"kuaishou", "douyin"}
    assert (folder / "mine" / "scenario" / "douyin_earlier.yaml").is_file()


def test_the_answer_has_intervals_and_the_arms_part(done: tuple[Path, dict[str, object]]) -> None:
    answer = done[1]["answer"]
    assert isinstance(answer, pd.DataFrame)
    own = answer.loc["kuaishou"]
    assert (own["low"] <= own["difference"]).all()
    assert (own["difference"] <= own["high"]).all()
    assert (own["high"] > own["low"]).any(), "an earlier test of the mall changes what Kuaishou sells"
    assert "2021-06-15" in (done[0] / "earlier" / "counterfactual.md").read_text(encoding="utf-8")


def test_the_scenario_is_the_one_that_ships() -> None:
    (shown,) = (yaml.safe_load(block.text) for block in blocks(TEXT) if block.language == "yaml")
    path = ROOT / "conf" / "scenario" / "kuaishou_first.yaml"
    assert shown == yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", ["tutorial.md", "own_sweep.md", "own_facts.md", "market.md", "gallery.md"])
def test_settings_of_every_command_are_known(page: str) -> None:
    """Also of those that no test runs: they compose, unless they need a file of the reader's own."""
    for command in commands(text_of(page)):
        words = [word.replace("$SLURM_CPUS_PER_TASK", "4") for word in shlex.split(command, comments=True)[2:]]
        if "--config-dir" in words or "report" in command.split():
            continue
        load_settings([one_of_a_sweep(word) for word in words if word != "-m"])


def one_of_a_sweep(word: str) -> str:
    """A setting with the first of its values, where it has several."""
    name, _, value = word.partition("=")
    if value.startswith("range("):
        return f"{name}=0"
    return f"{name}={value.partition(',')[0]}" if re.fullmatch(r"[\d.]+(,[\d.]+)+", value) else word
