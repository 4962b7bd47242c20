"""data/columns.csv, from which descriptors are made, says what docs/data_dictionary.md says."""

from __future__ import annotations

import pytest

from secondhalf.experiments.results.schema.column_dictionary import of_table
from secondhalf.experiments.results.tables import TABLES
from tests.docs.test_data_dictionary import sections

SECTIONS = {name: f"{name}.csv" for name in TABLES} | {
    "summary": "summary.json",
    "runs": "sweep: runs.csv",
    "results_short": "sweep: results_short.csv",
}


@pytest.mark.parametrize("table", SECTIONS)
def test_units_and_meanings_are_those_of_the_dictionary(table: str) -> None:
    described = [tuple(row[:3]) for row in sections()[SECTIONS[table]]]
    assert [(own.name, own.unit, own.meaning) for own in of_table(table)] == described
