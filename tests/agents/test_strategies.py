"""What every strategy keeps to, those that ship and those of one's own, and what is said of one that does not.

Yours: ``OWN_STRATEGIES=mine.follow:Follow PYTHONPATH=/path/to/work pytest tests/agents/test_strategies.py``.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from secondhalf.agents.legal_moves import MoveError
from secondhalf.agents.platform import Platform
from secondhalf.agents.strategies import STRATEGIES, Move, Strategy, strategy_class
from secondhalf.agents.view import View
from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.import_path import import_object
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model import initial_state
from secondhalf.model.day import platform_moves
from secondhalf.model.day.platform_moves import choose
from secondhalf.model.market import Market

SMALL = ("population.users=60", "population.merchants=8", "calendar.warm_up=56")
SPANS = (("2019-01-01", "2019-05-01"), ("2021-12-30", "2022-01-02"))
"""From the first day, and with a past; both with the first day of a quarter in them."""


def words(name: str) -> list[str]:
    """Overrides that choose a strategy for all platforms."""
    return [f"strategy={name}"] if name in STRATEGIES else ["strategy=hold", f"strategy.name={name}"]


def state(platform: Platform) -> list[Any]:
    """What a strategy could change of its platform, as plain values."""
    table = platform.capabilities
    arrays = (table.maturity, table.exposure, table.prominence, table.skill, table.believed, table.doubt)
    return [*(array.tolist() for array in arrays), platform.recruit, platform.depth, platform.cash]


def moves_of(settings: MarketSettings, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """All moves of a run, each answer held to the contract."""

    def asked(market: Market, platform: Platform, quarter: bool) -> Sequence[Move]:
        before, date = copy.deepcopy(state(platform)), market.date_label
        answer = choose(market, platform, quarter)
        assert isinstance(answer, Sequence), f"{date}: a list is needed, not {answer!r}"
        assert all(isinstance(move, Move) for move in answer), f"{date}: moves are needed, not {answer!r}"
        assert state(platform) == before, f"{date}: a strategy changes nothing but by its moves"
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(platform_moves, "choose", asked)
        market = Market(settings)
        while market.running:
            market.step()
    market.close()
    return market.record.moves


def conforms(chosen: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the strategy that these overrides choose to the contract."""
    for first, last in SPANS:
        settings = load_settings([*SMALL, f"calendar.start={first}", f"calendar.end={last}", *chosen])
        assert moves_of(settings, monkeypatch) == moves_of(settings, monkeypatch), "one seed gives one run"
        for strategy in initial_state.strategies(settings):
            past = strategy.before(settings.calendar.start)
            dates = [date for date, _ in past or ()]
            assert dates == sorted(dates)
            assert all(date < settings.calendar.start for date in dates)
    with pytest.raises(SettingsError, match=r"^strategy\.no_such=1: there is no such setting; "):
        initial_state.strategies(load_settings([*chosen, "strategy.no_such=1"]))


