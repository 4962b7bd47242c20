"""The picture of the study `phases`: a dot a seed, nothing cut, no words on words."""

from __future__ import annotations

from itertools import combinations

import matplotlib.dates as mdates
import numpy as np
import pytest
from matplotlib.figure import Figure

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.pictures import phases, style
from secondhalf.experiments.second_half.arms import AGAINST
from secondhalf.experiments.second_half.statistics import summary
from tests.experiments.pictures.readable import words
from tests.experiments.second_half.test_statistics import seed_rows, table

LONG = ["strategy=hold", "mechanisms.open_links=false", "platform.douyin.take_rate=0.02", "network=communities"]


def draw(seeds: int, against: list[str]) -> Figure:
    """Seeds whose day is one of three; in the second arm none has entered."""
    days = [f"2021-{1 + seed % 3:02d}-28" for seed in range(seeds)]
    rows = [seed_rows(seed, day, "2022-04-27") for seed, day in enumerate(days)]
    rows += [seed_rows(seed, day, "", AGAINST) for seed, day in enumerate(days) if against]
    found, settings = table(*rows), load_settings(["platforms=[douyin,jd]"])
    with style.page(None):
        drawn = phases.draw(found, summary(found), settings, against)
        drawn.draw_without_rendering()
    return drawn


@pytest.mark.parametrize(("seeds", "against"), [(1, []), (16, []), (16, LONG), (200, LONG)])
def test_words_are_whole_and_apart(seeds: int, against: list[str]) -> None:
    drawn = draw(seeds, against)
    width, height = drawn.bbox.size
    shown = [(text.get_text(), box) for text, box in words(drawn)]
    assert any(f"{seeds} of {seeds}" in text for text, _ in shown)
    for text, (left, bottom, right, top) in shown:
        assert left >= -1, text
        assert bottom >= -1, text
        assert right <= width + 1, text
        assert top <= height + 1, text
    for (first, a), (second, b) in combinations(shown, 2):
        common = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        assert not (common > 1.5).all(), f"{first!r} lies on {second!r}"


def test_a_dot_a_seed() -> None:
    axes = draw(16, []).axes[0]
    dots = [day for line in axes.lines if line.get_marker() == "o" for day in line.get_xdata()]
    assert len(dots) == 16 * 3  # the market, Douyin, mutual entry; JD has none
    assert dots.count(mdates.datestr2num("2021-01-28")) == 2 * 6
    rows = [text.get_text() for text in axes.get_yticklabels()]
    assert rows == ["all platforms", "Douyin", "JD", "both sides have entered"]


def test_stacks_of_many_seeds_stay_in_their_rows() -> None:
    axes = draw(200, []).axes[0]
    for line in (line for line in axes.lines if line.get_marker() == "o"):
        heights = np.asarray(line.get_ydata())
        assert np.ptp(heights) < phases.STACK + 1e-9


def test_nothing_to_draw() -> None:
    found = table(seed_rows(0, "", ""))
    with pytest.raises(style.NothingToDrawError, match="no seed has a second half"):
        phases.draw(found, summary(found), load_settings(["platforms=[douyin,jd]"]), [])
