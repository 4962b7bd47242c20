"""Completion in a shell: studies first, then everything Hydra knows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from secondhalf.experiments.command import main
from secondhalf.experiments.command.studies import STUDIES

PLATFORMS = ["douyin", "jd", "kuaishou", "newcomer_shelf", "pinduoduo", "taobao", "xiaohongshu"]
BASH = """
eval "$(secondhalf -sc install=bash)"
for COMP_LINE in "$@"; do
    COMP_POINT=${#COMP_LINE}; read -ra COMP_WORDS <<< "$COMP_LINE."; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    function=$(complete -p secondhalf | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
    "$function"
    echo "${COMPREPLY[@]}"
done
"""


def proposed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, point: int | None = None
) -> list[str]:
    """What a shell is told for a line, up to the cursor."""
    monkeypatch.setenv("COMP_LINE", line)
    monkeypatch.setenv("COMP_POINT", str(len(line) if point is None else point))
    monkeypatch.setattr(sys, "argv", ["secondhalf"])
    main.main(["-sc", "query=bash"])
    out, err = capsys.readouterr()
    assert err == ""
    return out.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("secondhalf ru", ["run"]),
        ("~/bin/secondhalf val", ["validate", "validate.", "validate="]),
        ("secondhalf popu", ["population.", "population="]),
        ("secondhalf run popu", ["population.", "population="]),
        ("secondhalf run  population.us", ["population.users="]),
        ("secondhalf run strategy=h", ["strategy=history", "strategy=hold"]),
        ("secondhalf run -m seed=0,1 strategy=hi", ["strategy=history"]),
        ("secondhalf run strategies.jd=hold population.us", ["population.users="]),
        ("secondhalf bench bench.da", ["bench.days="]),
        ("secondhalf run strategies.", [f"strategies.{name}=" for name in PLATFORMS]),
        ("secondhalf run strategies.ku", ["strategies.kuaishou="]),
        ("secondhalf run seed=1 strategies.jd=h", ["strategies.jd=history", "strategies.jd=hold"]),
        ("secondhalf run platforms=[jd popul", []),
        ("secondhalf run --config-dir ", []),
        ("secondhalf run population.nothing", []),
    ],
)
def test_what_is_proposed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str, words: list[str]
) -> None:
    assert proposed(monkeypatch, capsys, line) == words


def test_everything_at_the_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert {*STUDIES, "strategy=", "platform.", "seed="} <= set(proposed(monkeypatch, capsys, "secondhalf "))
    after = proposed(monkeypatch, capsys, "secondhalf run ")
    assert not set(STUDIES) & set(after)
    assert "seed=" in after


def test_only_what_is_before_the_cursor_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "secondhalf run popu strategy=hold"
    assert proposed(monkeypatch, capsys, line, line.index(" strategy")) == ["population.", "population="]


def test_a_folder_of_ones_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "strategy").mkdir()
    (tmp_path / "strategy" / "mine.yaml").write_text("name: hold\n")
    line = f"secondhalf run --config-dir {tmp_path} strategy=m"
    assert proposed(monkeypatch, capsys, line) == ["strategy=mine"]


def test_in_bash(tmp_path: Path) -> None:
    """The function that the README installs, called as bash calls it."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    command = tmp_path / "secondhalf"
    command.write_text(f"#!{sys.executable}\nfrom secondhalf.experiments.command.main import main\nmain()\n")
    command.chmod(0o755)
    lines = ["secondhalf ru", "secondhalf run population.us", "secondhalf run seed=1 strategy=h"]
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", *lines],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["run", "population.users=", "strategy=history strategy=hold"]


def test_folders_to_report_are_proposed(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, file in (("outputs/one", "summary.json"), ("outputs/two", "runs.csv"), ("other", "")):
        (here / name).mkdir(parents=True)
        if file:
            (here / name / file).touch()
    assert proposed(monkeypatch, capsys, "secondhalf report o") == ["other/", "outputs/"]
    assert proposed(monkeypatch, capsys, "secondhalf report outputs/") == ["outputs/one", "outputs/two"]
    assert proposed(monkeypatch, capsys, "secondhalf report outputs/one outputs/t") == ["outputs/two"]
    assert proposed(monkeypatch, capsys, "secondhalf report nothing/") == []
