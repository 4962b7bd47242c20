"""Every platform and capability that ships has a name as people write it, in both languages."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from secondhalf.experiments.browser.server.widget import page_words
from secondhalf.experiments.browser.text import CAPABILITIES, LANGUAGES, named
from secondhalf.model.data_files import names

CONF = files("secondhalf.conf")
PLATFORMS = [
    entry.name.removesuffix(".yaml")
    for folder in (CONF / "platform", CONF / "market" / "overseas" / "platform")
    for entry in folder.iterdir()
    if entry.name.endswith(".yaml")
]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_platforms_have_names_and_a_colour(platform: str) -> None:
    about = names()[platform]
    assert about["label"] != platform
    assert about["label_zh"]
    assert re.fullmatch("#[0-9A-F]{6}", about["color"])
    assert set(named(platform)) == set(LANGUAGES)


def test_capabilities_have_names() -> None:
    shipped = {entry.name.removesuffix(".yaml") for entry in (CONF / "capability").iterdir()}
    assert shipped == set(CAPABILITIES)


@pytest.mark.parametrize("group", ["scenario", "strategy"])
def test_choices_of_the_page_have_chinese_names(group: str) -> None:
    """In English the key itself is said, without underscores."""
    shipped = {entry.name.removesuffix(".yaml") for entry in (CONF / group).iterdir()}
    assert {f"choice_{name}" for name in shipped} <= set(page_words()["zh"])