@pytest.mark.parametrize("name", [*STRATEGIES, *os.environ.get("OWN_STRATEGIES", "").split()])
def test_every_strategy_keeps_the_contract(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = strategy_class(name)
    assert kind.__doc__
    assert kind.moves is not Strategy.moves
    conforms(words(name), monkeypatch)


class Meddler(Strategy):
    """Changes what it should only read."""

    def moves(self, view: View) -> list[Move]:
        view.platform.depth = 2.0
        return []


class Teleporter(Strategy):
    """Moves what is not there."""

    def moves(self, view: View) -> list[Move]:
        return [Move("open", "teleport")]


class Clumsy(Strategy):
    """Fails."""

    def moves(self, view: View) -> list[Move]:
        raise KeyError("nothing here")


class Choosy(Strategy):
    """Takes no platform but one."""

    def __init__(self, platform: str, *rest: Any) -> None:
        super().__init__(platform, *rest)
        if platform != "jd":
            raise ValueError(f"{platform} is not for me")

    def moves(self, view: View) -> Sequence[Move]:
        return ()


def test_the_contract_finds_a_meddler(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="a strategy changes nothing"):
        conforms(words(f"{__name__}:Meddler"), monkeypatch)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("Teleporter", r"open teleport is not open to it; open are hold, recruit, deepen, test "),
        ("Clumsy", r"KeyError: 'nothing here'"),
    ],
)
def test_what_is_against_the_rules_stops_the_run(kind: str, message: str) -> None:
    """Platform, strategy and date are named."""
    market = Market(load_settings([*SMALL, *words(f"{__name__}:{kind}"), "calendar.end=2019-01-02"]))
    with pytest.raises(MoveError, match=rf"^\w+ \({__name__}:{kind}\), 2019-01-01: {message}"):
        market.step()
    market.close()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", "unknown strategy; known are best_response, ewa, history, hold, imitate, reservoir, and module:"),
        ("nowhere:Mine", "there is no module 'nowhere', neither installed nor in "),
        ("secondhalf.nowhere:Mine", "there is no module 'secondhalf.nowhere'"),
        ("secondhalf.agents.strategies.hold:Holt", "module .* has no function or class 'Holt'; it has Hold"),
        ("secondhalf.agents.move:Move", "a class derived from secondhalf.agents.strategies.Strategy is needed"),
        ("json:dumps", "a class derived from secondhalf.agents.strategies.Strategy is needed"),
        ("broken:Mine", r"module broken cannot be imported \(SyntaxError"),
        ("lacking:Mine", r"module lacking cannot be imported \(No module named 'no_such_package'\)"),
    ],
)
def test_what_is_no_strategy(name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text("def\n")
    (tmp_path / "lacking.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SettingsError, match=rf"^strategies\.jd={name}: {message}"):
        initial_state.strategies(load_settings([f"strategies.jd={name}"]))


def test_what_it_refuses_itself() -> None:
    settings = load_settings(["platforms=[jd,taobao]", *words(f"{__name__}:Choosy")])
    with pytest.raises(SettingsError, match=r"^strategy\.name=.*Choosy: taobao is not for me$"):
        initial_state.strategies(settings)


def test_the_working_directory_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file there is found, and does not stand in for a package that is installed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_module_of_mine.py").write_text("def answer():\n    return 42\n")
    (tmp_path / "json.py").write_text("raise SystemExit\n")
    assert import_object("a_module_of_mine:answer")() == 42
    assert import_object("json:dumps")([]) == "[]"


def test_strategies_that_decide_decide_differently() -> None:
    """And every move of theirs says why, and on which estimates or numbers."""
    made = {}
    for name in ("reservoir", "ewa", "best_response"):
        market = Market(load_settings([*SMALL, *words(name), "calendar.end=2019-07-02"]))
        while market.running:
            market.step()
        rows = market.record.moves
        assert rows, name
        assert all(row["reason"] for row in rows)
        assert all(row["estimates"] or "million net new users" in row["reason"] for row in rows)
        made[name] = [(row["date"], row["platform"], row["change"], row["capability"]) for row in rows]
        market.close()
    assert made["reservoir"] != made["ewa"] != made["best_response"] != made["reservoir"]


def test_the_strategy_of_the_recipe_keeps_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The class shown in docs/extending.md, to the letter."""
    text = (Path(__file__).parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")
    code = text.split("`mine/follow.py`\n\n```python\n")[1].split("```")[0]
    (tmp_path / "follow_of_the_recipe.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    conforms(words("follow_of_the_recipe:Follow"), monkeypatch)


class First(Strategy):
    """Recruits unless somebody has moved already."""

    def moves(self, view: View) -> list[Move]:
        return [] if view.seen() else [move for move in view.options() if move.change == "recruit"]


@pytest.mark.parametrize(("revision", "movers"), [("sequential", 1), ("simultaneous", 5)])
def test_who_sees_whose_moves(revision: str, movers: int) -> None:
    """One after the other, only the first finds nobody ahead of it; all at once, everybody does."""
    chosen = [*words(f"{__name__}:First"), f"calendar.revision={revision}", "calendar.end=2019-01-02"]
    market = Market(load_settings([*SMALL, *chosen]))
    market.step()
    assert len(market.record.moves) == movers
    market.close()
