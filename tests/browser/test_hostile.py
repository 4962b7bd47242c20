"""Messages that no page sends: each is refused in a sentence before anything is read, and the market goes on."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from secondhalf.experiments.browser import commands, session
from secondhalf.experiments.browser.market.interventions import RefusedError
from secondhalf.experiments.browser.setup import Setup
from tests.browser.hostile import MESSAGES, OVERRIDES, SECRET, hostile_settings, short
from tests.browser.reader import PATIENCE, Reader, setup_of, steps
from tests.browser.watching import composed, watched

__all__ = ["composed"]


class Living:
    """One session for all messages that it lives through; another after one that it did not."""

    def __init__(self) -> None:
        self.reader: Reader | None = None

    def get(self) -> Reader:
        reader, self.reader = self.reader or Reader(setup_of(*OVERRIDES)), None
        if not reader.kept:
            reader.until("frame", state="paused", day=0)
            reader.until("graph")
        return reader


@pytest.fixture(scope="module")
def living() -> Iterator[Living]:
    made = Living()
    yield made
    if made.reader is not None:
        made.reader.close()


@pytest.mark.parametrize("message", MESSAGES, ids=short)
def test_a_hostile_message_is_refused(
    living: Living, composed: list[str], monkeypatch: pytest.MonkeyPatch, message: Any
) -> None:
    monkeypatch.setenv("SECRET_OF_A_TEST", SECRET)
    reader = living.get()
    with watched() as found:
        reader.session.tell(message)
        answer, _ = reader.until("said", patience=PATIENCE / 10)
    assert found == []
    assert composed == []
    assert answer["wrong"]
    for text in (answer["said"]["en"], answer["said"]["zh"]):
        assert text
        assert len(text) < 1000
        assert SECRET not in text
        text.encode()
    steps(reader)
    living.reader = reader


@pytest.mark.parametrize("asked", [*hostile_settings()], ids=short)
def test_both_pages_ask_the_same_gate(composed: list[str], served: Setup, asked: dict[Any, Any]) -> None:
    """Mesa's viewer has no messages of ours: what it asks for meets the same list."""
    with pytest.raises(RefusedError):
        served.changed(asked)
    assert composed == []


@pytest.fixture(scope="module")
def served() -> Setup:
    return setup_of(*OVERRIDES)


def test_all_that_is_offered_is_let_through(served: Setup) -> None:
    allowed = served.allowed()
    for name in ("scenario", "strategy", "network"):
        for choice in allowed[name]:
            served.check({name: choice})
    for platform in allowed["platforms"]:
        for choice in ("", *allowed["strategies"]):
            served.check({"strategies": {platform: choice}})
    for name in ("users", "seed"):
        for number in allowed[name]:
            served.check({name: number})


def test_an_unknown_error_is_a_sentence(living: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = living.get()

    def fails(*_: object) -> None:
        raise ZeroDivisionError("of a test")

    monkeypatch.setitem(commands.COMMANDS, "export", fails)
    reader.session.tell({"do": "export", "view": "books"})
    answer, _ = reader.until("said", patience=PATIENCE / 10)
    assert "ZeroDivisionError: of a test" in answer["said"]["en"]
    steps(reader)
    living.reader = reader


def test_a_session_that_fails_lets_its_market_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of any request: the market is let go, the page says why, and a reset begins again."""
    reader = Reader(setup_of(*OVERRIDES))
    reader.until("frame", state="paused", day=0)
    reader.until("graph")
    assert reader.session.world is not None
    market = weakref.ref(reader.session.world.market)

    def fails(*_: object) -> None:
        raise ZeroDivisionError("of a test")

    with monkeypatch.context() as patched:
        patched.setattr(session, "frame", fails)
        reader.session.tell({"do": "step"})
        state, _ = reader.until("state", patience=PATIENCE / 10, state="failed")
    assert "ZeroDivisionError" in state["said"]["en"]
    gc.collect()
    assert market() is None
    reader.session.tell({"do": "reset", "settings": {"seed": 1}})
    reader.until("frame", state="paused", day=0)
    steps(reader)
    reader.close()


def test_a_bad_reset_leaves_no_market_behind() -> None:
    """After a reset without settings the session still closes, and its market goes with it."""
    reader = Reader(setup_of(*OVERRIDES))
    reader.until("frame", state="paused", day=0)
    reader.until("graph")
    assert reader.session.world is not None
    market = weakref.ref(reader.session.world.market)
    reader.session.tell({"do": "reset", "settings": None})
    reader.until("said", patience=PATIENCE / 10)
    steps(reader)
    reader.close()
    gc.collect()
    assert market() is None
