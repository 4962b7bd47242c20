"""What the documents point at is there: relative links with their anchors, and paths of the repository as code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
FOLDERS = "agents|conf|data|docs|experiments|model|src|tests"
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?[^)]*\)")
PATH = re.compile(rf"`((?:{FOLDERS})/[^`\s<>]*)`")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(document: str) -> set[str]:
    """Anchors of the headings of a Markdown text: small letters, hyphens for blanks, no punctuation."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", document, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def dead(document: Path, text: str) -> list[str]:
    """What a document with this text points at and is not there."""
    found = []
    for target, anchor in LINK.findall(text):
        path = document.parent / target if target else document
        if not path.exists():
            found.append(target)
        elif anchor and anchor not in anchors(text if path == document else path.read_text(encoding="utf-8")):
            found.append(f"{target}#{anchor}")
    found += [path for path in PATH.findall(text) if not any(ROOT.glob(path.rstrip("/")))]
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_nothing_is_dead(document: Path) -> None:
    assert dead(document, document.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "[the model](docs/ode.md)",
        "[limits](docs/odd.md#8-no-such-section)",
        "[below](#nowhere)",
        "![a picture](docs/pictures/none.png)",
        "`tests/limits/test_nothing.py`",
        "`conf/nothing/`",
        "`conf/strategy/*.yml`",
    ],
)
def test_a_dead_one_is_found(wrong: str) -> None:
    assert len(dead(ROOT / "README.md", f"# Here\n\n{wrong}")) == 1


@pytest.mark.parametrize(
    "right",
    [
        "[model](docs/odd.md#3-process-overview-and-scheduling)",
        "[up](#here)",
        "`model/`",
        "`conf/strategy/*.yaml`",
        "<https://a.org>",
    ],
)
def test_a_living_one_is_not(right: str) -> None:
    assert dead(ROOT / "README.md", f"# Here\n\n{right}") == []
