"""docs/counterfactuals.md shows the shipped answers of `questions`; columns.csv and its page describe them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from secondhalf.experiments.command.compose import compose_config, load_settings
from secondhalf.experiments.command.request import make_request
from secondhalf.experiments.command.studies import STUDIES
from secondhalf.experiments.questions.study import FILES, prepare, questions, shipped
from secondhalf.experiments.questions.tables import COLUMNS
from secondhalf.experiments.questions.text import document
from secondhalf.experiments.results.schema.column_dictionary import of_table
from tests.docs.test_data_dictionary import sections
from tests.experiments.conftest import SILENT
from tests.experiments.launches.fake import write_fake

ROOT = Path(__file__).parents[2]


def test_the_document_shows_the_shipped_answers() -> None:
    folder = shipped()
    text = (ROOT / "docs" / "counterfactuals.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- questions -->\n(.*?)<!-- /questions -->", text, re.DOTALL)
    assert found is not None
    if not (folder / "questions.csv").is_file():
        assert found[1].startswith("*No result is shipped yet")
        pytest.skip("data/questions is not shipped yet: `secondhalf questions questions.write=true` makes it")
    words = (folder / "questions.md").read_text(encoding="utf-8")
    assert found[1] == words
    table = pd.read_csv(folder / "questions.csv").fillna({"period": "", "distinguishable": ""})
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert words == document(table, summary)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["commit"] == summary["commit"]
    assert {resource["path"] for resource in package["resources"]} == set(FILES)


def test_every_column_is_described() -> None:
    rows = sections()["questions.csv"]
    assert [row[0] for row in rows] == list(COLUMNS)
    assert [(own.name, own.unit, own.meaning) for own in of_table("questions")] == [tuple(row[:3]) for row in rows]


def test_every_key_of_the_summary_is_described(tmp_path: Path) -> None:
    fitted = write_fake(tmp_path / "fitted", load_settings([]))
    words = ["experiment=ci", "limits.users=60", "limits.merchants=10", "calendar.start=2023-01-01"]
    words += ["calendar.end=2024-12-31", f"questions.calibration={fitted}", "questions.workers=1"]
    request = make_request(STUDIES["questions"], compose_config(words), tmp_path, True)
    questions(prepare(request), request.options, tmp_path, SILENT, Console(quiet=True))
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    found = set(summary) | {f"seconds.{key}" for key in summary["seconds"]}
    assert {row[0] for row in sections()["summary.json of questions"]} == found
    table = pd.read_csv(tmp_path / "questions.csv").fillna({"period": "", "distinguishable": ""})
    assert document(table, summary) == (tmp_path / "questions.md").read_text(encoding="utf-8")
