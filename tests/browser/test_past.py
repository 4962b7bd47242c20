"""The past of a run: views of earlier days, snapshots within a bound, and branches that repeat the run to the bit."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

import numpy as np
import pytest

from secondhalf.conf.schema.scenario import ScenarioMove
from secondhalf.experiments.browser.market import past as past_module
from secondhalf.experiments.browser.market.frames import DAILY
from secondhalf.experiments.browser.market.interventions import RefusedError
from secondhalf.experiments.browser.market.past import SNAPSHOT_DAYS, VIEW_DAYS, RunPast, Thinned, bytes_of
from secondhalf.experiments.browser.market.twin_market import TwinMarket
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market
from tests.browser.reader import Message, Reader, setup_of
from tests.browser.test_session import array

OVERRIDES = ["experiment=ci", "limits.users=200", "limits.merchants=30", "limits.days=70", "seed=3"]
OPENED, BRANCHED = 25, 38
EVERY = 10
"""Days between snapshots in these tests."""


def rows(market: Market) -> np.ndarray:
    return np.array([[row[name] for name in DAILY] for row in market.record.daily])


def run(world: TwinMarket, past: RunPast, until: int) -> None:
    while world.market.day < until:
        world.step()
        past.note(world, None)


def intervene(world: TwinMarket, platform: str, change: Literal["open", "close"], capability: str) -> None:
    date = world.market.calendar.dates[world.market.day]
    world.intervene(ScenarioMove(date=date, platform=platform, change=change, capability=capability))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_module, "SNAPSHOT_DAYS", EVERY)


@pytest.fixture(scope="module")
def plain() -> np.ndarray:
    """The days of the market that nobody touches."""
    market = Market(load_settings(OVERRIDES))
    market.run_model()
    return rows(market)


def begun() -> tuple[TwinMarket, RunPast]:
    world, past = TwinMarket(load_settings(OVERRIDES)), RunPast()
    past.begin(world, None)
    return world, past


@pytest.mark.usefixtures("short")
def test_a_branch_without_a_change_repeats_the_run(plain: np.ndarray) -> None:
    world, past = begun()
    run(world, past, 60)
    past.branch(world, BRANCHED)
    assert world.market.day == BRANCHED
    assert (world.twin_since, world.twin_is_earlier_run) == (BRANCHED, True)
    run(world, past, 70)
    assert world.twin is not None
    np.testing.assert_array_equal(rows(world.market), plain)
    np.testing.assert_array_equal(rows(world.twin), plain)


@pytest.mark.usefixtures("short")
def test_a_branch_with_a_change_differs_afterwards_alone(plain: np.ndarray) -> None:
    world, past = begun()
    run(world, past, 70)
    assert world.over
    past.branch(world, BRANCHED)
    intervene(world, "kuaishou", "open", "mall")
    run(world, past, 70)
    assert world.twin is not None
    np.testing.assert_array_equal(rows(world.twin), plain)
    np.testing.assert_array_equal(rows(world.market)[:BRANCHED], plain[:BRANCHED])
    assert (rows(world.market)[BRANCHED:] != plain[BRANCHED:]).any()


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("day", [OPENED - 3, OPENED, OPENED + 1, BRANCHED])
def test_interventions_before_the_branch_stay_and_later_ones_go_with_the_twin(plain: np.ndarray, day: int) -> None:
    world, past = begun()
    run(world, past, OPENED)
    intervene(world, "kuaishou", "open", "mall")
    run(world, past, 45)
    intervene(world, "douyin", "close", "live")
    run(world, past, 70)
    earlier, moves = rows(world.market), list(world.interventions)
    past.branch(world, day)
    assert world.interventions == [move for move in moves if move.date < world.market.calendar.dates[day]]
    run(world, past, 70)
    assert world.twin is not None
    np.testing.assert_array_equal(rows(world.twin), earlier)
    kept = min(45, day) if day > OPENED else day
    np.testing.assert_array_equal(rows(world.market)[:kept], earlier[:kept])
    if day <= OPENED:
        np.testing.assert_array_equal(rows(world.market), plain)
    else:
        assert (rows(world.market)[:45] == earlier[:45]).all()
        assert (rows(world.market) != earlier).any()
        assert (rows(world.market) != plain).any()


@pytest.mark.usefixtures("short")
def test_a_branch_can_be_branched_again(plain: np.ndarray) -> None:
    """What was kept of days after a branch is of the run that is gone: it is not used for the next."""
    world, past = begun()
    run(world, past, 60)
    past.branch(world, 22)
    intervene(world, "kuaishou", "open", "mall")
    run(world, past, 60)
    first = rows(world.market)
    past.branch(world, 50)
    run(world, past, 60)
    np.testing.assert_array_equal(rows(world.market), first)
    past.branch(world, 20)
    run(world, past, 70)
    np.testing.assert_array_equal(rows(world.market), plain)


@pytest.mark.usefixtures("short")
def test_what_a_branch_lets_go_of_is_freed() -> None:
    world, past = begun()
    run(world, past, 35)
    old = [weakref.ref(world.market), *(weakref.ref(entry.market) for entry in past.snapshots.entries.values())]
    past.branch(world, 15)
    gc.collect()
    assert [one() is not None for one in old] == [False, True, True, False, False]
    past.close()
    gc.collect()
    assert [one() is not None for one in old] == [False] * 5


def test_a_branch_goes_back() -> None:
    world, past = begun()
    run(world, past, 3)
    for day in (3, 4, 10**9):
        with pytest.raises(RefusedError, match="A branch goes back to an earlier day"):
            past.branch(world, day)
    past.snapshots = Thinned(SNAPSHOT_DAYS, 0)
    with pytest.raises(RefusedError, match="No snapshots are kept of a market of this size"):
        past.branch(world, 1)
    assert world.market.day == 3


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go: list[int] = []
    kept: Thinned[int] = Thinned(7, 5, let_go.append)
    for day in range(400):
        kept.add(day, partial(int, day))
        assert len(kept.entries) <= 5
    assert sorted([*kept.entries, *let_go]) == sorted({*range(0, 400, 112), *let_go})
    assert list(kept.entries) == [0, 112, 224, 336]
    assert kept.until(111) == 0
    assert kept.until(399) == 336
    world, past = begun()
    size = bytes_of(world.market)
    monkeypatch.setattr(past_module, "SNAPSHOT_BYTES", 3 * size)
    monkeypatch.setattr(past_module, "SNAPSHOT_DAYS", 1)
    past.begin(world, None)
    run(world, past, 20)
    assert list(past.snapshots.entries) == [0, 8, 16]
    monkeypatch.setattr(past_module, "SNAPSHOT_BYTES", int(1.5 * size))
    past.begin(world, None)
    assert not past.snapshots.entries


def test_a_snapshot_is_not_larger_than_what_is_reckoned() -> None:
    market = Market(load_settings(["population.users=3000", "population.merchants=20", "calendar.end=2019-01-03"]))
    assert bytes_of(market) > sum(column.nbytes for column in market.fork().population.columns)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    made = Reader(setup_of(*OVERRIDES))
    made.until("graph")
    made.session.tell({"do": "play"})
    made.until("frame", state="over")
    yield made
    made.close()


def frame_of(reader: Reader, day: int) -> Message:
    """What was sent of a day when it was the present one."""
    return next(message for message in reversed(reader.kept) if message[0].get("day") == day)


def test_a_session_shows_an_earlier_day(reader: Reader) -> None:
    """The nearest week before, as a run that pauses on that day shows it."""
    reader.session.tell({"do": "look", "day": 45})
    view = reader.until("past", asked=45, day=6 * VIEW_DAYS)
    fresh = Reader(setup_of(*OVERRIDES))
    fresh.until("graph")
    for _ in range(6 * VIEW_DAYS):
        fresh.session.tell({"do": "step"})
    frame = fresh.until("frame", day=6 * VIEW_DAYS, state="paused")
    fresh.close()
    names = [entry["name"] for entry in view[0]["arrays"]]
    assert {"flows", "cells", "effort", "maturity", "main"} <= {*names}
    for name in names:
        np.testing.assert_array_equal(array(view, name), array(frame, name))
    for key in ("books", "second_half", "platforms", "twin"):
        assert view[0][key] == frame[0][key]


def test_a_session_branches_and_sends_the_days_again(reader: Reader, plain: np.ndarray) -> None:
    reader.session.tell({"do": "branch", "day": 33})
    reader.until("branched", day=33)
    frame = reader.until("frame", day=33, state="paused")
    assert frame[0]["from"] == 0
    assert frame[0]["twin_is_earlier_run"]
    np.testing.assert_array_equal(array(frame, "daily"), plain[:33])
    reader.session.tell({"do": "play"})
    reader.until("frame", state="over")
    world = reader.session.world
    assert world is not None
    np.testing.assert_array_equal(rows(world.market), plain)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"do": "branch", "day": 70}, "A branch goes back to an earlier day: 2019-03-12 is not before 2019-03-12."),
        ({"do": "branch", "day": -1}, "value that it does not offer: branch.day=-1"),
        ({"do": "look", "day": 2.5}, "value that it does not offer: look.day=2.5"),
    ],
)
def test_what_cannot_be_is_answered_with_a_sentence(reader: Reader, message: dict[str, Any], said: str) -> None:
    reader.session.tell(message)
    answer, _ = reader.until("said")
    assert said in answer["said"]["en"]
    assert answer["said"]["zh"]
