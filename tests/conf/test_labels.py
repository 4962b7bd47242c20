"""Every platform and capability that ships has a name as people write it, in both languages."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from secondhalf.experiments.browser.server.widget import page_words
from secondhalf.experiments.browser.text import CAPABILITIES, LANGUAGES, named
from secondhalf.model.data_files import choice_label, choices, names

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


@pytest.mark.parametrize("group", ["scenario", "strategy", "network", "market"])
def test_choices_have_names_in_both_languages(group: str) -> None:
    """A name and no key: no underscore, and in Chinese other signs than in English."""
    shipped = {entry.name.removesuffix(".yaml") for entry in (CONF / group).iterdir() if entry.name.endswith(".yaml")}
    known = choices()[group]
    assert shipped - {"base"} == set(known)
    for about in known.values():
        assert "_" not in about["label"] + about["label_zh"]
        assert re.search("[\u4e00-\u9fff]", about["label_zh"])
    assert len({about["label"] for about in known.values()}) == len(known)
    if group != "market":  # the page does not offer another market
        for language, key in zip(LANGUAGES, ("label", "label_zh"), strict=True):
            assert {f"choice_{name}": about[key] for name, about in known.items()}.items() <= page_words()[
                language
            ].items()


def test_what_has_no_name_is_called_by_its_key() -> None:
    assert choice_label("scenario", "kuaishou_never_mall") == "Kuaishou never opens a mall"
    assert choice_label("strategies.jd", "best_response") == "best response"
    assert choice_label("scenario", "my_own") == "my own"
    assert choice_label("population.users", "20000") == "20000"
