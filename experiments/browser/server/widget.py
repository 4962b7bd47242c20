"""Widget of the page: plain JavaScript and CSS beside this file, without a build step."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

import anywidget
import traitlets

from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.experiments.browser import reported, text
from secondhalf.experiments.browser.commands import FASTEST, SLOWEST, START_SPEED
from secondhalf.experiments.browser.market.exports import NAMES
from secondhalf.experiments.browser.market.frames import DAILY, MARKET
from secondhalf.experiments.browser.setup import GROUPS
from secondhalf.experiments.browser.story import STORY
from secondhalf.experiments.pictures import channel_mix, style
from secondhalf.model.data_files import choices

FRONT = files("secondhalf.experiments.browser") / "front"
PARTS = (
    "store",
    "words",
    "paint",
    "lines",
    "over_time",
    "attention",
    "reservoirs",
    "capabilities",
    "cells",
    "friends",
    "balance",
    "books",
    "views",
    "panels",
    "settings",
    "interventions",
    "story",
    "link",
    "ask",
    "past",
    "frame",
    "main",
)
"""Modules in front/, each after those that it imports from."""
IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def script() -> str:
    """All modules as one: a widget's code has no address that it could import its other files from."""
    parts = [(FRONT / f"{name}.js").read_text(encoding="utf-8") for name in PARTS]
    return "\n".join(EXPORT.sub("", IMPORT.sub("", part)) for part in parts)


@cache
def sheet() -> str:
    """The style sheet."""
    return (FRONT / "page.css").read_text(encoding="utf-8")


@cache
def page_words() -> dict[str, dict[str, str]]:
    """Labels of the page by language, with those of the choices of its groups."""
    loaded: dict[str, dict[str, str]] = json.loads((FRONT / "words.json").read_text(encoding="utf-8"))
    for language, key in zip(text.LANGUAGES, ("label", "label_zh"), strict=True):
        labels = (entry for group in GROUPS for entry in choices()[group].items())
        loaded[language] |= {f"choice_{name}": known[key] for name, known in labels}
    return loaded


def facts_of_page(platforms: list[str], capabilities: list[str]) -> dict[str, Any]:
    """What the page knows before the first frame: names, colours, columns, words."""
    return {
        "words": page_words(),
        "names": {name: text.named(name) for name in (*platforms, *capabilities)},
        "channel_names": {name: dict(zip(text.LANGUAGES, text.CHANNELS[name], strict=True)) for name in CHANNELS},
        "colors": style.colors(platforms),
        "channel_colors": channel_mix.INKS,
        "capabilities": capabilities,
        "channels": list(CHANNELS),
        "daily": list(DAILY),
        "market": list(MARKET),
        "views": list(NAMES),
        "speeds": [SLOWEST, START_SPEED, FASTEST],
        "reported": reported.reported(platforms),
        "bands": reported.forecast_bands(platforms),
        "story": list(STORY),
    }


class MarketPage(anywidget.AnyWidget):
    """Everything of the main page; talks with its session by messages."""

    _esm = script()
    _css = sheet()
    facts = traitlets.Dict().tag(sync=True)
