"""README.zh.md says what README.md says: the same numbers in its answers, the same tables, the same pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))


def between(text: str, mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", text, re.DOTALL)
    assert found is not None, mark
    return found[1]


def numbers(text: str) -> list[str]:
    return sorted(re.findall(r"[-−+]?\d[\d,.]*\d|[-−+]?\d", text))


@pytest.mark.parametrize(
    ("mark", "own"), [("mall answer", "zh mall answer"), ("equilibrium in short", "zh equilibrium answer")]
)
def test_answers_have_the_same_numbers(mark: str, own: str) -> None:
    assert len(numbers(between(ENGLISH, mark))) > 5
    assert numbers(between(CHINESE, own)) == numbers(between(ENGLISH, mark))


@pytest.mark.parametrize("mark", ["facts without sources", "forecast", "mall effects"])
def test_tables_are_the_same(mark: str) -> None:
    assert between(CHINESE, mark) == between(ENGLISH, mark)


def test_the_same_pages_are_named() -> None:
    pages = [set(re.findall(r"\]\((docs/\w+\.md)", text)) for text in (ENGLISH, CHINESE)]
    assert pages[1] <= pages[0] | {"docs/glossary.md"}
    assert pages[0] - pages[1] == set()
