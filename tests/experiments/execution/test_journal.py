"""The journal of finished work: what goes on, what a crash cuts, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.execution.journal import Journal


def written(path: Path) -> Journal:
    journal = Journal(path, "these settings")
    journal.write("a", [1.5, None])
    journal.write("b", {"x": "ü"})
    journal.write("a", 2)
    return journal


def test_results_are_there_again(tmp_path: Path) -> None:
    """The last result of a key counts; the file only grows."""
    path = tmp_path / "new" / "folder" / "runs.jsonl"
    before = written(path)
    again = Journal(path, "these settings")
    assert again.results == before.results == {"a": 2, "b": {"x": "ü"}}
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4


def test_wherever_a_crash_cuts_the_file_whole_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    written(path)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        journal = Journal(path, "these settings")
        assert len(journal.results) == max(0, min(whole[:size].count(b"\n"), 3) - 1), size
        journal.write("c", 3)
        assert Journal(path, "these settings").results == journal.results
        assert all(line.endswith(b"\n") for line in path.read_bytes().splitlines(keepends=True))


@pytest.mark.parametrize(
    "first", ['{"journal": 1, "of": "other settings"}', '["an older format"]', "a note of mine", ""]
)
def test_results_of_something_else_are_refused_and_stay(tmp_path: Path, first: str) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text(f'{first}\n["a", 1]\n')
    with pytest.raises(SettingsError, match=r"runs\.jsonl there is of other settings, or of another version"):
        Journal(path, "these settings")
    assert path.read_text() == f'{first}\n["a", 1]\n'
    fresh = Journal(path, "these settings", discard=True)
    assert fresh.results == {}
    assert len(path.read_text().splitlines()) == 1


def test_damage_in_the_middle_costs_that_line(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    written(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"\x00\xff\n", *lines[2:]]))
    assert Journal(path, "these settings").results == {"a": 2, "b": {"x": "ü"}}


def test_without_a_path_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    journal = Journal(None, "these settings")
    journal.write("a", 1)
    assert journal.results == {"a": 1}
    assert list(tmp_path.iterdir()) == []
