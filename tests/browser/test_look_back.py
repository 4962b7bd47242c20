"""Looking back in a real browser: the slider, a branch by button and by intervention, on a desk and on a phone.

One test, since its steps share a tab and follow each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from secondhalf.experiments.browser.server.widget import page_words
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results import tables
from secondhalf.model.market import Market
from tests.browser.looks import WATCH_TEXT, unreadable
from tests.browser.served import CHROMIUM, Guests, browsing, serving, visit, without_token
from tests.browser.test_story_and_link import SIZES, serious_findings

pytest.importorskip("playwright", reason="playwright is not installed: the page is not tried in a browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: the page is not tried in a browser"
)

SIZE = ["experiment=ci", "limits.users=200", "limits.merchants=30", "limits.days=120"]
DAYS, WEEKS_BACK, SHOWN = 120, 8, 70
"""The last position is the 120th day, the one before it the 119th, and so on by weeks."""


@pytest.fixture(scope="module")
def guests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    with (
        serving(tmp_path_factory.mktemp("browse"), SIZE) as address,
        browsing(1440, 900) as window,
    ):
        window.add_init_script(f"({WATCH_TEXT})()")
        tab = visit(window, address)
        tab.ready()
        yield Guests(tab, without_token(address))


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    market = Market(load_settings(SIZE))
    market.run_model()
    return tables.daily(market)


def shown(guests: Guests, day: int) -> None:
    guests.tab.page.wait_for_selector(f".sh-root[data-shown='{day}']")


def told(guests: Guests) -> str:
    """What the attention view tells those who cannot see it."""
    guests.tab.page.wait_for_timeout(1200)
    return guests.tab.page.get_attribute("canvas[data-view=attention]", "aria-label") or ""


def before_the_first_week_there_is_nothing_to_look_back_to(guests: Guests) -> None:
    assert guests.tab.page.is_hidden("#sh-past-day")


def the_slider_shows_an_earlier_day(guests: Guests, plain: pd.DataFrame) -> None:
    page = guests.tab.page
    page.select_option("#sh-speed", index=5)
    page.click("#sh-play")
    guests.tab.ready("over")
    guests.tab.day(DAYS)
    assert page.is_disabled("#sh-branch")
    page.focus("#sh-past-day")
    for _ in range(WEEKS_BACK):
        page.keyboard.press("ArrowLeft")
    shown(guests, SHOWN)
    date = plain["date"].unique()[SHOWN - 1]
    assert page.inner_text("#sh-date") == date
    assert page.get_attribute("#sh-past-day", "aria-valuetext") == date
    assert page.get_attribute("#sh-past-day", "aria-label") is None  # its label is beside it
    share = plain[(plain["date"] == date) & (plain["platform"] == "kuaishou")]["attention_share"].item()
    assert f"Kuaishou {100 * share:.3f}%" in told(guests)
    assert page.inner_text("#sh-said") == page_words()["en"]["looking"]
    assert page.inner_text("#sh-interventions h2") == "Branch and intervene, 2019-03-12"
    assert page.is_disabled("[data-csv=attention]")
    page.keyboard.press("End")
    shown(guests, DAYS)
    assert page.is_hidden("#sh-said")
    assert page.is_enabled("[data-csv=attention]")
    for _ in range(WEEKS_BACK):
        page.keyboard.press("ArrowLeft")
    shown(guests, SHOWN)


def nothing_is_cut(guests: Guests, folder: Path, name: str) -> None:
    page, found = guests.tab.page, []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.mouse.move(1, 1)
        page.wait_for_timeout(400)
        found += [f"{width}x{height} {entry}" for entry in unreadable(page)]
        page.evaluate("document.querySelectorAll('.sh-panels, .sh-root').forEach((e) => e.scrollTo(0, 0))")
        page.screenshot(path=folder / f"{name}_{width}x{height}.png")
        assert page.evaluate("document.querySelector('.sh-root').scrollWidth") <= width
        box = page.locator("#sh-past-day").bounding_box()
        assert box is not None
        assert box["width"] >= 100
    page.set_viewport_size({"width": 1440, "height": 900})
    assert not found, "\n".join(found)


def an_intervention_on_the_day_that_is_shown(guests: Guests, plain: pd.DataFrame) -> None:
    page = guests.tab.page
    page.click("#sh-open")
    page.wait_for_selector(".sh-done li")
    guests.tab.day(SHOWN)
    assert page.inner_text(".sh-done") == "2019-03-12: Kuaishou opens mall."
    page.click("#sh-play")
    guests.tab.ready("over")
    guests.tab.day(DAYS)
    both = guests.csv("attention")
    worlds = {name: rows.drop(columns="world").reset_index(drop=True) for name, rows in both.groupby("world")}
    pd.testing.assert_frame_equal(worlds["twin"], plain, check_dtype=False)
    same = SHOWN * plain["platform"].nunique()
    pd.testing.assert_frame_equal(worlds["run"][:same], plain[:same], check_dtype=False)
    assert (worlds["run"]["attention_share"] != plain["attention_share"]).any()
    assert "Difference to the earlier run" in page.inner_text(".sh-effect")


def a_phone_branches_after_a_question(guests: Guests, plain: pd.DataFrame) -> None:
    """Back to a week before the intervention: the run is the first again, its twin the one that had it."""
    page = guests.tab.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.fill("#sh-past-day", str(SHOWN // 7 - 1))
    shown(guests, SHOWN - 7)
    page.click("#sh-branch")
    assert page.inner_text("#sh-ask-text").startswith("The twin until now will be thrown away; the run from 2019-03-05")
    page.click("#sh-ask-no")
    assert page.get_attribute(".sh-root", "data-day") == str(DAYS)
    page.click("#sh-branch")
    page.click("#sh-ask-yes")
    guests.tab.day(SHOWN - 7)
    assert page.locator(".sh-done li").count() == 0
    page.click("#sh-play")
    guests.tab.ready("over")
    guests.tab.day(DAYS)
    page.set_viewport_size({"width": 1440, "height": 900})
    both = guests.csv("attention")
    run = both[both["world"] == "run"].drop(columns="world").reset_index(drop=True)
    pd.testing.assert_frame_equal(run, plain, check_dtype=False)


def test_a_visit(guests: Guests, plain: pd.DataFrame, tmp_path: Path) -> None:
    before_the_first_week_there_is_nothing_to_look_back_to(guests)
    the_slider_shows_an_earlier_day(guests, plain)
    nothing_is_cut(guests, tmp_path, "looking_back")
    assert serious_findings(guests.tab.page) == []
    an_intervention_on_the_day_that_is_shown(guests, plain)
    nothing_is_cut(guests, tmp_path, "with_an_earlier_run")
    a_phone_branches_after_a_question(guests, plain)
    assert guests.tab.errors == []
