"""Mutated messages: whatever comes, only sentences are answered and the market goes on."""

from __future__ import annotations

import random
from typing import Any

import pytest

from secondhalf.experiments.browser import setup
from tests.browser.hostile import DEEP, MODULE, NUMBERS, OVERRIDES, SECRET, WORDS
from tests.browser.reader import Reader, setup_of, steps
from tests.browser.watching import composed, watched

__all__ = ["composed"]


def mutated(rng: random.Random, value: Any) -> Any:
    """A message with something else in one place of it."""
    odd = (*WORDS, *NUMBERS, DEEP, [], {}, MODULE, 0, 1, 299, "day", "hold", "mall", "jd", "seed", "do", "x")
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice([*value])
        kind = rng.random()
        if kind < 0.1:
            return {name: entry for name, entry in value.items() if name != key}
        if kind < 0.2:
            return {**value, rng.choice([*WORDS, "date", "users", "do", "again"]): rng.choice(odd)}
        return {**value, key: mutated(rng, value[key])}
    return rng.choice(odd)


GOOD: tuple[dict[str, Any], ...] = (
    *({"do": do} for do in ("play", "pause", "step", "forget", "command", "hello", "seen")),
    {"do": "step", "until": "quarter"},
    {"do": "seen", "again": True},
    {"do": "speed", "speed": 50},
    {"do": "export", "view": "attention"},
    {"do": "link"},
    {"do": "look", "day": 1},
    {"do": "branch", "day": 1},
    {"do": "story", "step": "malls"},
    {
        "do": "open",
        "settings": {"users": 250, "seed": 3},
        "interventions": [{"day": 1, "platform": "kuaishou", "change": "open", "capability": "mall"}],
        "day": 2,
    },
    {"do": "intervene", "wish": {"platform": "kuaishou", "change": "open", "capability": "mall", "share": 0.5}},
    {"do": "reset", "settings": {"users": 250, "strategies": {"jd": "hold"}, "scenario": "baseline", "seed": 3}},
)


def fuzz(seed: int, messages: int, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """Send mutated messages; only sentences may come of them, and the market has to step afterwards."""
    monkeypatch.setattr(setup, "most_users", lambda settings: 300)
    monkeypatch.setenv("SECRET_OF_A_TEST", SECRET)
    rng = random.Random(seed)
    reader = Reader(setup_of(*OVERRIDES))
    reader.until("graph")
    with watched() as found:
        for _ in range(messages):
            message: Any = rng.choice(GOOD)
            for _ in range(rng.choice((1, 1, 1, 2, 3))):
                message = mutated(rng, message)
            reader.session.tell(message)
        reader.session.tell({"do": "pause"})
        reader.session.tell({"do": "export", "view": "books"})
        reader.until("file", name="books.csv")
        reader.session.tell({"do": "command"})
        reader.until("command")
    said = [told["said"] for told, _ in reader.kept if told["kind"] == "said"]
    assert len(said) > messages / 4
    texts = [text for one in said for text in one.values()]
    texts += [str(told.get("text", "")) for told, _ in reader.kept]
    for text in texts:
        assert SECRET not in text
        assert "could not be done" not in text
    assert not [told for told, _ in reader.kept if told.get("state") == "failed"]
    for entry in [*found, *words]:
        assert not any(hostile in entry for hostile in ("passwd", "wsgiref", "oc.env", "../", "nobody")), entry
    reader.session.tell({"do": "reset", "settings": {"users": 200, "seed": 0}})
    reader.until("frame", state="paused", day=0)
    steps(reader)
    reader.close()


def test_fuzz(monkeypatch: pytest.MonkeyPatch, composed: list[str]) -> None:
    fuzz(1, 400, monkeypatch, composed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_fuzz_long(monkeypatch: pytest.MonkeyPatch, composed: list[str], seed: int) -> None:
    fuzz(seed, 5000, monkeypatch, composed)
