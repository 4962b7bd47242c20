"""Words, numbers and messages that no page sends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

OVERRIDES = ["experiment=ci", "limits.users=200", "limits.merchants=30", "limits.days=1200"]
SECRET = "word-that-nobody-may-read"
ENV = "${oc.env:SECRET_OF_A_TEST}"
FILE, MODULE = "/etc/passwd", "wsgiref.simple_server:WSGIServer"
WORDS = (ENV, f"history{ENV}", "../../x", FILE, MODULE, "nobody", "base", "history,hold", "", "x" * 100_000, "\ud800")
NUMBERS = (math.nan, math.inf, -math.inf, -1, 10**400, -(10**400), True, None, "300", ENV, [300], {"a": 1})
DEEP: list[Any] = []
"""Deeper than what can be printed."""
for _ in range(5000):
    DEEP = [DEEP]


def hostile_settings() -> Iterator[dict[Any, Any]]:
    for group in ("scenario", "strategy", "network"):
        yield from ({group: word} for word in (*WORDS, None, 5, [ENV], {"name": ENV}, DEEP))
    yield {"network": "file"}
    for word in (word for word in WORDS if word):
        yield {"strategies": {"kuaishou": word}}
        yield {"strategies": {word: "hold"}}
    for key in ("kuaishou.launches", "kuaishou.name", "kuaishou}", "hydra.searchpath"):
        yield {"strategies": {key: FILE}}
    yield from ({"strategies": value} for value in (None, [], "hold", {"kuaishou": {"name": MODULE}}, {"jd": DEEP}))
    yield {"strategies": {f"platform_{n}": "" for n in range(10_000)}}
    yield from ({"users": number} for number in (*NUMBERS, 0.5, 5, 10**12))
    yield from ({"seed": number} for number in (*NUMBERS, 0.5, 2**60))
    yield from ({key: FILE} for key in ("population.users", "hydra.searchpath", "network.path", "+x", "date"))


def hostile_messages() -> Iterator[Any]:
    yield from (None, [], "play", 5, math.nan, {}, DEEP, {"do": DEEP}, {"settings": {}}, {1: 2}, {"do": "play", 1: 2})
    yield from ({"do": word} for word in (*WORDS, None, 5, ["play"], {"do": "play"}, "wake", "__class__"))
    yield from ({"do": "play", "settings": {"seed": 1}}, {"do": "step", "until": FILE}, {"do": "step", "until": None})
    for do in ("look", "branch"):
        yield from ({"do": do, "day": day} for day in (*NUMBERS, *WORDS, 10**12, 0.5, DEEP) if day is not None)
        yield from ({"do": do}, {"do": do, "day": 0, "path": FILE}, {"do": do, "day": None})
    yield {"do": "branch", "day": 10**9}
    yield from ({"do": "seen", "again": 1}, {"do": "seen", "again": "yes"}, {"do": "speed"}, {"do": "reset"})
    yield from ({"do": "speed", "speed": number} for number in (*NUMBERS, 0, 5000))
    yield from ({"do": "export", "view": word} for word in (*WORDS, "nothing", None, ["books"], DEEP))
    yield {"do": "export"}
    yield from ({"do": "reset", "settings": settings} for settings in (None, [], ENV, DEEP))
    yield from ({"do": "intervene", "wish": wish} for wish in (None, [], ENV, {}, DEEP))
    yield {"do": "intervene"}
    good = {"platform": "kuaishou", "change": "open", "capability": "mall"}
    for key in good:
        yield from ({"do": "intervene", "wish": {**good, key: word}} for word in (*WORDS, "restrict", None, 5, [ENV]))
    yield from ({"do": "intervene", "wish": {**good, "share": n}} for n in (*NUMBERS, 0, 2) if n is not None)
    market = {"do": "open", "settings": {"seed": 1}, "interventions": [], "day": 3}
    for key in market:
        yield {name: value for name, value in market.items() if name != key} if key != "do" else {"do": "open"}
        yield from ({**market, key: word} for word in (*WORDS, None, [ENV], DEEP) if key != "do")
    yield from ({**market, "day": day} for day in (*NUMBERS, 10**6, 0.5))
    yield from ({**market, "of": word} for word in (None, 5, "x" * 500, DEEP))
    yield from ({**market, "settings": settings} for settings in hostile_settings())
    planned = {**good, "day": 1}
    yield {**market, "interventions": [planned] * 1000}
    yield {**market, "interventions": [{**planned, "day": 2}, planned]}
    yield {**market, "interventions": [{**planned, "day": 4}]}
    for key in planned:
        yield {**market, "interventions": [{**planned, key: DEEP}]}
        yield from ({**market, "interventions": [{**planned, key: word}]} for word in (*WORDS, None, [ENV]))
    yield from ({**market, "interventions": [{**planned, "share": n}]} for n in (*NUMBERS, 0, 2) if n is not None)
    yield from ({"do": "story", "step": word} for word in (*WORDS, None, 5, DEEP))
    yield from ({"do": "story"}, {"do": "link", "path": FILE})
    for key in ("date", "reason", "path", "__class__"):
        yield {"do": "intervene", "wish": {**good, key: "2019-01-09"}}


MESSAGES = [*hostile_messages(), *({"do": "reset", "settings": asked} for asked in hostile_settings())]


def short(value: object) -> str:
    try:
        return str(value)[:70].encode("ascii", "replace").decode()
    except (RecursionError, ValueError):
        return "very large"
