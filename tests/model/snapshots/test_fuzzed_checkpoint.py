"""Checkpoints changed at random, their checksum right: each is refused in one line, or goes on."""

from __future__ import annotations

import copy
import json
import random
import resource
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secondhalf.model.accounts.day_book import BooksError
from secondhalf.model.market import load_market
from secondhalf.model.snapshots.archive import CheckpointError
from tests.model import checkpoint_parts as parts

MEMORY = 400_000
"""kB that all files of a test together may add; one is 0.2 MB."""
ABSURD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 3.5, 1e308, float("nan"), float("inf"), 2**31, 2**63, 2**64, 10**40),
    *("", "x", "2019-01-01", "os:system", "evil_module:evil", "../x", "/dev/zero", "x" * 10_000, "\x00"),
    *(
        [],
        {},
        [[]],
        [None],
        {"a": 1},
        ["list"],
        ["again", 0],
        ["again", 10**9],
        ["outside", "market"],
        ["outside", "x"],
    ),
    *(["named", "subprocess:Popen", "true"], ["object", "evil_module:evil"], ["array", "|O", [1], [0], 0]),
    *(["array", "<f8", [10**9], [0], 0], ["scalar", "<i8", 5], ["date", "x"], ["set", ["list"]], ["dict", [1, 2]]),
)
TAGS = ("list", "tuple", "set", "dict", "named", "object", "settings", "array", "rows", "numbers", "again", "scalar")


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in a tree of JSON values, as its holder and key."""
    found, open_ = [], [tree]
    while open_:
        holder = open_.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            found.append((holder, key))
            if isinstance(holder[key], (dict, list)):
                open_.append(holder[key])
    return found


def replaced(tree: Any, rng: random.Random) -> None:
    holder, key = rng.choice(places(tree))
    holder[key] = copy.deepcopy(rng.choice(ABSURD))


def dropped(tree: Any, rng: random.Random) -> None:
    holder, key = rng.choice(places(tree))
    del holder[key]


def doubled(tree: Any, rng: random.Random) -> None:
    holder, key = rng.choice(places(tree))
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[f"{key}_"] = holder[key]


def swapped(tree: Any, rng: random.Random) -> None:
    (one, first), (other, second) = rng.sample(places(tree), 2)
    one[first], other[second] = copy.deepcopy(other[second]), copy.deepcopy(one[first])


def renamed(tree: Any, rng: random.Random) -> None:
    tags = [(holder, key) for holder, key in places(tree) if key == 0 and holder[key] in TAGS]
    holder, key = rng.choice(tags) if tags else rng.choice(places(tree))
    holder[key] = rng.choice(TAGS)


def counted(tree: Any, rng: random.Random) -> None:
    numbers = [place for place in places(tree) if type(place[0][place[1]]) in (int, float)]
    if numbers:
        holder, key = rng.choice(numbers)
        holder[key] = rng.choice((holder[key] + 1, holder[key] - 1, -holder[key], holder[key] * 2, 2**33, -(2**33)))


TREES: tuple[Callable[[Any, random.Random], None], ...] = (replaced, dropped, doubled, swapped, renamed, counted)


def scratched(content: bytes, rng: random.Random) -> bytes:
    """Bytes with some changed, cut off or put in."""
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 4, 64))):
        place = rng.randrange(len(found))
        found[place] = rng.choice((0, 255, found[place] ^ (1 << rng.randrange(8)), rng.randrange(256)))
    if rng.random() < 0.2:
        del found[rng.randrange(len(found)) :]
    if rng.random() < 0.1:
        place = rng.randrange(len(found) + 1)
        found[place:place] = rng.randbytes(rng.randrange(100))
    return bytes(found)


def make(original: Path, to: Path, rng: random.Random) -> None:
    """A file like another, but for something."""
    header, (text, arrays) = parts.header_of(original), parts.rest_of(original)
    what = rng.choice(("file", "header", "state", "state", "state", "arrays", "text"))
    if what == "file":
        to.write_bytes(scratched(original.read_bytes(), rng))
        return
    state: Any = json.loads(text)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        if what in ("header", "state"):
            rng.choice(TREES)(header if what == "header" else state, rng)
    if what == "arrays":
        arrays = scratched(arrays, rng)
    parts.written(to, header, scratched(text, rng) if what == "text" else state, arrays)


def try_many(original: Path, to: Path, first: int, count: int) -> int:
    """How many changed files went on; each other one was refused in one line."""
    went_on, modules = 0, set(sys.modules)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(first, first + count):
        make(original, to, random.Random(seed))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                market = load_market(to)
            except CheckpointError as error:
                said = str(error)
                assert said.startswith(f"{to}: "), seed
                assert "\n" not in said, seed
                assert len(said) < 600 + 2 * len(str(to)), seed
                continue
            try:
                if market.running:
                    market.step()
            except BooksError:
                pass  # the program's own word on numbers that are none
            except Exception as error:
                error.add_note(f"seed {seed}")
                raise
            went_on += 1
            market.close()
    new = {name for name in set(sys.modules) - modules if not name.startswith(("secondhalf.", "encodings."))}
    assert not new & {"evil_module"}
    assert not new
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY
    return went_on


KINDS = {"history": ("strategy=history",), "ewa": ("strategy=ewa", "calendar.end=2019-08-20")}


@pytest.fixture(scope="module", params=KINDS)
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small market, of a strategy that replays and of one that has learned."""
    days = {"history": 40, "ewa": 190}[request.param]
    path = parts.saved(tmp_path_factory.mktemp("fuzz") / "a.market", *KINDS[request.param], days=days)
    load_market(path).close()  # what is imported and compiled once
    return path


def test_changed_files_are_refused_or_go_on(original: Path, tmp_path: Path) -> None:
    went_on = try_many(original, tmp_path / "b.market", 0, 60)
    assert 0 < went_on < 40


@pytest.mark.slow
def test_many_changed_files_are_refused_or_go_on(original: Path, tmp_path: Path) -> None:
    try_many(original, tmp_path / "b.market", 1000, 3000)
