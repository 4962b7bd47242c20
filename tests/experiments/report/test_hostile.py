"""Pages about folders that somebody else made: nothing in them can run, leave the folder or fill the memory."""

from __future__ import annotations

import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command.compose import compose_config, market_settings, options
from secondhalf.experiments.command.request import Request
from secondhalf.experiments.execution.settings import Output
from secondhalf.experiments.report import run_page
from secondhalf.experiments.report.settings import Report
from secondhalf.experiments.report.study import start
from tests.browser.served import CHROMIUM, browsing, visit
from tests.experiments.conftest import refused
from tests.experiments.sweeps import make_sweep

EVIL = "<img src=x onerror=alert(1)>"
PLANTED = '<script>document.title = "planted"</script>'
ALIASES = "\n".join(["a0: &a0 [lol]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))])
NESTED = f"{ALIASES}\nhydra: {{overrides: {{task: *a11}}}}\n"
MERGED = "- &a {a: 1}\n- " + "&b {<<: [" + ", ".join(["*a"] * 9) + "]}\n"


class Tags(HTMLParser):
    """Elements and attributes of a page as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.attributes += [(key, value or "") for key, value in attrs]


def nothing_runs(page: str) -> None:
    tags = Tags(page)
    assert tags.found.count("script") == 1
    assert not {"img", "iframe", "object", "embed", "base", "foreignobject", "animate", "set"} & set(tags.found)
    for key, value in tags.attributes:
        assert not key.startswith("on"), (key, value)
        if key in ("href", "xlink:href", "src", "action", "formaction"):
            assert value.startswith(("#", "data:image/png;")), (key, value)
    assert "'unsafe-inline'" not in page.partition("script-src")[2].partition('"')[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sweep(tmp_path_factory.mktemp("hostile") / "sweep")


@pytest.fixture
def sweep(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "sweep"))


@pytest.fixture
def run(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run_page, "PICTURES", ())  # drawing is tested elsewhere
    return Path(shutil.copytree(made / "runs" / "history", tmp_path / EVIL))


def page_about(folder: Path) -> str:
    config = compose_config([])
    start(Request(market_settings(config), Report(of=str(folder)), options(Output, config), folder, config))
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "inside",
    [
        PLANTED,
        '<g onload="alert(1)"/>',
        '<image href="x" onerror="alert(1)"/>',
        "<foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml' src='http://localhost/'/></foreignObject>",
        '<a href="javascript:alert(1)"><path d="M 0 0"/></a>',
        '<use href="http://localhost/x.svg#x"/>',
        '<path style="fill: url(http://localhost/x)" d="M 0 0"/>',
    ],
)
def test_a_picture_that_holds_more_is_not_taken(run: Path, inside: str) -> None:
    (run / "flows.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>')
    page = page_about(run)
    nothing_runs(page)
    assert "<svg" not in page
    assert not any("localhost" in value for _, value in Tags(page).attributes)
    assert "flows.svg: picture flows: " in page
    assert "the one shown is drawn again from the tables" in page


def test_a_picture_that_is_not_taken_is_drawn_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_page, "PICTURES", ("shares",))
    (run / "shares.svg").write_text(f"<svg>{PLANTED}</svg>")
    page = page_about(run)
    nothing_runs(page)
    assert page.count("<svg") == 1


def test_text_of_every_file_is_escaped(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_page, "PICTURES", ("shares", "moves"))
    for path in (*run.glob("*.csv"), run / "summary.json"):
        path.write_text(path.read_text(encoding="utf-8").replace("douyin", EVIL), encoding="utf-8")
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    summary["settings"]["strategy"] |= {"name": EVIL, EVIL: EVIL}
    summary["settings"]["scenario"]["name"] = EVIL
    summary["versions"] |= {EVIL: EVIL}
    (run / ".hydra").mkdir()
    for key in ("first_day", "seed"):  # no text can stand there at all
        (run / "summary.json").write_text(json.dumps(summary | {key: EVIL}), encoding="utf-8")
        with pytest.raises(SettingsError, match=f"summary.json: {key}: "):
            page_about(run)
    summary |= {"commit": EVIL}
    (run / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    (run / ".hydra" / "overrides.yaml").write_text(json.dumps([EVIL, "</code></pre><script>alert(1)</script>"]))
    page = page_about(run)
    nothing_runs(page)
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") > 12


def test_text_of_a_sweep_is_escaped(sweep: Path) -> None:
    for name in ("runs.csv", "results.csv"):
        path = sweep / name
        path.write_text(path.read_text(encoding="utf-8").replace("=hold", f"={EVIL}").replace("here", EVIL))
    page = page_about(sweep)
    nothing_runs(page)
    assert "&lt;img" in page


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_a_browser_runs_the_script_of_the_page_and_no_other(run: Path) -> None:
    page = page_about(run)
    path = run.parent / "planted.html"
    planted = (
        f'{PLANTED}<img src="data:," onerror="document.title = &quot;planted&quot;"><style>h1 {{ color: #f00 }}</style>'
    )
    path.write_text(page.replace("<header>", f"<header>{planted}"), encoding="utf-8")
    with browsing(800, 600) as context:
        for shown in (run / "report.html", path):
            tab = visit(context, shown.as_uri())
            tab.page.wait_for_selector("th button")  # put there by the page's own script
            assert tab.page.title().startswith("A run of Second Half")
            assert tab.page.evaluate("getComputedStyle(document.querySelector('h1')).color") != "rgb(255, 0, 0)"
            assert tab.page.evaluate("getComputedStyle(document.body).margin") == "0px"
            refusals = [line for line in tab.errors if "Content Security Policy" in line]
            assert len(refusals) == (0 if shown != path else 3), tab.errors


@pytest.mark.parametrize("name", ["../../other", "/etc", "..", "", "a/b", "a\\b", "C:x"])
def test_a_run_outside_of_its_sweep_is_refused(
    sweep: Path, capsys: pytest.CaptureFixture[str], here: Path, name: str
) -> None:
    table = sweep / "runs.csv"
    table.write_text(table.read_text().replace("\nhold,", f"\n{name},"))
    said = refused(capsys, "report", str(sweep))
    assert said == f"report.of={sweep}: runs.csv names the run {name!r}; a run is a folder within runs/"


def test_a_table_of_runs_that_is_none_is_refused(sweep: Path, capsys: pytest.CaptureFixture[str], here: Path) -> None:
    table = sweep / "runs.csv"
    table.write_text(table.read_text().replace("200.0", "many"))
    assert refused(capsys, "report", str(sweep)).startswith(f"report.of={sweep}: runs.csv cannot be read (")


@pytest.mark.parametrize("study", ["report", "pictures"])
def test_a_friend_graph_that_declares_entities_is_refused(
    run: Path, capsys: pytest.CaptureFixture[str], here: Path, study: str
) -> None:
    graph = run / "friends.graphml"
    bomb = '<!DOCTYPE graphml [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>'
    graph.write_text(graph.read_text().replace("<graphml", f"{bomb}<graphml", 1))
    named = run.rename(run.with_name("run"))
    said = refused(capsys, study, str(named)) if study == "report" else refused(capsys, study, f"pictures.of={named}")
    assert said.endswith("friends.graphml: it has a document type, which no file of the program has")


@pytest.mark.parametrize(
    "text", [ALIASES, NESTED, MERGED, "[" * 5000, "- !!python/object/apply:os.getcwd []", "{", "3"]
)
def test_a_command_that_is_none_is_refused(
    run: Path, capsys: pytest.CaptureFixture[str], here: Path, text: str
) -> None:
    named = run.rename(run.with_name("run"))
    (named / ".hydra").mkdir()
    (named / ".hydra" / "overrides.yaml").write_text(text)
    assert refused(capsys, "report", str(named)).startswith(f"{named}/.hydra/overrides.yaml: ")


def test_a_command_of_a_sweep_that_is_none_is_refused(
    sweep: Path, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    (sweep / "multirun.yaml").write_text(NESTED)
    assert refused(capsys, "report", str(sweep)).startswith(f"{sweep}/multirun.yaml: a list of words is needed")


def test_a_summary_nested_without_end_is_refused(run: Path, capsys: pytest.CaptureFixture[str], here: Path) -> None:
    named = run.rename(run.with_name("run"))
    (named / "summary.json").write_text("[" * 200_000)
    assert f"report.of={named}: a finished run is needed; summary.json: " in refused(capsys, "report", str(named))
