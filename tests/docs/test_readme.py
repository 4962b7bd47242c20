"""README.md: its examples work, its dependencies are those of pyproject.toml."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from secondhalf.experiments.compose import load_settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line, comments=True)[2:] for line in README.splitlines() if line.startswith("    secondhalf run ")
]


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert found is not None
    names: dict[str, object] = {}
    exec(found[1], names)
    assert "kuaishou" in capsys.readouterr().out
    assert "graph" in names


@pytest.mark.parametrize("words", [words for words in COMMANDS if not words[0].startswith("-")], ids=" ".join)
def test_the_examples_are_accepted(words: list[str]) -> None:
    load_settings(words)


def test_every_dependency_has_a_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=]", requirement)[0] for requirement in project["dependencies"]}
    table = README.split("## Why each dependency is there")[1].split("##")[0]
    listed = re.findall(r"^\| ([\w-]+) \|", table, re.MULTILINE)
    assert set(listed) - {"package"} == declared
