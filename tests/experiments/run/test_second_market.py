"""Another market by settings alone: it runs, says that it is illustrative, and nothing of China's stands beside it."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from matplotlib.text import Text
from rich.console import Console

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command import main
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.pictures import PICTURES, by_path, draw_pictures, facts, style
from secondhalf.experiments.results.last_fact import last_fact_of, note_of, plain
from secondhalf.experiments.results.run_results import Results, read_results
from secondhalf.experiments.run.study import run
from tests.browser.reader import Reader, setup_of
from tests.experiments.conftest import SILENT, TINY, refused

ROOT = Path(__file__).parents[3]
OVERSEAS = ("market=overseas", *TINY)
DATES = ("calendar.start=2021-09-10", "calendar.end=2021-12-31", "calendar.last_fact=2021-10-15")
"""A whole quarter with a launch; the last fact lies within them, so that a forecast would be marked after it."""
LABEL = "TikTok Shop, Amazon, Temu and Shopee in one region"
NOTE = f"illustrative values, fitted to no facts: {LABEL}"
CHINESE = ("kuaishou", "douyin", "taobao", "tmall", "jd", "pinduoduo", "xiaohongshu")
OF_FACTS = re.compile(r"fitted to \d|\bforecast\b|\breported\b|\bband\b", re.IGNORECASE)


class Made:
    """A run of the second market: what it printed, its summary and results."""

    def __init__(self, folder: Path) -> None:
        self.folder, said = folder, io.StringIO()
        console = Console(file=said, width=200)
        self.summary: dict[str, Any] = run(load_settings([*OVERSEAS, *DATES]), folder, SILENT, console=console)
        self.said = said.getvalue()
        self.results: Results = read_results(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("overseas"))


def test_it_runs_with_its_own_platforms_and_launches(made: Made) -> None:
    assert list(made.summary["platforms"]) == ["tiktok_shop", "amazon", "temu", "shopee"]
    daily, moves = made.results.tables["daily"], made.results.tables["moves"]
    for name in made.summary["platforms"]:
        own = daily[daily["platform"] == name]
        assert own["minutes"].sum() > 0, name
        assert own["gmv"].sum() > 0, name
    opened = moves[(moves["platform"] == "tiktok_shop") & (moves["capability"] == "storefront")]
    assert "2021-10-01" in set(opened["date"])


def test_its_table_and_summary_say_illustrative_and_show_no_facts(made: Made) -> None:
    assert NOTE in made.said
    assert "(illustrative values)" in made.said
    assert not OF_FACTS.search(made.said.replace("fitted to no facts", ""))
    assert made.summary["comparison"] == {"facts_end": None, "forecast": None, "no_band": NOTE, "rows": []}
    assert json.loads((made.folder / "summary.json").read_text())["settings"]["market"]["facts"] is None


def test_every_picture_says_illustrative_and_marks_no_forecast(made: Made, tmp_path: Path) -> None:
    said: list[str] = []
    written = draw_pictures(made.results, tmp_path, ("svg",), None, said.append)
    assert {path.stem for path in written} >= {*PICTURES} - {"flows"}, said
    for path in written:
        words = re.findall(r"<!-- (.*?) -->", path.read_text(encoding="utf-8"), re.DOTALL)
        assert NOTE in words, path.stem
        assert not [one for one in words if one != NOTE and OF_FACTS.search(one)], path.stem


def test_the_words_stand_below_a_picture_and_move_nothing(tmp_path: Path) -> None:
    """A strip is added below; the panels keep their places."""
    heights, places = [], []
    for note in ("", NOTE):
        drawn = style.figure(2.0)
        axes = drawn.subplots()
        style.put_note(drawn, note)
        style.save(drawn, tmp_path / "x.svg")
        found = re.search(r'height="([\d.]+)pt"', (tmp_path / "x.svg").read_text())
        assert found
        heights.append(float(found[1]) / 72)
        places.append(axes.get_position().bounds)
        texts = drawn.findobj(lambda one: isinstance(one, Text) and one.get_text() == NOTE)
        assert len(texts) == bool(note)
    assert heights[1] - heights[0] == pytest.approx(style.STRIP, abs=0.01)
    assert places[0] == places[1]


def test_facts_are_drawn_only_beside_the_market_that_they_are_of(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when a platform of another market has the name of one that facts know."""
    asked: list[str] = []
    monkeypatch.setattr(facts, "reported", lambda metric, platform, first, last: asked.append(platform) or [])
    facts.draw(made.results)
    assert asked == []
    fitted = Results(made.results.tables, json.loads(json.dumps(made.summary)), made.results.friends)
    fitted.summary["settings"]["market"]["facts"] = "market_facts.csv"
    facts.draw(fitted)
    assert set(asked) == {"tiktok_shop", "amazon", "temu", "shopee"}
    assert fitted.note == ""


