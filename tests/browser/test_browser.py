"""The page in a real browser, from opening it to closing it, against the numbers of the command line.

One test, since its steps share a tab and follow each other, as a visit does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pandas as pd
import pytest
from rich.console import Console

from secondhalf.experiments.browser.server.guard import OWN_PAGE
from secondhalf.experiments.browser.server.widget import page_words
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.run.study import run
from tests.browser.served import CHROMIUM, Guests, browsing, check_addresses, serving, visit, without_token

pytest.importorskip("playwright", reason="playwright is not installed: the page is not tried in a browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: the page is not tried in a browser"
)

LAST_FACT = "2019-03-01"
SIZE = [
    "experiment=ci",
    "limits.users=200",
    "limits.merchants=30",
    "limits.days=100",
    f"calendar.last_fact={LAST_FACT}",
]
DAYS = 100
VIEWS = (
    *("attention", "gmv", "people", "reservoirs", "balance"),
    *("capabilities", "channels", "friends", "effort", "books"),
)
FAILING = """
from secondhalf.agents.strategies import Strategy

class Failing(Strategy):
    daily = True

    def moves(self, view):
        return [1 / 0]
"""
RECORD_TEXT = """() => {
    const plain = CanvasRenderingContext2D.prototype.fillText;
    window.written = [];
    CanvasRenderingContext2D.prototype.fillText = function (words, ...rest) {
        window.written.push(words);
        return plain.call(this, words, ...rest);
    };
}"""
QUIET = Output(progress="never", pictures="never")


@pytest.fixture(scope="module")
def guests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guests]:
    folder = tmp_path_factory.mktemp("browse")
    (folder / "failing.py").write_text(FAILING)
    own = folder / "mine" / "strategy" / "failing.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("name: failing:Failing\n")
    with (
        serving(folder, [*SIZE, "--config-dir", str(folder / "mine")], path=folder) as address,
        browsing(1440, 900) as window,
    ):
        tab = visit(window, address)
        tab.ready()
        yield Guests(tab, without_token(address))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same market by the command line."""
    return finished(tmp_path_factory.mktemp("plain"), SIZE)


def finished(folder: Path, overrides: list[str]) -> Path:
    run(load_settings(overrides), folder, QUIET, console=Console(quiet=True))
    return folder


def table(folder: Path, name: str = "daily") -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv", keep_default_na=False)


def steps_by_button_and_key(guests: Guests) -> None:
    page = guests.tab.page
    assert page.inner_text("#sh-date") == "2018-12-31"
    page.click("#sh-day")
    guests.tab.day(1)
    assert page.inner_text("#sh-date") == "2019-01-01"
    page.locator("body").press("ArrowRight")
    guests.tab.day(2)
    page.click("#sh-quarter")
    guests.tab.day(90)
    assert page.inner_text("#sh-date") == "2019-03-31"


def plays_to_the_end_with_the_numbers_of_the_command_line(guests: Guests, plain: Path) -> None:
    page = guests.tab.page
    page.locator("body").press("Space")
    guests.tab.ready("over")
    guests.tab.day(DAYS)
    pd.testing.assert_frame_equal(guests.csv("attention"), table(plain))
    pd.testing.assert_frame_equal(guests.csv("reservoirs"), table(plain, "flows"))
    told = page.get_attribute("canvas[data-view=attention]", "aria-label") or ""
    last = table(plain).groupby("platform").last()
    for name, label in (("kuaishou", "Kuaishou"), ("douyin", "Douyin"), ("jd", "JD")):
        assert f"{label} {100 * last.loc[name, 'attention_share']:.3f}%" in told
    assert guests.command()[: len(SIZE)] == SIZE


def it_says_where_facts_end(guests: Guests) -> None:
    """Above the page, to those who cannot see the charts, and on the charts over time."""
    page = guests.tab.page
    said = f"facts end on {LAST_FACT}; what follows is a forecast by one run"
    assert page.inner_text("#sh-facts") == said
    assert said in (page.get_attribute("canvas[data-view=attention]", "aria-label") or "")
    page.evaluate(RECORD_TEXT)
    for view in VIEWS:
        assert page.inner_text(f"#sh-{view} .sh-badge") == "forecast: one run"
    for view in ("attention", "gmv", "people", "balance"):
        page.evaluate("window.written = []")
        page.locator(f"canvas[data-view={view}]").hover()
        page.wait_for_function(
            "words => words.every((one) => window.written.includes(one))",
            arg=[
                f"fitted to {LAST_FACT}",
                "|",
                "forecast, one run",
            ],
        )


