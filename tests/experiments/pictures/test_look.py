"""What a reader needs of every picture: nothing cut, no words on words, colours that can be told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.pictures import PICTURES, shares, style
from secondhalf.experiments.results.run_results import Results
from secondhalf.model.data_files import names
from tests.experiments.pictures.conftest import Draw, draw
from tests.experiments.pictures.readable import check_no_words_on_words, check_nothing_is_cut, words

PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
TRITANOPIA = [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
"""What eyes without one kind of cones see of linear RGB (Machado, Oliveira and Fernandes 2009)."""
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
APART = 10.0
"""CIELAB distance that neighbouring lines need; 2.3 can just be seen."""


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_cut(drawn: Draw, name: str) -> None:
    check_nothing_is_cut(drawn(name))


@pytest.mark.parametrize("name", PICTURES)
def test_no_words_on_words(drawn: Draw, name: str) -> None:
    assert len(words(drawn(name))) > 3
    check_no_words_on_words(drawn(name))


def crowded(results: Results) -> Results:
    """The same run with three launches of each platform within four months, and one near either end."""
    days = ["2019-01-05", "2022-03-01", "2022-04-10", "2022-06-15", "2026-12-20"]
    row = results.tables["moves"].iloc[0].to_dict() | {"change": "close", "grade": "A"}
    names = ["expert_distribution", "external_links", "mall", "short_video", "storefront"]
    moves = pd.DataFrame(
        [
            row | {"platform": platform, "date": date, "capability": name}
            for platform in results.platforms
            for date, name in zip(days, names, strict=True)
        ]
    )
    return replace(results, tables={**results.tables, "moves": moves})


@pytest.mark.parametrize("make", [lambda results: results, crowded], ids=["history", "crowded"])
def test_labels_of_launches_stand_clear_of_each_other_and_of_marks(
    results: Results, make: Callable[[Results], Results]
) -> None:
    """Of every row; what cannot stand beside its mark is moved, and never onto a neighbour."""
    picture = draw(make(results), "shares")
    check_nothing_is_cut(picture)
    check_no_words_on_words(picture)
    strip = picture.axes[0]
    marks = [strip.transData.transform(np.ravel(one.get_xydata())) for one in strip.lines if one.get_marker() == "v"]
    labels = [(text, box) for text, box in words(picture) if isinstance(text, shares.LaunchName)]
    assert len(labels) == len(marks) > 10
    for label, (left, bottom, right, top) in labels:
        own = strip.transData.transform(label.xy)
        assert min(abs(left - own[0]), abs(right - own[0])) < 8 * picture.dpi / 72, label.get_text()
        if make is not crowded:
            assert not any(left < x < right and bottom < y < top for x, y in marks), label.get_text()


def lab(color: str, eyes: list[list[float]] | None) -> np.ndarray:
    """CIELAB of a colour as such eyes see it."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if eyes is not None:
        linear = np.clip(np.array(eyes) @ linear, 0, 1)
    ratio = TO_XYZ @ linear / (TO_XYZ @ np.ones(3))
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("market", ["china", "overseas"])
@pytest.mark.parametrize(
    "eyes", [None, PROTANOPIA, DEUTERANOPIA, TRITANOPIA], ids=["all", "no red", "no green", "no blue"]
)
def test_platforms_can_be_told_apart(eyes: list[list[float]] | None, market: str) -> None:
    """Those of one market; two markets never meet in one picture."""
    inks = style.colors(list(load_settings([f"market={market}"]).platform))
    assert set(inks) <= set(names())
    for (first, a), (second, b) in combinations(inks.items(), 2):
        assert np.linalg.norm(lab(a, eyes) - lab(b, eyes)) > APART, f"{first} and {second}"


def test_unknown_platforms_get_colours_of_their_own() -> None:
    inks = style.colors([*load_settings().platform, "mine", "yours"])
    assert len(set(inks.values())) == len(inks)
    assert style.colors(["mine", "jd"])["jd"] == names()["jd"]["color"]


def test_names_are_spread_and_keep_their_order() -> None:
    wanted = np.array([10.0, 10.5, 11.0, 60.0, 99.0, 100.0])
    placed = style.spread(wanted, 10.0, 100.0)
    assert (np.diff(placed) >= 10.0 - 1e-2).all()
    assert placed.min() >= 0
    assert placed.max() <= 100
    assert placed[3] == 60.0
