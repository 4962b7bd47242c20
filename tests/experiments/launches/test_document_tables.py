"""Tables of launches in documents say what the files say, and the committed ones are those of the committed files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from secondhalf.experiments.launches.document_tables import MARKS, in_documents
from secondhalf.experiments.launches.study import STORED
from secondhalf.experiments.launches.text import signed
from secondhalf.model.data_files import data_file

ROOT = Path(__file__).parents[3]
Effects = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, Any]]


@pytest.fixture(scope="module")
def stored() -> Effects:
    folder = data_file(f"{STORED}/summary.json").parent
    tables = (pd.read_csv(folder / f"{name}.csv") for name in ("launches", "split", "nests"))
    return (*tables, json.loads((folder / "summary.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("document", "mark"),
    [("README.md", MARKS[0]), ("docs/studies.md", MARKS[1]), ("docs/studies.md", MARKS[2]), ("README.md", MARKS[3])],
)
def test_documents_show_the_committed_effects(stored: Effects, document: str, mark: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.search(rf"<!-- {mark} -->\n(.*)<!-- /{mark} -->", text, re.DOTALL)
    assert found is not None
    assert found[1] == in_documents(*stored)[mark]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def first_number(cell: str) -> float:
    return float(cell.split(" ")[0].replace("−", "-").replace(",", ""))


def test_parts_of_a_malls_gain_add_up_in_the_table(stored: Effects) -> None:
    """As far as two digits say: what was taken, cannibalised and new is the gain."""
    head, _, *rows = in_documents(*stored)[MARKS[0]].splitlines()
    parts = [n for n, name in enumerate(cells(head)) if name.startswith("from ")]
    gain = next(n for n, name in enumerate(cells(head)) if name.startswith("sold"))
    assert len(rows) >= 4
    for row in map(cells, rows):
        numbers = [first_number(row[n]) for n in parts if row[n] != "–"]
        rounding = sum(0.05 * abs(number) for number in numbers) + 0.05 * abs(first_number(row[gain]))
        assert sum(numbers) == pytest.approx(first_number(row[gain]), abs=rounding)


def test_every_launch_has_a_row_with_its_own_numbers(stored: Effects) -> None:
    launches, split, nests, summary = stored
    changed = launches.assign(mean=launches["mean"] * 3 + 7)
    rows = in_documents(launches, split, nests, summary)[MARKS[1]].splitlines()[2:]
    assert len(rows) == len(summary["launches"])
    others = in_documents(changed, split, nests, summary)[MARKS[1]].splitlines()[2:]
    for item, row, other in zip(summary["launches"], rows, others, strict=True):
        assert item["date"] in row
        assert row != other
        own = launches[(launches["launch"] == item["launch"]) & (launches["platform"] == item["owner"])]
        gmv = own[(own["quantity"] == "gmv") & (own["unit"] == "percent") & (own["horizon"] == 1)]
        if len(gmv):
            assert first_number(cells(row)[1]) == pytest.approx(gmv["mean"].iloc[0], rel=0.06)


@pytest.mark.parametrize(("value", "text"), [(99.6, "+100"), (-1234.4, "−1,234"), (9.96, "+10"), (-0.021, "−0.021")])
def test_numbers_are_never_in_powers_of_ten(value: float, text: str) -> None:
    assert signed(value) == text