def test_its_report_says_illustrative(made: Made, tmp_path: Path) -> None:
    draw_pictures(made.results, made.folder, ("svg",), None, lambda words: None, by_path({}))
    main.main(["report", str(made.folder)])
    page = (made.folder / "report.html").read_text(encoding="utf-8")
    assert f"{NOTE[0].upper()}{NOTE[1:]}." in page
    assert "What was reported, and the forecast" not in page


def test_its_page_says_illustrative() -> None:
    for words, last_fact, label in ((OVERSEAS, None, LABEL), (TINY, "2024-12-31", "")):
        reader = Reader(setup_of(*words))
        header, _ = reader.until("state")
        reader.close()
        assert (header["last_fact"], header["illustrative"]) == (last_fact, label)


@pytest.mark.parametrize("study", ["calibrate", "validate", "launches", "sensitivity"])
def test_studies_of_facts_refuse_it(capsys: pytest.CaptureFixture[str], study: str) -> None:
    said = refused(capsys, study, "market=overseas")
    assert said == (
        f"market=overseas: `secondhalf {study}` compares a market with reported facts, and "
        "market.facts=null; allowed is market=china"
    )


@pytest.mark.parametrize("study", ["validate", "launches", "sensitivity"])
def test_facts_of_ones_own_are_not_taken_for_those_that_ship(capsys: pytest.CaptureFixture[str], study: str) -> None:
    assert "market.facts=own.csv; allowed is market=china" in refused(capsys, study, "market.facts=own.csv")


def test_a_fit_reads_the_market_s_own_facts(capsys: pytest.CaptureFixture[str]) -> None:
    assert "own.csv" in refused(capsys, "calibrate", "market.facts=own.csv")


SCENARIOS = sorted(path.stem for path in (ROOT / "conf" / "scenario").glob("*.yaml"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenarios_that_name_no_chinese_platform_are_of_any_market(scenario: str) -> None:
    text = (ROOT / "conf" / "scenario" / f"{scenario}.yaml").read_text(encoding="utf-8")
    values = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    words = ["market=overseas", f"scenario={scenario}"]
    if any(f"platform: {name}," in values for name in CHINESE if name != "xiaohongshu") or "exclusivity:" in values:
        with pytest.raises(SettingsError, match=r"^scenario\.\w+"):
            load_settings(words)
    else:
        assert load_settings(words).scenario.name == scenario


def test_every_strategy_goes_with_it_and_history_has_its_launches() -> None:
    for path in (ROOT / "conf" / "strategy").glob("*.yaml"):
        load_settings(["market=overseas", f"strategy={path.stem}"])
    single = load_settings(["market=overseas", "strategy=hold", "strategies.temu=history"])
    assert single.strategy_of("temu").parameters["launches"] == "launches_overseas.csv"
    assert load_settings(["strategy=hold", "strategies.jd=history"]).strategy_of("jd").parameters["launches"] == (
        "launches.csv"
    )


def test_nothing_of_china_is_left_in_its_settings() -> None:
    values = load_settings(["market=overseas"]).model_dump_json()
    for name in (*CHINESE, "QuestMobile", "double_eleven"):
        assert not re.search(rf"\b{name}\b", values), name


@pytest.mark.parametrize("folder", ["agents", "model", "conf/schema"])
def test_no_platform_is_named_in_the_model(folder: str) -> None:
    """Examples in docstrings may; strings and names of code may not."""
    for path in (ROOT / folder).rglob("*.py"):
        found = re.findall(rf"[\"']({'|'.join(CHINESE)})[\"']", path.read_text(encoding="utf-8"))
        assert not found, path


def test_settings_without_a_market_are_the_default_one_s() -> None:
    """Summaries and checkpoints of older versions name none."""
    raw = load_settings().model_dump(mode="json")
    del raw["market"]
    settings = MarketSettings.from_dict(raw)
    assert settings == load_settings()
    assert last_fact_of(raw) == last_fact_of(plain(settings)) == "2024-12-31"
    assert note_of(raw) == note_of(plain(settings)) == ""
