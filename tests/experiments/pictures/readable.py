"""Words of a picture: which are seen, whether any is cut, and whether any lies on others."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

LIES_ON = 1.5
"""Pixels in both directions by which boxes of words may reach into each other."""


def words(picture: Figure) -> list[tuple[Text, np.ndarray]]:
    """Visible texts and their boxes (left, bottom, right, top), pixels; the picture is laid out."""
    hidden = {id(text) for axes in picture.findobj(Axes) for text in not_drawn(axes)}
    found = []
    for text in picture.findobj(Text):
        if text.get_text().strip() and text.get_visible() and id(text) not in hidden:
            box = Text.get_window_extent(text)  # leaders have tests of their own
            found.append((text, np.array([box.x0, box.y0, box.x1, box.y1])))
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


def check_nothing_is_cut(picture: Figure) -> None:
    """Every word lies within the picture."""
    width, height = picture.bbox.size
    for text, (left, bottom, right, top) in words(picture):
        assert left >= -1, text.get_text()
        assert bottom >= -1, text.get_text()
        assert right <= width + 1, text.get_text()
        assert top <= height + 1, text.get_text()


def check_no_words_on_words(picture: Figure) -> None:
    """No box of words lies on another; two slanting ones, whose boxes are larger than they are, are not compared."""
    for (first, a), (second, b) in combinations(words(picture), 2):
        both = first.get_text() + second.get_text()
        if set(both) <= {"●"} or (first.get_rotation() % 90 and second.get_rotation() % 90):
            continue
        common = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        assert not (common > LIES_ON).all(), f"{first.get_text()!r} lies on {second.get_text()!r}"
