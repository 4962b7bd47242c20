"""Links and the story without a browser, and what a run is held against on the page."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
import pytest

from secondhalf.experiments.browser.market.exports import csv_of, page_link
from secondhalf.experiments.browser.market.interventions import RefusedError
from secondhalf.experiments.browser.reported import forecast_bands, reported
from secondhalf.experiments.browser.story import STORY, story_plan, story_setup
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.data_files import data_file
from tests.browser.reader import Reader, setup_of

SMALL = ["experiment=ci", "limits.users=200", "limits.merchants=20", "limits.days=60"]
PLATFORMS = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"]
OPENED = {"platform": "kuaishou", "change": "open", "capability": "mall"}


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader(setup_of(*SMALL))
    made.until("graph")
    yield made
    made.close()


def attention(reader: Reader) -> pd.DataFrame:
    assert reader.session.world is not None
    return pd.read_csv(io.StringIO(csv_of(reader.session.world, "attention", None)))


def test_a_link_is_the_same_market_with_the_same_interventions(reader: Reader) -> None:
    wishes: list[dict[str, Any]] = [{**OPENED, "share": 0.5}, {**OPENED, "platform": "douyin"}]
    reader.session.tell({"do": "reset", "settings": {"seed": 5, "strategies": {"jd": "hold"}}})
    reader.until("frame", state="paused", day=0)
    for day, wish in ((3, wishes[0]), (7, wishes[1]), (20, None)):
        world = reader.session.world
        assert world is not None
        for _ in range(day - world.market.day):
            reader.session.tell({"do": "step"})
        reader.until("frame", day=day)
        if wish is not None:
            reader.session.tell({"do": "intervene", "wish": wish})
            reader.until("intervened")
    wanted = attention(reader)
    reader.session.tell({"do": "link"})
    text = reader.until("link")[0]["text"]
    said = parse_qsl(text.removeprefix("#"))
    assert text == page_link(reader.session.setup, reader.session.world)
    assert ("strategies.jd", "hold") in said
    assert [value for name, value in said if name == "move"] == ["3:kuaishou:open:mall:0.5", "7:douyin:open:mall"]
    settings = {"users": 200, "seed": 5, "strategies": {"jd": "hold"}}
    coming = [{**wish, "day": day} for day, wish in zip((3, 7), wishes, strict=True)]
    message = {"do": "open", "settings": settings, "interventions": coming, "day": 20, "of": dict(said)["of"]}
    reader.session.tell({"do": "reset", "settings": {"seed": 0, "strategies": {"jd": ""}}})
    reader.until("frame", state="paused", day=0)
    reader.kept.clear()
    reader.session.tell(message)
    reader.until("frame", day=20)
    pd.testing.assert_frame_equal(attention(reader), wanted)
    assert not [message for message, _ in reader.kept if message["kind"] == "said"]


def test_another_command_line_is_told_of(reader: Reader) -> None:
    reader.session.tell({"do": "open", "settings": {"seed": 1}, "interventions": [], "day": 0, "of": "other"})
    assert "made of a market with other settings" in reader.until("said")[0]["said"]["en"]


def test_what_cannot_be_on_its_day_ends_the_plan(reader: Reader) -> None:
    coming = [{**OPENED, "day": 2, "change": "close"}]
    reader.session.tell({"do": "open", "settings": {}, "interventions": coming, "day": 9})
    assert "does not have mall open" in reader.until("said")[0]["said"]["en"]
    assert reader.session.world is not None
    assert reader.session.world.market.day == 2
    assert reader.session.plan is None


def test_steps_of_the_story_are_days_of_the_market() -> None:
    settings = load_settings([])
    for step, preset in STORY.items():
        planned, until = story_plan(step, settings)
        assert settings.calendar.start + dt.timedelta(days=until) == preset.until
        assert all(0 <= one.day < until for one in planned)
    # What-ifs are on other days than the launches of the history.
    launches = pd.read_csv(data_file("launches.csv"))
    for date, platform, change, capability in STORY["malls"].interventions:
        own = launches[(launches["platform"] == platform) & (launches["capability"] == capability)]
        opened = own.loc[own["change"] == change, "date"].min()
        assert dt.date.fromisoformat(opened).replace(year=date.year) == date
        assert int(opened[:4]) == date.year + 1
    cut = launches[(launches["platform"] == "douyin") & (launches["capability"] == "external_links")]
    assert cut["date"].tolist() == [str(STORY["links"].interventions[0][0])]


def test_the_story_is_told_of_the_fitted_market() -> None:
    setup = setup_of(*SMALL, "scenario=mall_ban", "strategies.jd=hold", "seed=4")
    told = story_setup(setup).shown()
    assert told == {**setup_of(*SMALL, "seed=4").shown(), "strategies": {}}
    with pytest.raises(RefusedError, match="This step of the story leads to 2025-01-01; the days of this run are"):
        story_plan("balance", setup.settings)


def test_reported_figures_are_the_facts_a_day() -> None:
    """Kuaishou's GMV of the last quarter of 2024, and the users of the same: as in market_facts.csv."""
    facts = pd.read_csv(data_file("market_facts.csv"), dtype=str)
    shown = {tuple(one[:4]): one[4:] for one in reported(PLATFORMS)}
    for metric, scale in (("gmv", 1e9 / 92), ("dau", 1e6)):
        key = (metric, "kuaishou", "2024-10-01", "2024-12-31")
        rows = facts[
            (facts["metric"] == metric) & (facts["platform"] == "Kuaishou") & (facts["period_start"] == key[2])
        ]
        value, grade = shown[key]
        assert value == pytest.approx(float(rows[rows["grade"] == grade]["value"].iloc[0]) * scale)
    assert {one[5] for one in reported(PLATFORMS)} == {"A", "B", "D"}
    assert reported(["nobody"]) == []


def test_the_band_is_the_committed_forecast() -> None:
    table = pd.read_csv(data_file("forecast_2025_2027.csv"))
    shown = {tuple(one[:4]): one[4:] for one in forecast_bands(PLATFORMS)}
    quarter = table[
        (table["metric"] == "gmv") & (table["platform"] == "Taobao+Tmall") & (table["period_end"] == "2025-03-31")
    ]
    row = quarter[quarter["period_start"] == "2025-01-01"].iloc[0]
    low, high = shown["gmv", "taobao", "2025-01-01", "2025-03-31"]
    assert low == pytest.approx(row["p05"] * 1e9 / 90)
    assert high == pytest.approx(row["p95"] * 1e9 / 90)
