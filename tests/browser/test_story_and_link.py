"""A visit of another kind: the story, a link that opens the same market, three sizes of screen, accessibility.

One test, since its steps share a tab and follow each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from secondhalf.experiments.browser.server.widget import page_words
from tests.browser.looks import WATCH_TEXT, unreadable
from tests.browser.served import CHROMIUM, Guests, browsing, serving, visit, without_token

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytest.importorskip("playwright", reason="playwright is not installed: the page is not tried in a browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: the page is not tried in a browser"
)

LAST_FACT = "2020-06-30"
"""Early, so that what the page says of a forecast is seen."""
SIZE = [
    "experiment=ci",
    "limits.users=200",
    "limits.merchants=30",
    "limits.days=660",
    f"calendar.last_fact={LAST_FACT}",
]
SIZES = ((1440, 900), (1024, 768), (390, 844))
FIRST_HALF = 456
"""Days to 31 March 2020."""
AXE = "axe_playwright_python"
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def guests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    with (
        serving(tmp_path_factory.mktemp("browse"), SIZE) as address,
        browsing(1440, 900) as window,
    ):
        window.add_init_script(f"({WATCH_TEXT})()")
        tab = visit(window, address)
        tab.ready()
        tab.page.wait_for_selector("canvas[data-view=friends]")
        yield Guests(tab, without_token(address))


def looks(page: Page, folder: Path, name: str) -> None:
    """The page and each panel at three sizes: screenshots to look at, and nothing in them cut or overlapping."""
    found = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.mouse.move(1, 1)
        page.wait_for_timeout(400)
        found += [f"{width}x{height} {entry}" for entry in unreadable(page)]
        page.evaluate("document.querySelectorAll('.sh-panels, .sh-root').forEach((e) => e.scrollTo(0, 0))")
        page.screenshot(path=folder / f"{name}_{width}x{height}.png")
        for panel in page.locator(".sh-panel").all():
            panel.screenshot(path=folder / f"{name}_{panel.get_attribute('id')}_{width}x{height}.png")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert not found, "\n".join(found)


def one_click_of_the_story(guests: Guests) -> None:
    page = guests.tab.page
    page.click("[data-step=first_half]")
    guests.tab.day(FIRST_HALF)
    assert page.inner_text("#sh-date") == "2020-03-31"
    assert page.inner_text("#sh-story-text") == page_words()["en"]["told_first_half"]
    assert page.locator(".sh-look").count() == 2
    page.click("[data-step=balance]")
    page.wait_for_function("document.querySelector('#sh-said').textContent")
    assert "This step of the story leads to 2025-01-01" in page.inner_text("#sh-said")
    assert page.get_attribute(".sh-root", "data-day") == str(FIRST_HALF)


def a_link_opens_the_same_market(guests: Guests) -> None:
    page = guests.tab.page
    page.click("#sh-open")
    page.wait_for_selector(".sh-done li")
    page.click("#sh-quarter")
    guests.tab.day(FIRST_HALF + 91)
    page.click("#sh-link")
    page.wait_for_function("document.querySelector('#sh-line').value.includes('#')")
    link = page.input_value("#sh-line")
    assert link.startswith(f"{guests.address}/#users=200&seed=0&scenario=baseline")
    other = visit(page.context, link)
    other.day(FIRST_HALF + 91)
    other.page.wait_for_selector(".sh-done li")
    for view in ("attention", "people", "reservoirs"):
        pd.testing.assert_frame_equal(Guests(other, guests.address).csv(view), guests.csv(view))
    assert other.page.is_hidden("#sh-said")
    assert other.errors == []
    other.page.close()


def a_link_that_says_something_else_is_refused(guests: Guests) -> None:
    for tail, said in (
        ("users=200&scenario=${oc.env:HOME}&day=3&of=0", "unknown choice; allowed are"),
        ("users=200&day=1e9&of=0", "the run has 660 days"),
        ("users=200&day=3&move=2:nobody:open:mall&of=0", "nobody does not compete here"),
        ("users=x&day=3&of=0", "value that it does not offer: open.settings.users"),
        ("users=200&day=0&of=0", "made of a market with other settings"),
        ("token=1", "The address holds no link of this page"),
    ):
        other = visit(guests.tab.page.context, f"{guests.address}/#{tail}")
        other.page.wait_for_function("said => document.querySelector('#sh-said')?.textContent.includes(said)", arg=said)
        other.ready()
        other.page.close()


def reported_figures_can_be_left_out(guests: Guests) -> None:
    page = guests.tab.page
    canvas = page.locator("canvas[data-view=people]")
    canvas.scroll_into_view_if_needed()
    pictures = []
    for wanted in (True, False, True):
        page.set_checked("#sh-reported", wanted)
        page.wait_for_timeout(500)
        pictures.append(canvas.evaluate("c => c.toDataURL()"))
        assert ("Reported: ● company" in page.inner_text("#sh-people .sh-about")) == wanted
    assert pictures[0] != pictures[1]
    assert pictures[0] == pictures[2]


def every_panel_says_what_one_sees(guests: Guests) -> None:
    page = guests.tab.page
    words = page_words()["en"]
    for button in page.locator("[data-what]").all():
        view = button.get_attribute("data-what")
        button.click()
        assert page.inner_text(f"#sh-help-{view}").startswith(words[f"help_{view}"])
        button.click()
        assert page.is_hidden(f"#sh-help-{view}")


def a_phone_is_led_through_the_story_too(guests: Guests, folder: Path) -> None:
    page = guests.tab.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.tap("[data-step=first_half]") if page.evaluate("'ontouchstart' in window") else page.click(
        "[data-step=first_half]"
    )
    page.click("#sh-ask-yes")
    page.wait_for_selector(".sh-root[data-busy=true]")
    guests.tab.day(FIRST_HALF)
    page.wait_for_selector(".sh-root[data-busy=false]")
    assert page.inner_text("#sh-date") == "2020-03-31"
    assert page.evaluate("document.querySelector('.sh-root').scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_visit(guests: Guests, tmp_path: Path) -> None:
    page = guests.tab.page
    looks(page, tmp_path, "start")
    one_click_of_the_story(guests)
    a_link_opens_the_same_market(guests)
    page.click("#sh-quarter")
    guests.tab.day(FIRST_HALF + 91 + 92)
    looks(page, tmp_path, "with_a_twin")
    reported_figures_can_be_left_out(guests)
    every_panel_says_what_one_sees(guests)
    a_link_that_says_something_else_is_refused(guests)
    a_phone_is_led_through_the_story_too(guests, tmp_path)
    assert guests.tab.errors == []


def serious_findings(page: Page) -> list[tuple[str, list[str]]]:
    """What axe, which must be installed, finds serious on the page: rules, and the elements that break them."""
    page.evaluate((files(AXE) / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run('.sh-root')).violations")
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]


def test_no_serious_finding_of_axe(guests: Guests) -> None:
    """In both themes, on a desk and on a phone; after the visit, where that was made."""
    pytest.importorskip(AXE, reason=f"{AXE} is not installed: the page's accessibility is not tested")
    page = guests.tab.page
    for theme in ("light", "dark"):
        if page.get_attribute(".sh-root", "data-theme") != theme:
            page.click("#sh-theme")
        for width, height in (SIZES[0], SIZES[-1]):
            page.set_viewport_size({"width": width, "height": height})
            assert serious_findings(page) == [], (theme, width)
    page.set_viewport_size({"width": 1440, "height": 900})
