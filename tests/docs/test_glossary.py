"""docs/glossary.md: the promised terms in alphabetical order, each with a definition and a link that is not dead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.test_links import LINK, dead

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
TEXT = GLOSSARY.read_text(encoding="utf-8")
ENTRIES = {
    title: body for title, _, body in (part.partition("\n") for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:])
}
LONGEST = 45
"""Most words of an entry, links among them."""
TERMS = (
    "Ad load (selling load)",
    "Attention share",
    "Balance",
    "Best response",
    "Branch",
    "Bundle",
    "Buyer",
    "Cap",
    "Capability",
    "Cell",
    "Certified, refuted, undecided",
    "Checkpoint",
    "Common random numbers",
    "Contest",
    "DAU, MAU",
    "Discrepancy",
    "Entrant",
    "EWA",
    "Exclusivity",
    "Fan (tie)",
    "Fork",
    "GMV, net GMV",
    "Grade (A, B, C, D, R)",
    "HHI",
    "Interest and ripening",
    "Interpenetration",
    "Keyed stream",
    "Leak (rate)",
    "Maturity",
    "Mean-field map",
    "Multi-homing",
    "Naive forecast",
    "Need: planned, impulse, ripened, repeat",
    "Oracle",
    "Pan-shelf",
    "Platform share",
    "Posterior member, ensemble",
    "Presence",
    "Profile",
    "Prominence",
    "Regret",
    "Repurchase rate",
    "Rolling origin",
    "Run, sweep, study",
    "Second half (day)",
    "Seeding",
    "Self-preferencing",
    "Simultaneous intervals (sup-t)",
    "Take rate",
    "Target",
    "Tolerance",
)


def test_terms_are_in_alphabetical_order() -> None:
    assert list(ENTRIES) == sorted(ENTRIES, key=str.lower)


@pytest.mark.parametrize("term", TERMS)
def test_a_term_has_a_short_definition_and_links_that_lead_somewhere(term: str) -> None:
    definition, _, where = ENTRIES[term].strip().partition("\nSee ")
    assert len(definition.split()) >= 5
    assert len(ENTRIES[term].split()) <= LONGEST
    assert LINK.findall(where)
    assert dead(GLOSSARY, ENTRIES[term]) == []


@pytest.mark.parametrize("page", ["README.md", "docs/odd.md", "docs/equilibrium.md", "docs/calibration.md"])
def test_pages_that_use_the_terms_link_to_it(page: str) -> None:
    assert "glossary.md" in (ROOT / page).read_text(encoding="utf-8")


def test_the_site_has_it() -> None:
    assert "\nglossary\n" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
