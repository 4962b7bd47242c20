"""Figures of a sweep: numbers along the bottom, in order and to scale; other settings as groups; titles in words."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from secondhalf.experiments.pictures import style
from secondhalf.experiments.report import figures
from tests.experiments.pictures.readable import check_no_words_on_words, check_nothing_is_cut

RATE, LOAD = "platform.kuaishou.take_rate", "platform.douyin.selling_load"


def sweep(**values: list[object]) -> pd.DataFrame:
    """Results of every combination of some settings, with two measures of platforms and one of the market."""
    keys = {"rate": RATE, "load": LOAD}
    rows = [
        dict(zip((keys.get(key, key) for key in values), combination, strict=True))
        for combination in product(*values.values())
    ]
    found = pd.DataFrame(rows)
    number = np.arange(len(found), dtype=float)
    found.insert(0, "run", [f"run_{n}" for n in range(len(found))])
    for place, name in enumerate(("kuaishou", "douyin", "taobao", "jd", "pinduoduo", "newcomer_shelf")):
        found[f"platforms.{name}.gmv"] = 1e11 * (1 + place) + 1e9 * number
    return found.assign(**{"market.hhi_gmv": 0.2 + number / 100})


def drawn(results: pd.DataFrame) -> list[Figure]:
    keys = figures.swept(results, [key for key in results if key in (RATE, LOAD, "strategy", "scenario", "seed")])
    with style.page(None):
        both = [figures.draw_platforms(results, "gmv", keys), figures.draw(results, "market.hhi_gmv", keys)]
        for figure in both:
            figure.draw_without_rendering()
    return both


def test_numbers_lie_along_the_bottom_and_words_are_groups() -> None:
    results = sweep(strategy=["history", "hold"], rate=[0.05, 0.01, 0.02], seed=[0, 1])
    assert figures.layout(results, ["strategy", RATE, "seed"]) == [(RATE, ("strategy",))]
    by_platform, of_market = drawn(results)
    assert [axes.get_title(loc="left") for axes in by_platform.axes] == ["history", "hold"]
    (axes,) = of_market.axes
    assert list(axes.get_xticks()) == [0.01, 0.02, 0.05]  # in order and to scale
    lines = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert len(lines) == 2
    for line, strategy in zip(lines, ("history", "hold"), strict=True):
        own = results[results["strategy"] == strategy].groupby(RATE)["market.hhi_gmv"].mean()
        assert list(line.get_ydata()) == pytest.approx(list(own))
        assert (np.diff(line.get_xdata()) > 0).all()
    assert axes.get_xlabel() == "take rate of Kuaishou"
    assert of_market._suptitle is not None
    assert of_market._suptitle.get_text() == "Concentration of GMV\nover take rate of Kuaishou, by strategy"


def test_each_setting_has_its_panel_where_groups_are_too_many_or_none() -> None:
    many = sweep(strategy=[f"own_{n}" for n in range(figures.LINES + 1)], rate=[0.1, 0.2])
    assert figures.layout(many, ["strategy", RATE]) == [(RATE, ()), ("strategy", ())]
    words = sweep(strategy=["history", "hold"], scenario=["baseline", "mall_ban"])
    assert figures.layout(words, ["strategy", "scenario"]) == [("strategy", ()), ("scenario", ())]
    assert figures.layout(sweep(seed=[0, 1]), ["seed"]) == [("", ())]
    numbers = sweep(rate=[0.1, 0.2], load=[0.1, 0.3], strategy=["history", "hold"])
    assert figures.layout(numbers, [RATE, LOAD, "strategy"]) == [(RATE, ("strategy",)), (LOAD, ("strategy",))]
    assert not figures.is_number(pd.Series([True, False]))


def test_wide_ranges_are_logarithmic() -> None:
    (axes,) = drawn(sweep(rate=[0.001, 0.01, 0.1], seed=[0, 1]))[1].axes
    assert axes.get_xscale() == "log"
    (axes,) = drawn(sweep(rate=[0.0, 0.01, 0.1], seed=[0, 1]))[1].axes
    assert axes.get_xscale() == "linear"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (RATE, "take rate of Kuaishou"),
        ("platform.newcomer_shelf.shops_at_start", "shops at start of New shelf platform"),
        ("strategies.jd", "strategy of JD"),
        ("objectives.jd", "objective of JD"),
        ("population.users", "users of population"),
        ("strategy", "strategy"),
        ("seed", "seed"),
    ],
)
def test_settings_in_words(key: str, words: str) -> None:
    assert figures.setting_words(key) == words


@pytest.mark.parametrize(
    "values",
    [
        {"strategy": ["history", "hold"], "rate": [0.01, 0.03, 0.05], "seed": [0, 1, 2]},
        {"strategy": ["history", "hold", "ewa"], "scenario": ["baseline", "mall_ban"], "rate": [0.01, 0.1, 0.5]},
        {"rate": [0.01, 0.011, 0.012, 0.4], "load": [0.1, 0.3]},
        {"rate": [n / 100 for n in range(1, 40)]},
        {"scenario": ["baseline", "kuaishou_never_mall", "no_exclusivity_ban", "entrant_xiaohongshu"], "seed": [0, 1]},
        {"seed": [0, 1]},
    ],
)
def test_nothing_of_a_sweep_is_cut_or_lies_on_words(values: dict[str, list[object]]) -> None:
    for figure in drawn(sweep(**values)):
        check_nothing_is_cut(figure)
        check_no_words_on_words(figure)
