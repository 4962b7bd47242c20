"""The table of ten facts in docs/calibration.md is what the model gives today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from secondhalf.experiments.compose import load_settings
from secondhalf.experiments.facts import as_markdown, fact_table, ten_facts
from secondhalf.model.settings import SettingsError

CALIBRATION = Path(__file__).parents[2] / "docs" / "calibration.md"
SEEDS, USERS = 4, 5000


def rows(markdown: str) -> list[list[str]]:
    """Cells of the rows of a Markdown table, without its head."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def committed() -> str:
    found = re.search(r"<!-- facts -->\n(.*)<!-- /facts -->", CALIBRATION.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.slow
def test_the_committed_table_is_regenerated() -> None:
    """Facts and sources to the letter; the model within one standard error.

    Another processor's rounding may flip single draws, which moves a mean by much less than its sampling error.
    """
    table = fact_table(load_settings(), SEEDS, USERS)
    written, made = rows(committed()), rows(as_markdown(table))
    assert len(made) == 10
    for old, new, row in zip(written, made, table.itertuples(), strict=True):
        assert old[:4] == new[:4]
        assert old[6:] == new[6:]
        value = float(old[4].split("±")[0].replace(",", ""))
        rounding = 0.5e-3 * abs(row.model)
        assert value == pytest.approx(row.model, abs=row.standard_error + rounding), f"{row.platform} {row.fact}"


def test_every_fact_is_a_reported_one_before_2023() -> None:
    facts = ten_facts()
    assert {fact.grade for fact in facts} <= {"A", "B", "D"}
    assert all(fact.end.year <= 2022 and fact.source for fact in facts)


def test_a_fact_of_a_weak_grade_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = {"metric": "mau", "platform": "Douyin", "start": "2020-06-01", "end": "2020-06-30"}
    monkeypatch.setattr("secondhalf.experiments.facts.yaml.safe_load", lambda _: [weak])
    with pytest.raises(SettingsError, match="mau, Douyin, 2020-06-01"):
        ten_facts()
