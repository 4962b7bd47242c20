"""A session with a reader in place of a page: what it is sent is kept."""

from __future__ import annotations

import queue
import threading
from typing import Any

from secondhalf.experiments.browser.session import Session
from secondhalf.experiments.browser.settings import Browse
from secondhalf.experiments.browser.setup import Setup
from secondhalf.experiments.command.compose import compose_config, options

PATIENCE = 120
"""Seconds that anything may take on a machine that is busy with other tests."""
Message = tuple[dict[str, Any], bytes]


def setup_of(*overrides: str) -> Setup:
    return Setup.of(compose_config(list(overrides)), list(overrides), [])


class Reader:
    """A page that confirms every frame and keeps every message."""

    def __init__(self, setup: Setup) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.kept: list[Message] = []
        before = threading.enumerate()
        self.session = Session(
            setup, options(Browse, compose_config([])), lambda *message: self.messages.put((message[0], message[1]))
        )
        self._threads = [thread for thread in threading.enumerate() if thread not in before]

    def close(self) -> None:
        """End the session and wait for its end."""
        self.session.close()
        for thread in self._threads:
            thread.join(timeout=PATIENCE)

    def until(self, kind: str, patience: float = PATIENCE, **wanted: object) -> Message:
        """The next message of a kind that has these entries."""
        while True:
            message, payload = self.messages.get(timeout=patience)
            self.kept.append((message, payload))
            if message["kind"] == "frame":
                self.session.tell({"do": "seen"})
            if message["kind"] == kind and all(message.get(key) == value for key, value in wanted.items()):
                return message, payload


def steps(reader: Reader) -> None:
    """One day more: the market is there, and its thread."""
    assert reader.session.world is not None
    before = reader.session.world.market.day
    reader.session.tell({"do": "step"})
    reader.until("frame", patience=PATIENCE / 10, day=before + 1)
