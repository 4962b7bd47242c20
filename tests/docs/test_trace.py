"""docs/trace.md has the eight elements of TRACE, and the sizes of the data files it states are theirs."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TRACE = (ROOT / "docs" / "trace.md").read_text(encoding="utf-8")
ELEMENTS = [
    "Problem formulation",
    "Model description",
    "Data evaluation",
    "Conceptual model evaluation",
    "Implementation verification",
    "Model output verification",
    "Model analysis",
    "Model output corroboration",
]
ROWS = dict(re.findall(r"^\| `(data/\S+)` \| (\d+) \|", TRACE, re.MULTILINE))


def test_elements() -> None:
    assert re.findall(r"^## \d\. (.+)$", TRACE, re.MULTILINE) == ELEMENTS


@pytest.mark.parametrize("name", ROWS)
def test_rows(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines())) if name.endswith(".csv") else yaml.safe_load(text)[Path(name).stem]
    assert len(rows) == int(ROWS[name])


def test_grades() -> None:
    text = (ROOT / "data" / "market_facts.csv").read_text(encoding="utf-8")
    counted = Counter(row["grade"] for row in csv.DictReader(text.splitlines()))
    line = next(line for line in TRACE.splitlines() if line.startswith("| `data/market_facts.csv`"))
    assert {grade: int(number) for grade, number in re.findall(r"\b([A-Z]) [^()]*?\((\d+)\)", line)} == counted
