"""CITATION.cff has the keys of its format and says of the package what the package says of itself."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import secondhalf

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = {"cff-version", "message", "title", "authors"}
"""Keys that Citation File Format 1.2.0 asks for."""
KNOWN = {*REQUIRED, "type", "abstract", "version", "license", "keywords"}
"""Keys that may stand in it; an address or a DOI only once there is one."""


@pytest.fixture(scope="module")
def citation() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return loaded


def test_keys_of_the_format(citation: dict[str, Any]) -> None:
    assert REQUIRED <= set(citation) <= KNOWN
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert all(isinstance(citation[key], str) for key in KNOWN - {"authors", "keywords"})
    assert all(set(author) == {"name"} for author in citation["authors"]), "an author is an entity"


def test_says_what_the_package_says(citation: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == secondhalf.__version__
    assert citation["license"] == project["license"]
    assert citation["keywords"] == project["keywords"]
