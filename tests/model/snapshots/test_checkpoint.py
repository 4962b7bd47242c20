"""Markets on disk: what goes on from a file is what would have gone on without it, and a bad file is refused."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from secondhalf.agents.merchant import Merchant
from secondhalf.agents.platform import Platform
from secondhalf.agents.strategies import Hold
from secondhalf.agents.user import User
from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results.tables import tables
from secondhalf.model.market import Market, load_market
from secondhalf.model.snapshots import checkpoint
from secondhalf.model.snapshots.archive import VERSION, CheckpointError
from secondhalf.model.snapshots.serialise import Packer, SerialiseError, Unpacker
from secondhalf.model.state import TODAY, fields
from secondhalf.version import __version__
from tests.model import checkpoint_parts as parts

SMALL = ("population.users=150", "population.merchants=20", "calendar.warm_up=56", "calendar.end=2019-10-20")
AT = 185
"""Within a week, a month, a flow window and two quarters' reports; past an entrance and a festival's first day."""
CASES = {
    "history": ("scenario=entrant_xiaohongshu", "scenario.entrants=[{platform: xiaohongshu, date: 2019-05-10}]"),
    "ewa": ("strategy=ewa",),
    "best_response": ("strategy=best_response", "strategy.users=60", "strategy.quarters_ahead=1"),
}


def run_to(market: Market, day: int) -> None:
    while market.day < day:
        market.step()


@dataclass
class Case:
    """One market that ran to its end, and the file it left on the way."""

    path: Path
    market: Market
    tables: dict[str, pd.DataFrame]


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    name = str(request.param)
    market = Market(load_settings([*SMALL, *CASES[name]]))
    run_to(market, AT)
    path = market.save(tmp_path_factory.mktemp(name) / "half.market")
    run_to(market, market.calendar.days)
    yield Case(path, market, tables(market))
    market.close()


def test_going_on_equals_never_having_stopped(case: Case) -> None:
    market = load_market(case.path)
    assert market.day == market.steps == AT
    again = case.path.with_name("again.market")
    assert market.save(again).read_bytes() == case.path.read_bytes()
    run_to(market, market.calendar.days)
    for name, table in tables(market).items():
        assert table.to_csv() == case.tables[name].to_csv(), name
    assert market.record.festivals == case.market.record.festivals
    assert market.record.exposure_at_start == case.market.record.exposure_at_start
    assert all(
        np.array_equal(a, b) for a, b in zip(market.population.columns, case.market.population.columns, strict=True)
    )
    later = case.tables["moves"]["date"] > market.calendar.labels[AT]
    assert later.any()  # strategies had something to decide, or to know the date of
    market.close()


def test_what_learners_know_is_part_of_the_file(case: Case) -> None:
    """Without what strategies keep, the decisions after the file are others."""
    market = load_market(case.path)
    if market.settings.strategy.name != "ewa":
        market.close()
        return
    for platform in market.platforms:
        platform.strategy._learner.attraction[:] = 0.0  # type: ignore[attr-defined]
    run_to(market, market.calendar.days)
    assert not tables(market)["moves"].equals(case.tables["moves"])
    market.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    market = Market(load_settings([*SMALL, "strategy=hold"]))
    run_to(market, 3)
    path = market.save(tmp_path_factory.mktemp("small") / "small.market")
    market.close()
    return path


def test_nothing_of_a_market_is_forgotten(small: Path) -> None:
    """A loaded market has every declared field, but what the next day sets; `tests/model/test_state.py` counts them."""
    market = load_market(small)
    assert set(vars(market)) >= set(fields()) - set(fields(TODAY))
    assert not set(vars(market)) & set(fields(TODAY))
    market.step()
    assert set(vars(market)) >= set(fields())
    market.close()


def test_agents_are_there_again(small: Path) -> None:
    market = load_market(small)
    counts = {kind: len(agents) for kind, agents in market.agents_by_type.items()}
    assert counts == {Platform: 5, Merchant: 20, User: 150}
    assert len({agent.unique_id for agent in market.agents}) == 175
    assert all(platform.model is market for platform in market.platforms)
    market.close()


def test_a_small_fork_is_kept(small: Path, tmp_path: Path) -> None:
    market = load_market(small)
    part = market.fork(users=50, reseed=3)
    loaded = load_market(part.save(tmp_path / "part.market"))
    for one in (part, loaded):
        run_to(one, 20)
    assert loaded.population.users == 50
    assert tables(loaded)["daily"].equals(tables(part)["daily"])
    for one in (market, part, loaded):
        one.close()


def changed(path: Path, to: Path, **header: object) -> Path:
    """A copy of a file with other entries in its header, and the checksum of these."""
    return parts.written(to, parts.header_of(path) | header, *parts.rest_of(path))


def test_bad_files_are_refused_with_the_reason(small: Path, tmp_path: Path) -> None:
    whole = small.read_bytes()
    cut, text, other = tmp_path / "cut", tmp_path / "text", tmp_path / "other.zip"
    text.write_text("users 150")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "b")
    flipped = tmp_path / "flipped"
    place = len(whole) // 2
    flipped.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    newer = changed(small, tmp_path / "newer", version=99, secondhalf="9.9.9")
    older = changed(small, tmp_path / "older", version=1, secondhalf="0.1.0")
    wrong = parts.written(tmp_path / "wrong", parts.header_of(small), *parts.rest_of(small), checksum="0")
    reasons = {
        text: "this is no checkpoint of a market",
        other: "this is no checkpoint of a market",
        flipped: "the file is damaged",
        newer: "written by the newer secondhalf 9.9.9 (format 99); this is "
        f"{__version__}, which reads format {VERSION}",
        older: f"written by the older secondhalf 0.1.0 (format 1); this is {__version__}, which reads format {VERSION}",
        wrong: "the file is damaged, its checksum does not fit",
        tmp_path / "nothing": "the file cannot be read (No such file or directory)",
        tmp_path: "the file cannot be read (Is a directory)",
    }
    for path, reason in reasons.items():
        with pytest.raises(CheckpointError, match=re.escape(f"{path}: {reason}")):
            load_market(path)
    for size in (3, len(whole) // 3, len(whole) - 1):
        cut.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match=r"cut: (the file is cut short or damaged|this is no checkpoint)"):
            load_market(cut)


def test_another_state_of_the_program_is_said(small: Path, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="written by another state of the program; days from 2019-01-04 on"):
        load_market(changed(small, tmp_path / "older", sources="0")).close()


class Dreamer(Hold):
    """A strategy of one's own with a state, as from a notebook."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.seen = {"days": [1, 2], "shares": np.array([[1.0, 2.0]]).T}


