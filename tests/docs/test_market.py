"""docs/market.md: its files in an empty folder make a market, its commands run, its table names what there is."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.docs.pages import COMMAND, DOCS, blocks, commands, do, text_of
from tests.experiments.conftest import refused

TEXT = text_of("market.md")
FILE = re.compile(r"^`(mine/[\w/.]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOT = DOCS.parent


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the files of the page."""
    for name, text in FILE.findall(TEXT):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["secondhalf"])
    return tmp_path


def test_a_market_of_ones_own_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = (block.text.strip() for block in blocks(TEXT) if block.language in COMMAND)
    do(command)
    assert "illustrative values, fitted to no facts: Two platforms on an island" in capsys.readouterr().err
    summary = json.loads((here / "out" / "island" / "summary.json").read_text())
    assert list(summary["platforms"]) == ["clips", "shop"]
    assert summary["settings"]["scenario"]["exclusivity"] is None
    moves = pd.read_csv(here / "out" / "island" / "moves.csv")
    row = moves[(moves["platform"] == "clips") & (moves["capability"] == "mall")].iloc[0]
    assert (row["date"], row["change"]) == ("2021-02-01", "open")


def test_the_second_market_is_compared_and_its_answer_is_illustrative(capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = (one for one in commands(TEXT) if one.startswith("secondhalf counterfactual"))
    do(command, hydra__run__dir="out", calendar__start="2023-08-10", calendar__end="2023-09-28")
    said = Path("out/counterfactual.md").read_text(encoding="utf-8")
    assert "All are illustrative values, fitted to no facts: TikTok Shop" in said
    assert "the two are one market until 2023-09-01" in said
    assert Path("out/counterfactual.png").is_file()


def test_its_phases_are_illustrative() -> None:
    (command,) = (one for one in commands(TEXT) if one.startswith("secondhalf phases"))
    do(command, hydra__run__dir="out")
    assert "All are illustrative values" in Path("out/phases.md").read_text(encoding="utf-8")


def test_the_refusal_is_the_program_s(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.search(r"``(market=overseas: .*?)``", " ".join(TEXT.split()))
    assert shown
    assert refused(capsys, "validate", "market=overseas") == shown[1]


def test_scenarios_are_those_of_the_text() -> None:
    shown = re.search(r"Scenarios that name Chinese.*?work\.", TEXT, re.DOTALL)
    assert shown
    for name in re.findall(r"`(\w+)`", shown[0]):
        assert (ROOT / "conf" / "scenario" / f"{name}.yaml").is_file(), name


def test_every_setting_that_the_second_market_sets_is_in_the_table() -> None:
    chosen = yaml.safe_load((ROOT / "conf" / "market" / "overseas.yaml").read_text(encoding="utf-8"))
    table = TEXT.partition("| what |")[2].partition("\n\n")[0]
    for group, values in chosen.items():
        if group == "defaults":
            assert {f"{entry}" for entry in ("calendar", "platform", "exclusivity")} <= set(re.findall(r"\w+", table))
        elif isinstance(values, dict) and group != "market":
            for name in values:
                assert f"`{group}.{name}`" in table, name
        else:
            assert f"`{group}`" in table, group
