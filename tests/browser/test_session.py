"""A session without a browser: commands in, messages out; what is seen is what the market holds."""

from __future__ import annotations

import gc
import io
import shlex
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.browser.market.arrays import KINDS, packed
from secondhalf.experiments.browser.market.exports import VIEWS, command_line, csv_of
from secondhalf.experiments.browser.market.frames import DAILY
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.results import tables
from secondhalf.model.market import Market
from tests.browser.reader import PATIENCE, Message, Reader, setup_of

OVERRIDES = ["experiment=ci", "limits.users=200", "limits.merchants=30", "limits.days=70", "seed=3"]
OPENED = 35
"""Day of the intervention."""


def array(message: Message, name: str) -> np.ndarray:
    header, payload = message
    entry = next(entry for entry in header["arrays"] if entry["name"] == name)
    size = int(np.prod(entry["shape"]))
    return np.frombuffer(payload, KINDS[entry["kind"]], size, entry["at"]).reshape(entry["shape"])


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """A run that is over: in its second month Kuaishou's mall was opened to half of the users."""
    made = Reader(setup_of(*OVERRIDES))
    made.until("frame", state="paused", day=0)
    for _ in range(OPENED):
        made.session.tell({"do": "step"})
    made.until("frame", day=OPENED)
    wish = {"platform": "kuaishou", "change": "open", "capability": "mall", "share": 0.5}
    made.session.tell({"do": "intervene", "wish": wish})
    made.until("intervened")
    made.session.tell({"do": "play"})
    made.until("frame", state="over")
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain() -> Market:
    """The same market as the command line runs it."""
    market = Market(load_settings(OVERRIDES))
    market.run_model()
    return market


def test_arrays_come_out_as_they_went_in() -> None:
    index, payload = packed({"a": ("u1", np.arange(3)), "b": ("f8", np.eye(2)), "c": ("i4", np.zeros((0, 4)))})
    assert [entry["at"] % 8 for entry in index] == [0, 0, 0]
    back = {e["name"]: np.frombuffer(payload, KINDS[e["kind"]], int(np.prod(e["shape"])), e["at"]) for e in index}
    assert back["a"].tolist() == [0, 1, 2]
    assert back["b"].tolist() == [1, 0, 0, 1]
    assert back["c"].size == 0


def test_a_market_and_its_twin(reader: Reader, plain: Market) -> None:
    """The twin is the market without the intervention, to the bit; the run is the same until then and not after."""
    session, day = reader.session, OPENED
    told = next(message for message, _ in reader.kept if message["kind"] == "intervened")
    assert told["said"]["en"] == f"{plain.calendar.labels[day]}: Kuaishou opens mall to 50% of its users."
    frames = [
        message for message in reader.kept if message[0]["kind"] == "frame" and message[0]["state"] != "setting_up"
    ]
    daily = np.concatenate([array(frame, "daily") for frame in frames])
    twin = np.concatenate([array(frame, "twin_daily") for frame in frames if frame[0]["twin"]])
    truth = np.array([[row[name] for name in DAILY] for row in plain.record.daily])
    first = frames[-1][0]["twin_first"]
    np.testing.assert_array_equal(twin, truth[first:])
    np.testing.assert_array_equal(daily[:day], truth[:day])
    assert (daily[day:] != truth[day:]).any()
    world = session.world
    assert world is not None
    k = world.market.capabilities.column["mall"]
    assert world.market.capabilities.exposure[0, k] == 0.5
    # Taobao had the mall most when Kuaishou opened it.
    assert world.watch.copied[0, k] == world.market.platform_names.index("taobao")
    assert world.watch.opened[0, k] == day
    assert world.twin_watch is not None
    assert world.twin_watch.opened[0, k] == -1


def test_the_command_line_leads_to_the_same_numbers(reader: Reader) -> None:
    assert reader.session.world is not None
    words = command_line(reader.session.setup, reader.session.world)
    overrides = shlex.split(words)[2:]
    again = Market(load_settings(overrides))
    again.run_model()
    pd.testing.assert_frame_equal(tables.daily(again), tables.daily(reader.session.world.market))


def test_exports_are_the_tables_of_a_run(reader: Reader, plain: Market) -> None:
    world = reader.session.world
    assert world is not None
    for view, table in (("attention", "daily"), ("reservoirs", "flows")):
        both = pd.read_csv(io.StringIO(csv_of(world, view, None)), keep_default_na=False)
        twin = both[both["world"] == "twin"].drop(columns="world").reset_index(drop=True)
        pd.testing.assert_frame_equal(twin, tables.TABLES[table](plain), check_dtype=False)
    for view in [*VIEWS, "friends"]:
        assert csv_of(world, view, reader.session.drawn).count("\n") > 1, view


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ({"do": "intervene", "wish": {"platform": "jd", "change": "close", "capability": "subsidy"}}, "run is over"),
        ({"do": "speed", "speed": 5000}, "from 0.1 to 1000"),
        ({"do": "reset", "settings": {"users": 10**12}}, "do not fit into the free memory"),
        ({"do": "reset", "settings": {"users": 5}}, "whole numbers from 100 to"),
        ({"do": "reset", "settings": {"seed": -1}}, "Seed: -1; allowed are whole numbers from 0 to"),
        ({"do": "reset", "settings": {"scenario": "nonsense"}}, "scenario=nonsense: unknown choice; allowed are"),
        ({"do": "dance"}, "unknown request: dance"),
    ],
)
def test_what_cannot_be_is_answered_with_a_sentence(reader: Reader, command: dict[str, Any], said: str) -> None:
    reader.session.tell(command)
    message, _ = reader.until("said")
    assert said in message["said"]["en"]
    assert message["said"]["zh"]


def test_strategies_are_changed_by_a_reset(reader: Reader) -> None:
    before = weakref.ref(reader.session.world.market) if reader.session.world else None
    reader.session.tell({"do": "reset", "settings": {"seed": 4, "strategies": {"kuaishou": "hold"}}})
    reader.until("frame", state="paused", day=0)
    settings = reader.session.setup.settings
    assert settings.strategy_of("kuaishou").name == "hold"
    assert settings.strategy_of("douyin").name == "history"
    assert settings.seed == 4
    assert before is not None
    gc.collect()
    assert before() is None
    wish = {"platform": "kuaishou", "change": "close", "capability": "mall"}
    reader.session.tell({"do": "intervene", "wish": wish})
    message, _ = reader.until("said")
    assert message["said"]["en"] == "Kuaishou does not have mall open, so there is nothing to close."


def test_a_closed_session_lets_its_market_go(reader: Reader) -> None:
    """The last test of the module: the session ends."""
    assert reader.session.world is not None
    market = weakref.ref(reader.session.world.market)
    thread = next(t for t in threading.enumerate() if t.name == "market")
    reader.session.close()
    thread.join(timeout=PATIENCE)
    gc.collect()
    assert market() is None
