"""Names beside lines: every leader ends where its line ends, and crosses no name but its own."""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path as Outline
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from secondhalf.experiments.browser import text as page_text
from secondhalf.experiments.counterfactual import figure as counterfactual
from secondhalf.experiments.counterfactual.arms import ARMS
from secondhalf.experiments.counterfactual.outputs import Answer
from secondhalf.experiments.counterfactual.quarterly_measures import BY_PLATFORM, MARKET, OF_MARKET, UNITS
from secondhalf.experiments.pictures import PICTURES, channel_mix, flows, style
from secondhalf.model.data_files import names
from tests.experiments.pictures.conftest import Draw

PIXEL = 1.5
NAMED = {"overview": 15, "shares": 10, "facts": 22, "flows": 3}
"""How many lines of a picture have names."""


def leaders(picture: Figure) -> list[tuple[Annotation, np.ndarray]]:
    """Every label with a leader, and the ends of the leader, pixels: at the label and away from it."""
    found = []
    for label in picture.findobj(Annotation):
        if label.arrow_patch is not None:
            path = label.arrow_patch.get_path()
            found.append((label, label.arrow_patch.get_transform().transform(path.vertices)[[0, -1]]))
    return found


def ends_of_lines(axes: Axes, ink: object) -> list[np.ndarray]:
    """Last points of the lines of a colour, pixels."""
    ends = []
    for line in axes.lines:
        across, up = line.get_xdata(orig=False), np.asarray(line.get_ydata(orig=False), float)
        if line.get_color() == ink and np.isfinite(up).any():
            last = np.flatnonzero(np.isfinite(up))[-1]
            ends.append(axes.transData.transform((across[last], up[last])))
    return ends


def check_leaders(picture: Figure) -> int:
    """Hold every leader to its line and off the names; returns how many there are."""
    found = leaders(picture)
    boxes = [(label, Text.get_window_extent(label)) for label, _ in found]  # without the leader
    for label, (begin, end) in found:
        assert label.axes is not None
        far = min(np.abs(end - last).max() for last in ends_of_lines(label.axes, label.get_color()))
        assert far < PIXEL, f"the leader of {label.get_text()!r} ends {far:.0f} pixels from its line"
        for other, box in boxes:
            inner = Bbox.from_extents(box.x0 + 1, box.y0 + 1, box.x1 - 1, box.y1 - 1)
            crossed = Outline(np.array([begin, end])).intersects_bbox(inner, filled=False)
            assert not crossed, f"the leader of {label.get_text()!r} strikes through {other.get_text()!r}"
    return len(found)


@pytest.mark.parametrize("name", PICTURES)
def test_leaders_end_where_lines_end(drawn: Draw, name: str) -> None:
    assert check_leaders(drawn(name)) == NAMED.get(name, 0)


def answer(spread: float) -> Answer:
    """Made-up differences in eight quarters, the last ones `spread` apart."""
    platforms = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"]
    rows = [
        {"quarter": f"{year}Q{quarter}", "platform": of, "measure": measure, "unit": UNITS[measure]}
        | {"difference": at, "low": at - 0.5 * spread, "high": at + 0.5 * spread}
        for year in (2024, 2025)
        for quarter in (1, 2, 3, 4)
        for measures, those in ((BY_PLATFORM, platforms), (OF_MARKET, [MARKET]))
        for place, measure in enumerate(measures)
        for at in [(spread * place) / 10]
        for of in those
    ]
    summary = {
        "variance_reduction": dict.fromkeys(platforms, 1.0),
        "kinds": {name: "content" if name in ("kuaishou", "douyin") else "shelf" for name in platforms},
        "branch_date": "2024-02-01",
        "first_day": "2024-01-01",
        "settings": {arm: {"calendar": {"last_fact": "2024-12-31"}} for arm in ARMS},
        "seeds": [1, 2],
        "alternative": "alternative",
        "baseline": "baseline",
    }
    runs = pd.DataFrame({"member": [0, 0], "seed": [1, 2]})
    return Answer(pd.DataFrame(rows), runs, pd.DataFrame(), summary)


@pytest.mark.parametrize("spread", [0.0, 1e-3, 1.0])
def test_leaders_of_a_counterfactual(spread: float) -> None:
    """Lines that end together: their names are pushed far from them, and still no leader crosses a name."""
    with style.page(None):
        drawn = counterfactual.draw(answer(spread))
        drawn.draw_without_rendering()
    assert check_leaders(drawn) == 5 * len(counterfactual.DRAWN) + len(counterfactual.INDICES)


def test_names_follow_later_limits_and_sizes() -> None:
    """What is decided after the names were written moves them, too."""
    with style.page(None):
        drawn = style.figure(2.0)
        axes = drawn.subplots()
        lines = {
            name: axes.plot([0, 1], [0, end], color=ink)[0] for name, end, ink in (("a", 1, "r"), ("b", 1.01, "b"))
        }
        style.name_lines(axes, lines, {"a": "first", "b": "second"})
        axes.set_ylim(-50, 4)
        axes.set_xlim(0, 3)
        drawn.set_size_inches(5, 3)
        drawn.draw_without_rendering()
        assert check_leaders(drawn) == 2
        heights = sorted(Text.get_window_extent(label).y0 for label, _ in leaders(drawn))
    assert all(after - before >= style.NAME_GAP * 200 / 72 - 1 for before, after in pairwise(heights))


def test_sources_have_the_names_of_the_page() -> None:
    words = json.loads(files("secondhalf.experiments.browser.front").joinpath("words.json").read_text(encoding="utf-8"))
    page = words["en"]
    assert {name: flows.WORDS[name] for name in ("new", "outside", "budget")} == {
        "new": page["tap_new"],
        "outside": page["tap_outside"],
        "budget": page["tap_budget"],
    }


def test_channels_have_the_names_of_the_page() -> None:
    known = {name: english for name, (english, _) in page_text.CHANNELS.items()}
    assert {name: channel_mix.WORDS.get(name, name.replace("_", " ")) for name in channel_mix.INKS} == known


def test_nothing_else_has_the_colour_of_a_platform() -> None:
    own = {about["color"].lower() for about in names().values()}
    others = [*style.MEASURES.values(), *flows.INKS.values()]
    assert not own & {ink.lower() for ink in others}
    assert len(set(style.MEASURES.values())) == len(style.MEASURES)
