"""What a reader needs of every picture: nothing cut, no words on words, colours that can be told apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.pictures import PICTURES, style
from secondhalf.model.data_files import names
from tests.experiments.pictures.conftest import Draw

PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
TRITANOPIA = [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
"""What eyes without one kind of cones see of linear RGB (Machado, Oliveira and Fernandes 2009)."""
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
APART = 10.0
"""CIELAB distance that neighbouring lines need; 2.3 can just be seen."""


def words(drawn: Draw, name: str) -> list[tuple[str, np.ndarray]]:
    """Visible texts and their boxes (left, bottom, right, top), pixels."""
    picture = drawn(name)
    hidden = {id(text) for axes in picture.findobj(Axes) for text in not_drawn(axes)}
    found = []
    for text in picture.findobj(Text):
        if text.get_text().strip() and text.get_visible() and id(text) not in hidden:
            box = Text.get_window_extent(text)  # leaders have tests of their own
            found.append((text.get_text(), np.array([box.x0, box.y0, box.x1, box.y1])))
    return found


def not_drawn(axes: Axes) -> list[Text]:
    """Labels of ticks beyond the limits of the axes, or of axes that are off."""
    found = []
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not axes.axison or not low <= tick.get_loc() <= high:
                found += [tick.label1, tick.label2]
    return found


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_cut(drawn: Draw, name: str) -> None:
    width, height = drawn(name).bbox.size
    for text, (left, bottom, right, top) in words(drawn, name):
        assert left >= -1, text
        assert bottom >= -1, text
        assert right <= width + 1, text
        assert top <= height + 1, text


@pytest.mark.parametrize("name", PICTURES)
def test_no_words_on_words(drawn: Draw, name: str) -> None:
    shown = words(drawn, name)
    assert len(shown) > 3
    for (first, a), (second, b) in combinations(shown, 2):
        if set(first + second) <= {"●"}:
            continue
        common = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        assert not (common > 1.5).all(), f"{first!r} lies on {second!r}"


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
