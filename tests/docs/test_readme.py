"""README.md, docs/usage.md, docs/layout.md: commands and Python run, files exist, tables are those of the program."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd
import pytest

from secondhalf.experiments.bench import one_table, parts, speed
from secondhalf.experiments.browser import study
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.command import main
from secondhalf.experiments.command.compose import compose_config
from secondhalf.experiments.command.studies import STUDIES
from secondhalf.experiments.pictures import PICTURES
from secondhalf.experiments.results.tables import TABLES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
USAGE = (ROOT / "docs" / "usage.md").read_text(encoding="utf-8")
LAYOUT = (ROOT / "docs" / "layout.md").read_text(encoding="utf-8")
SHOWN = [line.strip() for text in (USAGE, README) for line in text.splitlines() if line.startswith("    secondhalf ")]
COMMANDS = list({shlex.join(shlex.split(line, comments=True)): line for line in SHOWN}.values())
TINY = ["experiment=ci", "output.progress=never", "launcher.workers=1"]
"""What is appended to each command; all but the first also draw no pictures."""


def table(mark: str) -> list[list[str]]:
    """Cells of a table between two marks, heading first."""
    found = re.search(rf"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", README, re.DOTALL)
    assert found is not None
    lines = [line for line in found[1].splitlines() if line.startswith("|") and not line.startswith("|-")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the text says the reader makes: a friend graph and a platform of one's own."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "friends.txt").write_text("".join(f"{user} {user + 1}\n" for user in range(399)))
    own = folder / "mine" / "platform" / "newcomer.yaml"
    own.parent.mkdir(parents=True)
    shutil.copy(ROOT / "conf" / "platform" / "xiaohongshu.yaml", own)
    own.write_text(own.read_text().replace("platform.xiaohongshu", "platform.newcomer"))
    return folder


OF_THEIR_OWN = (
    "validate",
    "calibrate",
    "sensitivity",
    "equilibrium",
    "phases",
    "counterfactual",
    "launches",
    "questions",
    "search",
)


def marked(command: str) -> object:
    """These take long even when they are tiny, and all but a validation have tests of their own from end to end."""
    slow = command.split()[1] in OF_THEIR_OWN
    return pytest.param(command, marks=pytest.mark.slow) if slow else command


@pytest.mark.parametrize("command", [marked(command) for command in COMMANDS])
def test_every_command_runs(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """In the order of the text, in one folder: `pictures.of=out` draws what an earlier line left."""
    monkeypatch.chdir(here)
    monkeypatch.setattr(speed, "measure_parts", lambda _: [parts.Timing("tiny run", 1.0)])  # other processes, elsewhere
    served: list[Setup] = []
    monkeypatch.setattr(study, "serve", lambda setup, options: served.append(setup))  # would serve until it is stopped
    words = shlex.split(command, comments=True)[1:]
    needs = {"out": {"pictures.of=out", "out"}, "kept": {word for word in words if word.startswith("from_checkpoint=")}}
    for folder, asked in needs.items():  # another worker may have had the line that makes it
        if asked & set(words) and not (here / folder).exists():
            main.main(["run", *TINY, f"hydra.run.dir={folder}", "output.pictures=never", "checkpoint.every=90"])
    before = {path: path.stat().st_mtime_ns for path in here.rglob("*")}
    with_pictures = words[:2] == ["run", "strategy=hold"]
    # What all pictures look like, in both formats, is looked at in tests/experiments/pictures.
    fewer = {"run": ["output.formats=[svg]" if with_pictures else "output.pictures=never"]}
    fewer["pictures"] = ["pictures.only=[overview]"]
    main.main([*words, *TINY, *fewer.get(words[0], ["output.pictures=never"])])
    made = {path.name for path in here.rglob("*") if path.stat().st_mtime_ns != before.get(path)}
    assert bool(served) == (words[0] == "browse")
    if served:
        assert served[0].settings.population.users == 400
        assert not [name for name in made if "." in name]
    elif "--cfg" in words:
        assert "population:" in capsys.readouterr().out
    elif words[0] == "run":
        assert {f"{name}.csv" for name in TABLES} | {"summary.json", "friends.graphml"} <= made
    else:
        assert any(fnmatch(name, STUDIES[words[0]].writes[0]) for name in made)
    assert ("overview.svg" in made) == (with_pictures or words[0] == "pictures")


def test_commands_of_all_studies_are_shown() -> None:
    assert {shlex.split(command, comments=True)[1] for command in COMMANDS} == set(STUDIES)


def test_files_that_a_run_writes_are_those_of_the_text() -> None:
    section = USAGE.split("## What comes out")[1].split("##")[0]
    named = set(re.findall(r"`(\w+\.\w+)`", section))
    pictures = {name for name in named if name.endswith(".png")}
    assert pictures <= {f"{name}.png" for name in PICTURES}
    assert named - pictures == {f"{name}.csv" for name in TABLES} | {
        "summary.json",
        "friends.graphml",
        "datapackage.json",
    }
    assert "eight pictures" in section
    assert len(PICTURES) == 8


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found = re.search(r"```python\n(.*?)```", USAGE, re.DOTALL)
    assert found is not None
    assert len(found[1].strip().splitlines()) <= 11
    names: dict[str, object] = {}
    exec(found[1], names)
    assert "kuaishou" in capsys.readouterr().out
    assert isinstance(names["daily"], pd.DataFrame)
    assert "graph" in names


def test_speeds_are_a_table_of_the_benchmark() -> None:
    head, *rows = table("bench")
    assert head == list(one_table.HEADINGS)
    measured = {what: amount for what, amount, *_ in rows}
    for users in compose_config([]).bench.users:
        day = f"a day of {users:,} users, one thread"
        whole, stages = (float(measured[name].split()[0]) for name in (day, f"{day}: stages of users"))
        assert 0 < stages <= whole
        assert f"most memory, {users:,} users" in measured
    assert measured["columns of a user"] == "109 bytes"


def test_every_dependency_has_a_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[<>=]", requirement)[0] for requirement in project["dependencies"]}
    section = LAYOUT.split("## Why each dependency is there")[1].split("##")[0]
    listed = re.findall(r"^\| ([\w-]+) \|[^|]+\|$", section, re.MULTILINE)
    assert set(listed) - {"package"} == declared
    extras = project["optional-dependencies"]
    groups = {
        (extra, re.split(r"[<>=]", requirement)[0])
        for extra in set(extras) - {"all", "dev"}
        for requirement in extras[extra]
    }
    rows = set(re.findall(r"^\| ([\w-]+) \| ([\w-]+) \|[^|]+\|$", section, re.MULTILINE))
    assert rows - {("extra", "package")} == groups
    development = {re.split(r"[<>=\[]", requirement)[0] for requirement in extras["dev"]} - {"secondhalf"}
    line = section.split("For development: ")[1].replace("\n", " ")
    for name in development - {"pandas-stubs", "scipy-stubs", "types-networkx", "types-PyYAML"}:
        assert name in line, name