def test_a_strategy_of_ones_own_is_kept_or_refused(tmp_path: Path) -> None:
    market = Market(load_settings([*SMALL, "strategy=hold"]))
    platform = market.platforms[0]
    platform.strategy = Dreamer(platform.name, {}, ())
    with pytest.raises(
        CheckpointError, match=rf"platforms\.0\.strategy is a {__name__}\.Dreamer, which cannot be kept"
    ):
        market.save(tmp_path / "a.market")
    packer = Packer({}, {__name__})
    value = json.loads(json.dumps(packer.pack(platform.strategy)))
    again = Unpacker(bytes(packer.data), {}, {__name__}).unpack(value)
    assert type(again) is Dreamer
    assert again.seen["days"] == [1, 2]
    assert np.array_equal(again.seen["shares"], platform.strategy.seen["shares"])
    platform.strategy.seen["luck"] = np.random.default_rng(0)
    with pytest.raises(
        SerialiseError, match=r"strategy\.seen\.luck is a numpy\.random\._generator\.Generator, which cannot be kept"
    ):
        Packer({}, {__name__}).pack(platform.strategy, "strategy")
    assert not list(tmp_path.iterdir())
    market.close()


def test_settings_come_back_as_they_were(small: Path) -> None:
    found = checkpoint.read_checkpoint(small)
    assert isinstance(found.settings, MarketSettings)
    wanted = load_settings([*SMALL, "strategy=hold"])
    assert found.settings.model_dump(mode="json") == wanted.model_dump(mode="json")
    assert (found.day, found.date, found.running) == (3, "2019-01-04", True)
