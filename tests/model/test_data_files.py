"""Launches: read once a process and state of the file, and refused in one sentence."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.model.data_files import read_launches

HEAD = "date,platform,capability,change,entrance,description,grade\n"
ROW = "2020-01-01,jd,live,open,top_tab,told,A\n"


def test_a_file_is_read_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read, reader = tmp_path / "launches.csv", [], csv.DictReader

    def counted(*given: Any, **named: Any) -> Any:
        read.append(given)
        return reader(*given, **named)

    monkeypatch.setattr("secondhalf.model.data_files.csv.DictReader", counted)
    path.write_text(HEAD + ROW)
    first = read_launches(str(path), ["jd"], ["live"])
    again = read_launches(str(path), ["jd"], ["live"])
    assert first == again
    assert (len(first), len(read)) == (1, 1)
    again.clear()  # a list of one's own
    assert read_launches(str(path), ["jd"], ["live"]) == first
    path.write_text(HEAD + ROW + ROW.replace("2020", "2019"))
    assert [launch.date.year for launch in read_launches(str(path), ["jd"], ["live"])] == [2019, 2020]
    assert len(read) == 2


def test_what_is_known_is_part_of_what_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "launches.csv"
    path.write_text(HEAD + ROW)
    read_launches(str(path), ["jd"], ["live"])
    for _ in range(2):  # a refusal is not remembered as a success
        with pytest.raises(SettingsError, match=r"^launches\.csv line 2: platform=jd is unknown; known are taobao$"):
            read_launches(str(path), ["taobao"], ["live"])
    monkeypatch.chdir(tmp_path)
    assert len(read_launches("launches.csv", ["jd"], ["live"])) == 1  # by the place, not by the word
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "launches.csv").write_text(HEAD)
    monkeypatch.chdir(tmp_path / "other")
    assert read_launches("launches.csv", ["jd"], ["live"]) == []
    path.unlink()
    with pytest.raises(SettingsError, match=r"^strategy\.launches=.*: cannot read the file \(FileNotFoundError\)$"):
        read_launches(str(path), ["jd"], ["live"])
