"""Checkpoints that a stranger made: no program of theirs runs, no module is imported, no path of theirs is opened."""

from __future__ import annotations

import copy
import json
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from secondhalf.conf.schema import SettingsError
from secondhalf.experiments.command import main
from secondhalf.model.market import load_market
from tests.model import checkpoint_parts as parts

FOREIGN = "which does not ship and may be used only when the command names it, too"
NO_CLASS = "which is no class of the market"
OS_CALL = ["subprocess", "Popen"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return parts.saved(tmp_path_factory.mktemp("small") / "small.market")


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module `evil_module` on the path that leaves a mark when it is imported; nothing may do so."""
    mark = tmp_path / "imported"
    folder = tmp_path / "trap"
    folder.mkdir()
    (folder / "evil_module.py").write_text(
        f"open({str(mark)!r}, 'w').close()\n"
        "from secondhalf.agents.strategies import Hold\n"
        "class Rule(Hold):\n    pass\n"
        "def evil(*given):\n    return given\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    yield mark
    assert sys.modules.pop("evil_module", None) is None
    assert not mark.exists()


def put(tree: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    for part in way:
        tree = tree.setdefault(part, {})
    tree[last] = value


NAMED = {
    "strategy": ("strategy.name", "evil_module:Rule"),
    "strategy-of-the-system": ("strategy.name", "subprocess:Popen"),
    "strategy-of-a-platform": ("strategies.kuaishou", {"name": "evil_module:Rule"}),
    "strategy-of-an-entrant": ("strategies.xiaohongshu", {"name": "evil_module:Rule"}),
    "strategy-through-the-program": ("strategy.name", "secondhalf.model.snapshots.checkpoint:json.loads"),
    "network": ("network.kind", "evil_module:evil"),
    "measure-of-the-market": ("measures.market", {"x": "evil_module:evil"}),
    "measure-of-a-day": ("measures.daily", {"x": "os:system"}),
    "launches": ("strategy.launches", "/etc/hostname"),
    "launches-beside-the-data": ("strategy.launches", "../data/launches.csv"),
    "launches-of-a-platform": ("strategies.jd", {"name": "history", "launches": "/dev/zero"}),
}
"""What the header names: setting and value."""


@pytest.mark.parametrize("attack", NAMED)
def test_a_header_names_no_code_and_no_path(small: Path, trap: Path, tmp_path: Path, attack: str) -> None:
    setting, value = NAMED[attack]
    header = parts.header_of(small)
    put(header["settings"], setting, value)
    file = parts.written(tmp_path / "a.market", header, *parts.rest_of(small))
    with pytest.raises(SettingsError, match=FOREIGN) as refused:
        load_market(file)
    assert str(refused.value).startswith(f"{file}: its settings name {setting}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("field", ["objective.goal", "mechanisms.habit", "stage_order", "calendar.revision"])
def test_what_names_no_code_is_still_checked(small: Path, trap: Path, tmp_path: Path, field: str) -> None:
    header = parts.header_of(small)
    put(header["settings"], field, ["evil_module:evil"] if field == "stage_order" else "evil_module:evil")
    with pytest.raises(SettingsError):
        load_market(parts.written(tmp_path / "a.market", header, *parts.rest_of(small)))


VALUES: dict[str, list[Any]] = {
    "named-program": ["named", "subprocess:Popen", ["list", "touch", "MARK"]],
    "named-trap": ["named", "evil_module:Rule"],
    "named-object": ["named", "secondhalf.agents.move:Move", "hold"],
    "named-not-on-the-list": ["named", "secondhalf.model.shapes:Day", 1, 1, 1, 1, 1],
    "object-trap": ["object", "evil_module:Rule"],
    "object-through-an-import": ["object", "secondhalf.model.snapshots.checkpoint:Path"],
    "object-through-a-module": ["object", "secondhalf.model.snapshots.integrity:np.ndarray"],
    "object-function": ["object", "secondhalf.model.market:load_market"],
    "object-not-on-the-list": ["object", "secondhalf.model.market:Market"],
    "object-settings": ["object", "secondhalf.conf.schema.population:Users"],
    "settings-trap": ["settings", "evil_module:Rule", {}],
    "settings-that-look-up-code": [
        "settings",
        "secondhalf.conf.schema.market:Measures",
        {"market": {"x": "os:system"}},
    ],
    "settings-network": ["settings", "secondhalf.conf.schema.population:Network", {"kind": "evil_module:evil"}],
    "settings-of-a-study": ["settings", "secondhalf.experiments.execution.settings:Output", {}],
    "dunder": ["object", "secondhalf.agents.move:Move", ["__class__", 1]],
    "scalar-of-objects": ["scalar", "|O", 1],
    "array-of-objects": ["array", "|O", [1], [0], 0],
    "array-of-structures": ["array", "i4,i4", [1], [0], 0],
    "array-too-long": ["array", "<f8", [2**40], [0], 0],
    "array-below-zero": ["array", "<f8", [-1], [0], 0],
    "array-before-the-file": ["array", "<f8", [1], [0], -64],
    "array-with-other-axes": ["array", "<f8", [1, 1], [0, 0], 0],
    "rows-of-nothing": ["rows", ["a", ["array", "<f8", [10**12, 0], [0, 1], 0]]],
    "again-before-it-is-there": ["tuple", ["again", 2]],
    "again-not-there": ["again", 10**9],
    "again-behind-the-first": ["again", -1],
    "again-no-number": ["again", "0"],
    "outside-not-there": ["outside", "os"],
    "kind-not-there": ["call", "os:system"],
    "kind-no-word": [["list"], 1],
    "kind-none": [],
    "plain-values": [1, 2],
}
"""What the state holds in the place of a market's shops or its list of moves."""


@pytest.mark.parametrize("place", ["moves_today", "shops"])
@pytest.mark.parametrize("attack", VALUES)
def test_a_state_makes_nothing_else(small: Path, trap: Path, tmp_path: Path, attack: str, place: str) -> None:
    mark = tmp_path / "ran"
    state = parts.state_of(small)
    state[place] = json.loads(json.dumps(VALUES[attack]).replace("MARK", str(mark)))
    file = parts.written(tmp_path / "a.market", parts.header_of(small), state, parts.rest_of(small)[1])
    with pytest.raises(SettingsError, match=f"^{re.escape(str(file))}: ") as refused:
        load_market(file)
    assert "\n" not in str(refused.value)
    assert not mark.exists()
    if VALUES[attack] and VALUES[attack][0] in ("named", "settings"):
        assert NO_CLASS in str(refused.value)


def test_the_two_halves_together_run_nothing(small: Path, tmp_path: Path) -> None:
    """The header that would have widened what the state may name."""
    mark = tmp_path / "ran"
    header, state = parts.header_of(small), parts.state_of(small)
    header["settings"]["strategy"]["name"] = "subprocess:Popen"
    state["moves_today"] = ["named", "subprocess:Popen", ["list", "touch", str(mark)]]
    file = parts.written(tmp_path / "a.market", header, state, parts.rest_of(small)[1])
    for trusted in ([], ["subprocess:Popen"]):
        with pytest.raises(SettingsError):
            load_market(file, trusted=trusted)
    assert not mark.exists()


def test_a_command_refuses_it_in_one_line(
    small: Path, trap: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    header = parts.header_of(small)
    header["settings"]["strategy"]["name"] = "evil_module:Rule"
    file = parts.written(tmp_path / "a.market", header, *parts.rest_of(small))
    with pytest.raises(SystemExit):
        main.main(["run", f"from_checkpoint={file}"])
    said = capsys.readouterr().err
    assert said.startswith(f"secondhalf: from_checkpoint={file}: its settings name strategy.name=evil_module:Rule")
    assert said.count("\n") == 1


def test_the_file_of_a_network_is_not_opened(small: Path, tmp_path: Path) -> None:
    header = parts.header_of(small)
    header["settings"]["network"] |= {"kind": "file", "file": str(tmp_path / "nothing.txt")}
    market = load_market(parts.written(tmp_path / "a.market", header, *parts.rest_of(small)))
    market.step()
    market.close()


HEADERS = {
    "format": [None, 1, "another"],
    "version": [None, True, "2", [2], 10**30, -1],
    "secondhalf": [None, 1, "x" * 500],
    "sources": [None, [], "x" * 500],
    "day": [None, True, "3", -1, 10**9, 3.5, {}],
    "date": [None, 3, "2019-13-01", "2030-01-01", []],
    "running": [None, 1, "yes", False],
    "steps": [None, "1", -1, 2**70],
    "end": [None, "never", "2018-01-01", "9999-12-31", "2019-01-02"],
    "settings": [None, [], "x", {}, {"seed": 0}],
    "another": [1],
}


@pytest.mark.parametrize("field", HEADERS)
def test_every_field_of_the_header_is_checked(small: Path, tmp_path: Path, field: str) -> None:
    for value in HEADERS[field]:
        file = parts.written(tmp_path / "a.market", parts.header_of(small) | {field: value}, *parts.rest_of(small))
        with pytest.raises(SettingsError, match=f"^{re.escape(str(file))}: [^\n]+$"):
            load_market(file)


@pytest.mark.parametrize("seed", [None, True, -1, 2**64, "1", [1]])
def test_a_seed_is_a_number(small: Path, tmp_path: Path, seed: Any) -> None:
    header = parts.header_of(small)
    header["settings"]["seed"] = seed
    with pytest.raises(SettingsError, match=r"seed is no seed"):
        load_market(parts.written(tmp_path / "a.market", header, *parts.rest_of(small)))


@pytest.mark.parametrize("field", ["users", "merchants"])
def test_absurd_sizes_take_no_memory(small: Path, tmp_path: Path, field: str) -> None:
    header = parts.header_of(small)
    header["settings"]["population"][field] = 1_000_000
    state = parts.state_of(small)
    for entry in state["population"][2:]:
        if entry[0] == "users":
            entry[1] = 1_000_000
    with pytest.raises(SettingsError, match="is not what its settings make"):
        load_market(parts.written(tmp_path / "a.market", header, state, parts.rest_of(small)[1]))


def archives(small: Path) -> dict[str, Callable[[Path], object]]:
    header, (state, arrays) = parts.header_of(small), parts.rest_of(small)
    deep = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    def one_more(to: Path) -> None:
        parts.written(to, header, state, arrays)
        with zipfile.ZipFile(to, "a") as archive:
            archive.writestr("more.bin", b"x")

    def one_twice(to: Path) -> None:
        with zipfile.ZipFile(to, "w") as archive:
            archive.writestr("header.json", b"{}")
            archive.writestr("state.json", b"{}")
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr("state.json", b"{}")

    def other_order(to: Path) -> None:
        with zipfile.ZipFile(to, "w") as archive:
            for name in ("arrays.bin", "state.json", "header.json"):
                archive.writestr(name, b"{}")

    def bomb(to: Path) -> None:
        parts.written(to, header, state, arrays + bytes(64 << 20), zipfile.ZIP_DEFLATED)

    def claimed(to: Path) -> None:
        parts.written(to, header, state, arrays)
        whole = bytearray(to.read_bytes())
        place = whole.rindex(b"PK\x01\x02")
        whole[place + 20 : place + 28] = (2**31).to_bytes(4, "little") * 2
        to.write_bytes(whole)

    return {
        "one-more": one_more,
        "one-twice": one_twice,
        "other-order": other_order,
        "bomb": bomb,
        "claims-two-gigabytes": claimed,
        "deep-state": lambda to: parts.written(to, header, deep, arrays),
        "deep-settings": lambda to: deep_header(to, state, arrays),
        "state-no-object": lambda to: parts.written(to, header, b"[]", arrays),
        "state-no-text": lambda to: parts.written(to, header, b"\xff\xfe", arrays),
        "state-long-number": lambda to: parts.written(to, header, b'{"day":' + b"9" * 10_000 + b"}", arrays),
        "header-no-object": lambda to: parts.written(to, ["a"], state, arrays),
        "no-arrays": lambda to: parts.written(to, header, state, b""),
        "empty": lambda to: to.touch(),
    }


def deep_header(to: Path, state: bytes, arrays: bytes) -> None:
    with zipfile.ZipFile(to, "w") as archive:
        archive.writestr("header.json", b'{"settings":' + b"[" * 200_000)
        archive.writestr("state.json", state)
        archive.writestr("arrays.bin", arrays)


@pytest.mark.parametrize(
    "attack",
    [
        *("one-more", "one-twice", "other-order", "bomb", "claims-two-gigabytes", "deep-state", "deep-settings"),
        *("state-no-object", "state-no-text", "state-long-number", "header-no-object", "no-arrays", "empty"),
    ],
)
def test_bad_archives_are_refused_in_one_line(small: Path, tmp_path: Path, attack: str) -> None:
    file = tmp_path / "a.market"
    archives(small)[attack](file)
    with pytest.raises(SettingsError, match=f"^{re.escape(str(file))}: [^\n]+$"):
        load_market(file)


def test_a_word_changed_in_the_header_is_damage(small: Path, tmp_path: Path) -> None:
    header = parts.header_of(small)
    right = parts.sum_of(header, *parts.rest_of(small))
    other = copy.deepcopy(header)
    other["settings"]["population"]["people"] *= 2
    with pytest.raises(SettingsError, match="its checksum does not fit"):
        load_market(parts.written(tmp_path / "a.market", other, *parts.rest_of(small), checksum=right))


OWN = '''
from dataclasses import dataclass
from subprocess import Popen
from typing import NamedTuple

from secondhalf.agents.strategies import Strategy


@dataclass
class Seen:
    days: int


class Pair(NamedTuple):
    first: int
    second: int


class Watch(Strategy):
    """Counts days."""

    daily = True

    class Parameters(Strategy.Parameters):
        upto: int = 5

    def moves(self, view):
        before = getattr(self, "seen", Seen(0))
        self.seen, self.pair = Seen(before.days + 1), Pair(1, 2)
        return []


def one(market):
    return 1.0
'''


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module of one's own that is imported anew."""
    name = "watch_of_ones_own"
    (tmp_path / f"{name}.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name
    sys.modules.pop(name, None)


def test_a_strategy_of_ones_own_goes_on_when_its_reader_names_it(own_module: str, tmp_path: Path) -> None:
    named = [f"{own_module}:Watch", f"{own_module}:one"]
    words = (f"strategy.name={named[0]}", "+strategy.upto=7", f"measures.market.one={named[1]}")
    file = parts.saved(tmp_path / "own.market", *words)
    sys.modules.pop(own_module)
    with pytest.raises(SettingsError, match=FOREIGN):
        load_market(file)
    with pytest.raises(SettingsError, match=FOREIGN):
        load_market(file, trusted=named[:1])
    assert own_module not in sys.modules
    market = load_market(file, trusted=named)
    strategy: Any = market.platforms[0].strategy
    assert (strategy.seen.days, strategy.pair.second, strategy.parameters.upto) == (3, 2, 7)
    market.step()
    assert strategy.seen.days == 4
    market.close()


@pytest.mark.parametrize("name", ["Popen", "one", "dataclass", "Watch.moves", "Strategy", "Seen.__init__"])
def test_a_module_named_for_its_strategy_gives_only_its_own_classes(own_module: str, tmp_path: Path, name: str) -> None:
    file = parts.saved(tmp_path / "own.market", f"strategy.name={own_module}:Watch")
    state = parts.state_of(file)
    for tag in ("named", "object"):
        state["moves_today"] = [tag, f"{own_module}:{name}"]
        changed = parts.written(tmp_path / "a.market", parts.header_of(file), state, parts.rest_of(file)[1])
        with pytest.raises(SettingsError, match=NO_CLASS):
            load_market(changed, trusted=[f"{own_module}:Watch"])


def test_a_command_names_its_strategy_beside_the_file(
    own_module: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = parts.saved(tmp_path / "own.market", f"strategies.kuaishou={own_module}:Watch")
    quiet = ["output.progress=never", "output.pictures=never", f"hydra.run.dir={tmp_path}/out"]
    with pytest.raises(SystemExit):
        main.main(["run", f"from_checkpoint={file}", *quiet])
    assert "may be used only when the command names it, too" in capsys.readouterr().err
    main.main(["run", f"from_checkpoint={file}", f"strategies.kuaishou={own_module}:Watch", *quiet])
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["from_checkpoint"] == {"date": "2019-01-04", "changed": []}
    assert summary["settings"]["strategy"]["name"] == "hold"