def every_view_is_drawn(guests: Guests) -> None:
    """A picture of one colour holds nothing; an empty alternative text tells nothing."""
    for view in VIEWS:
        canvas = guests.tab.page.locator(f"canvas[data-view={view}]")
        canvas.scroll_into_view_if_needed()
        guests.tab.page.wait_for_timeout(300)
        colors = canvas.evaluate(
            "c => new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size"
        )
        assert colors > 20
        assert len(canvas.get_attribute("aria-label") or "") > 60


def an_intervention_has_a_twin_without_it(guests: Guests, plain: Path, tmp_path: Path) -> None:
    page = guests.tab.page
    page.click("#sh-reset")
    assert page.inner_text("#sh-ask-text") == "The run up to 2019-04-10 will be thrown away."
    page.click("#sh-ask-no")
    assert page.get_attribute(".sh-root", "data-day") == str(DAYS)
    page.click("#sh-reset")
    page.click("#sh-ask-yes")
    guests.tab.ready()
    page.click("#sh-day")
    guests.tab.day(1)
    page.click("#sh-close")
    page.wait_for_function("document.querySelector('#sh-wrong').textContent")
    assert page.inner_text("#sh-wrong") == "Kuaishou does not have mall open, so there is nothing to close."
    page.click("#sh-open")
    page.wait_for_selector(".sh-done li")
    assert page.inner_text(".sh-done") == "2019-01-02: Kuaishou opens mall."
    page.click("#sh-play")
    guests.tab.ready("over")
    guests.tab.day(DAYS)
    both = guests.csv("attention")
    worlds = {name: rows.drop(columns="world").reset_index(drop=True) for name, rows in both.groupby("world")}
    pd.testing.assert_frame_equal(worlds["twin"], table(plain))
    again = finished(tmp_path, guests.command())
    pd.testing.assert_frame_equal(worlds["run"], table(again))
    assert (worlds["run"]["attention_share"] != worlds["twin"]["attention_share"]).any()
    assert page.is_visible(".sh-effect")


def pictures_are_saved(guests: Guests) -> None:
    for button, name in (("[data-png=attention]", "attention.png"), ("#sh-picture", "secondhalf.png")):
        with guests.tab.page.expect_download() as waiting:
            guests.tab.page.click(button)
        assert waiting.value.suggested_filename == name
        assert Path(waiting.value.path()).read_bytes()[:4] == b"\x89PNG"


def numbers_out_of_range_are_refused_in_place(guests: Guests) -> None:
    page = guests.tab.page
    page.fill("#sh-users", "7")
    assert re.match("Users: 7 is out of range; allowed are whole numbers from 100 to", page.inner_text("#sh-problem"))
    assert page.is_disabled("#sh-start")
    page.fill("#sh-users", "999999999999")
    assert "do not fit into the free memory" in page.inner_text("#sh-problem")
    page.fill("#sh-users", "200")
    page.fill("#sh-seed", "-1")
    assert "Seed: -1 is out of range; allowed are whole numbers from 0" in page.inner_text("#sh-problem")
    page.fill("#sh-seed", "0")
    assert page.inner_text("#sh-problem") == ""
    page.fill("#sh-subsidy", "150")
    page.click("#sh-set-subsidy")
    assert "150 is out of range; allowed are whole numbers from 0 to 100" in page.inner_text("#sh-wrong")


