"""CSV files: no text becomes a formula, numbers stay numbers, and what is read back is what was written."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondhalf.experiments.report.sweep_page import _keys
from secondhalf.experiments.results import run_results as kept_results
from secondhalf.experiments.results.load import Sweep
from secondhalf.experiments.results.schema.csv_files import csv_text, read_csv, unguarded, write_csv
from secondhalf.experiments.sweep.jobs import Job
from secondhalf.experiments.sweep.run_record import RunRecord, keep, read
from secondhalf.experiments.sweep.sweep_folder import Status
from tests.experiments.conftest import finish

ROOT = Path(__file__).parents[3]
FORMULAS = (
    "=1+1",
    "+a=1",
    "-x",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=cmd|' /C calc'!A0",
    "＝1",
    "'=1",
    "--1",
    "+",
    "-1-1",
)


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(text.splitlines(keepends=True)))


@pytest.mark.parametrize("text", FORMULAS)
def test_text_is_no_formula(text: str, tmp_path: Path) -> None:
    table = pd.DataFrame({text: [text, "a"], "n": [1, 2]})
    write_csv(table, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as lines:
        (head, _), (cell, _), _ = csv.reader(lines)
    kept = text.replace("\r", "\n")
    assert head == cell == f"'{kept}"
    back = read_csv(tmp_path / "t.csv")
    assert [*back.columns, *back[kept]] == [kept, "n", kept, "a"]


def test_no_row_begins_within_a_cell() -> None:
    assert cells(csv_text(pd.DataFrame({"a": ["x\r=1", "y\r\n=1"], "n": [1, 2]}))) == [
        ["a", "n"],
        ["x\n=1", "1"],
        ["y\n=1", "2"],
    ]


def test_numbers_and_other_text_stay_as_they_are() -> None:
    words = ["-1", "+1.5", "-.5e-3", "-inf", "a=1", "'quoted'", " =1", "", "2020-01-01", "−1"]
    table = pd.DataFrame({"words": words, "numbers": -np.arange(10) / 4, "whole": -np.arange(10)})
    table["mixed"] = pd.Series([-1, -2.5, None, True, "=1", -3, "b", -4, -5, -6], dtype=object)
    written = cells(csv_text(table))[1:]
    assert [row[0] for row in written] == words
    assert [float(row[1]) for row in written] == list(table["numbers"])
    assert [int(row[2]) for row in written] == list(table["whole"])
    assert [row[3] for row in written] == ["-1", "-2.5", "", "True", "'=1", "-3", "b", "-4", "-5", "-6"]


def test_the_table_itself_stays_as_it_is() -> None:
    table = pd.DataFrame({"=a": ["=1"]})
    csv_text(table)
    assert table.equals(pd.DataFrame({"=a": ["=1"]}))


@given(st.text("'=+-@1a,\n\" ", max_size=6))
def test_reading_gives_what_was_written(text: str) -> None:
    assert unguarded(cells(csv_text(pd.DataFrame({"n": [0], "t": [text]})))[1][1]) == text


def test_overrides_and_errors_of_a_sweep(tmp_path: Path) -> None:
    job = Job.__new__(Job)
    for key, value in {"run": "r", "number": 0, "overrides": ("+a.b=1", "seed=2")}.items():
        object.__setattr__(job, key, value)
    status = Status(tmp_path, "run")
    status.jobs["r"] = job
    status.records["r"] = RunRecord("r", "failed", error="=HYPERLINK(1)", wall_seconds=-0.5, host="-host", started="@x")
    status.write()
    (row,) = csv.DictReader((tmp_path / "runs.csv").read_text().splitlines())
    assert row["overrides"] == "'+a.b=1 seed=2"
    assert row["error"] == "'=HYPERLINK(1)"
    assert (row["host"], row["started"], row["wall_seconds"]) == ("'-host", "'@x", "-0.5")
    back = Sweep(tmp_path).runs
    assert list(back["overrides"]) == ["+a.b=1 seed=2"]
    assert list(back["error"]) == ["=HYPERLINK(1)"]
    assert _keys(back["overrides"]) == ["a.b", "seed"]


def test_a_run_with_a_launch_that_looks_like_a_formula(tmp_path: Path) -> None:
    launches = tmp_path / "mine.csv"
    head = "date,platform,capability,change,entrance,description,grade\n"
    launches.write_text(f"{head}2019-01-10,douyin,mall,open,second_level,=1+1,A\n")
    words = ("population.users=60", "population.merchants=10", "calendar.end=2019-02-10", "platforms=[douyin,jd]")
    done = finish(tmp_path / "run", *words, f"strategy.launches={launches}")
    assert "'=1+1 (grade A)" in list(done.tables["moves"]["reason"])
    assert "=1+1 (grade A)" in list(kept_results.read_results(done.folder).tables["moves"]["reason"])


def test_every_table_is_written_by_the_one_writer() -> None:
    """A new way to write a CSV file would go around it."""
    sources = [path for folder in ("agents", "model", "experiments") for path in (ROOT / folder).rglob("*.py")]
    found = {p.name for p in sources for way in ("to_csv(", "csv.writer", "DictWriter") if way in p.read_text()}
    assert found == {"csv_files.py"}


@pytest.mark.parametrize("name", ["../other", "/etc/passwd", "a/../../b"])
def test_a_record_does_not_speak_of_files_elsewhere(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "r"
    (folder / "a").mkdir(parents=True)
    (tmp_path / "other").write_text("12")
    keep(RunRecord("r", "succeeded"), folder)
    assert read(folder) is not None
    kept = (folder / "run.json").read_text()
    size = (folder / name).stat().st_size if (folder / name).exists() else 0
    (folder / "run.json").write_text(kept.replace('"files": {}', f'"files": {{"{name}": {size}}}'))
    assert f'"{name}"' in (folder / "run.json").read_text()
    assert read(folder) is None