def a_strategy_that_fails_and_the_reset_after_it(guests: Guests) -> None:
    page = guests.tab.page
    page.click(".sh-own summary")
    page.select_option("#sh-strategy-douyin", "failing")
    page.click("#sh-start")
    assert page.inner_text("#sh-ask-text") == "The run up to 2019-04-10 and its twin will be thrown away."
    page.click("#sh-ask-yes")
    guests.tab.ready()
    assert "strategies.douyin=failing" in guests.command()
    page.click("#sh-day")
    guests.tab.ready("failed")
    said = page.inner_text("#sh-said")
    for part in ("stage platforms, 2019-01-01", "douyin", "ZeroDivisionError", "Start anew"):
        assert part in said
    page.select_option("#sh-strategy-douyin", "hold")
    page.click("#sh-reset")
    guests.tab.ready()
    assert page.is_hidden("#sh-said")
    page.click("#sh-day")
    guests.tab.day(1)


def language_colours_and_enlarging_by_key(guests: Guests) -> None:
    page = guests.tab.page
    body = page.locator("body")
    page.evaluate("document.activeElement.blur()")
    body.press("l")
    assert page.inner_text("#sh-attention h2") == page_words()["zh"]["view_attention"]
    assert page.inner_text("#sh-platform option >> nth=0", timeout=5000) == "快手"
    body.press("l")
    before = page.get_attribute(".sh-root", "data-theme")
    body.press("t")
    assert page.get_attribute(".sh-root", "data-theme") != before
    body.press("t")
    body.press("6")
    assert page.locator(".sh-panel:visible").count() == 1
    assert page.is_visible("#sh-capabilities")
    body.press("Escape")
    assert page.locator(".sh-panel:visible").count() == len(VIEWS)


def a_phone_sees_everything_without_moving_sideways(guests: Guests) -> None:
    page = guests.tab.page
    page.set_viewport_size({"width": 390, "height": 844})
    sizes = page.evaluate(
        "[document.querySelector('.sh-root').scrollWidth, document.querySelector('.sh-bar').scrollWidth]"
    )
    assert max(sizes) <= 390
    for view in VIEWS:
        box = page.locator(f"#sh-{view}").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    page.set_viewport_size({"width": 1440, "height": 900})


def the_page_of_mesa_steps_and_resets(guests: Guests) -> None:
    tab = visit(guests.tab.page.context, f"{guests.address}/mesa")
    page = tab.page
    page.wait_for_selector("button:has-text('Step')")
    page.click("button:has-text('Step')")
    page.wait_for_selector("text=Step: 1")
    page.wait_for_function("document.querySelectorAll('img').length === 3")
    for picture in page.locator("img").all():
        box = picture.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900
    assert not page.get_by_text("Page 0").count()
    assert page.title() == "Second Half: Mesa"
    page.click("button:has-text('Reset')")
    page.wait_for_selector("text=Step: 0")
    assert not tab.errors
    check_addresses(tab, guests.address)
    page.close()


def nothing_went_wrong_and_nothing_was_asked_of_others(guests: Guests) -> None:
    """The last of the visit."""
    assert guests.tab.errors == []
    assert len(guests.tab.addresses) > 5
    check_addresses(guests.tab, guests.address)


def test_a_browser_that_is_slow_to_go_on_asks_for_no_icon() -> None:
    """The page that exchanges the token stands for a moment; a browser would ask for /favicon.ico, a 404."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(OWN_PAGE.replace(b'content="0;', b'content="600;'))

        def log_message(self, *_: object) -> None:
            """Nothing: the test's output stays quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server, browsing(400, 300) as window:
        Thread(target=server.serve_forever, daemon=True).start()
        page = window.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_timeout(2000)
        server.shutdown()
    assert asked == ["/"]


def test_a_visit(guests: Guests, plain: Path, tmp_path: Path) -> None:
    steps_by_button_and_key(guests)
    plays_to_the_end_with_the_numbers_of_the_command_line(guests, plain)
    it_says_where_facts_end(guests)
    every_view_is_drawn(guests)
    an_intervention_has_a_twin_without_it(guests, plain, tmp_path)
    pictures_are_saved(guests)
    numbers_out_of_range_are_refused_in_place(guests)
    a_strategy_that_fails_and_the_reset_after_it(guests)
    language_colours_and_enlarging_by_key(guests)
    a_phone_sees_everything_without_moving_sideways(guests)
    the_page_of_mesa_steps_and_resets(guests)
    nothing_went_wrong_and_nothing_was_asked_of_others(guests)
