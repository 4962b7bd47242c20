"""What each deciding strategy does, on views made by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from secondhalf.agents.legal_moves import MoveError, options, require_legal
from secondhalf.agents.move import Move
from secondhalf.agents.objective import Objective, Report
from secondhalf.agents.strategies import STRATEGIES, Strategy
from secondhalf.agents.strategies.shared_rules import gain
from secondhalf.agents.view import Seen, View
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.market import Market

DAY = dt.date(2020, 1, 1)


def report(new_users: float = 0.0, **numbers: float) -> Report:
    """A quarter of 100 million users, 100 RMB of revenue."""
    plain = {"gmv": 1000.0, "revenue": 100.0, "cost": 20.0, "profit": 80.0, "attention_share": 0.1, "active_users": 5e7}
    return Report(start=DAY, days=90, installed_users=1e8, new_users=new_users, **(plain | numbers))


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(load_settings(["population.users=60", "population.merchants=8", "calendar.warm_up=56"]))


class Made(View):
    """A view whose every answer is given."""

    quarter, date = True, DAY

    def __init__(
        self,
        market: Market,
        name: str,
        reports: Mapping[str, Sequence[Report]],
        seen: Sequence[Seen] = (),
        uniform: float = 0.5,
        payoffs: Sequence[float] = (),
        goal: str = "profit",
    ) -> None:
        self.platform = next(platform for platform in market.platforms if platform.name == name)
        self._market, self._reports, self._seen, self._uniform, self._payoffs = market, reports, seen, uniform, payoffs
        self.objective = Objective(goal)

    @property
    def names(self) -> list[str]:
        return list(self._reports)

    def reports(self, name: str) -> Sequence[Report]:
        return self._reports[name]

    def seen(self) -> Sequence[Seen]:
        return self._seen

    def presence(self, name: str, capability: str) -> float:
        return 0.0

    def options(self) -> list[Move]:
        return options(self.platform)

    def uniform(self, draw: int = 0) -> float:
        return self._uniform

    def try_out(self, moves: Sequence[Move], quarters: int, users: int) -> list[float]:
        return [*self._payoffs, *[-1.0] * len(moves)][: len(moves)]


def strategy(name: str, platform: str = "douyin", **parameters: Any) -> Strategy:
    return STRATEGIES[name](platform, parameters)


def chosen(view: View, one: Strategy) -> list[str]:
    return [str(move) for move in one.moves(view)]


def test_reservoir_recruits_while_people_come(market: Market) -> None:
    many = Made(market, "douyin", {"douyin": [report(5e6)]})
    few = Made(market, "douyin", {"douyin": [report(2e6)]})
    assert chosen(many, strategy("reservoir", many_new=0.03)) == ["recruit"]
    assert chosen(few, strategy("reservoir", many_new=0.03)) != ["recruit"]
    assert chosen(few, strategy("reservoir", many_new=0.01)) == ["recruit"]


def test_reservoir_tests_what_it_believes_in_then_opens_it(market: Market) -> None:
    table = market.capabilities
    mall, search = table.column["mall"], table.column["search"]
    believed = table.believed[1].copy()
    table.believed[1, [mall, search]] = np.log([0.9, 0.5])
    table.believed[1, table.column["subsidy"]] = np.log(0.4)
    view = Made(market, "douyin", {"douyin": [report()]})
    assert chosen(view, strategy("reservoir")) == ["test mall"]
    table.believed[1, search] = np.log(1.9)
    assert chosen(view, strategy("reservoir")) == ["test search"]
    table.change(1, "search", "test", None)
    tested = Seen(DAY, "douyin", Move("test", "search"), 1)
    waiting = Made(market, "douyin", {"douyin": [report()] * 2}, [tested])
    over = Made(market, "douyin", {"douyin": [report()] * 3}, [tested])
    assert chosen(waiting, strategy("reservoir", test_quarters=2)) == ["deepen"]
    assert chosen(over, strategy("reservoir", test_quarters=2)) == ["open search"]
    table.exposure[1, search] = table.maturity[1, search] = 0.0
    table.believed[1] = believed


def test_the_placebo_gets_another_quarter(market: Market) -> None:
    reports = {"douyin": [report(5e6), report(0.0)]}
    assert chosen(Made(market, "douyin", reports, uniform=0.1), strategy("reservoir", shuffled=True)) == ["recruit"]
    assert chosen(Made(market, "douyin", reports, uniform=0.1), strategy("reservoir")) != ["recruit"]


@pytest.mark.parametrize("name", ["reservoir", "imitate", "ewa"])
def test_what_does_not_suit_is_closed(market: Market, name: str) -> None:
    """Only when it is sure enough."""
    table = market.capabilities
    live, p = table.column["live"], 3
    before = table.believed[p, live], table.doubt[p, live]
    view = Made(market, "jd", {"jd": [report()] * 2})
    usual = table.catalogue["live"].skill["shelf"]
    table.believed[p, live], table.doubt[p, live] = np.log(0.8 * usual), 0.01
    assert chosen(view, strategy(name, "jd")) == ["close live"]
    assert "suit" in strategy(name, "jd").moves(view)[0].reason
    table.doubt[p, live] = 0.2
    assert chosen(view, strategy(name, "jd")) != ["close live"]
    table.believed[p, live], table.doubt[p, live] = before


def rivals(after: float) -> dict[str, list[Report]]:
    """Kuaishou earns more after its move, Taobao as much as before."""
    grown = report(revenue=100 + after, profit=80 + after)
    return {"kuaishou": [report(), grown], "douyin": [report(), report()], "taobao": [report(), report()]}


def test_imitate_copies_what_paid_a_rival(market: Market) -> None:
    opened = [Seen(DAY, "kuaishou", Move("open", "mall"), 1), Seen(DAY, "taobao", Move("open", "search"), 1)]
    view = Made(market, "douyin", rivals(50.0), opened, uniform=0.99)
    assert chosen(view, strategy("imitate", precision=200.0)) == ["open mall"]
    assert "open mall" in strategy("imitate", precision=200.0).moves(view)[0].estimates
    lost = Made(market, "douyin", rivals(-50.0), opened, uniform=0.0)
    assert "open mall" not in chosen(lost, strategy("imitate", precision=200.0))
    own = Made(market, "kuaishou", rivals(50.0), opened[:1])
    assert chosen(own, strategy("imitate", "kuaishou")) == []


def test_gains_are_against_all_platforms(market: Market) -> None:
    """Profit over revenue before, less the same of everybody: 50 / 100 - 50 / 300."""
    view = Made(market, "douyin", rivals(50.0))
    assert gain(view, "kuaishou", 1) == pytest.approx(0.5 - 50 / 300)
    assert gain(view, "douyin", 1) == pytest.approx(-50 / 300)
    attention = {name: [report(), report(attention_share=share)] for name, share in (("jd", 0.2), ("douyin", 0.1))}
    assert gain(Made(market, "douyin", attention, goal="attention"), "jd", 1) == pytest.approx(np.log(2) - np.log(1.5))


def test_ewa_does_more_of_what_paid(market: Market) -> None:
    """The chance of a move that paid rises, that of one which cost falls; what a rival's move paid counts in part."""
    learner: Any = strategy("ewa", sharpness=20.0)
    learner.moves(Made(market, "douyin", {"douyin": [report()]}, uniform=0.0))  # the first option: hold
    opened = [Seen(DAY, "kuaishou", Move("open", "mall"), 1)]
    learner.moves(Made(market, "douyin", rivals(50.0), opened, uniform=0.0))
    attraction: Any = learner._learner.attraction[0]
    names: Any = learner._names
    assert attraction[names.index("open mall")] > 0 > attraction[names.index("hold")]
    share = learner._learner.probabilities()[0]
    assert share[names.index("open mall")] == share.max()


def test_best_response_takes_the_best_and_says_what_it_tried(market: Market) -> None:
    view = Made(market, "douyin", {"douyin": [report()], "jd": [report()]}, payoffs=[1.0, 0.5, 3.0])
    own = strategy("best_response", every=2)
    view._reports = {"jd": [report()], "douyin": [report()]}
    (move,) = own.moves(view)
    assert str(move) == "deepen"
    assert "deepen +2" in move.estimates
    assert "hold +0" in move.estimates
    view._payoffs = [1.0]
    assert own.moves(view) == []


def test_platforms_take_turns_to_try_out(market: Market) -> None:
    names = ["kuaishou", "douyin", "taobao"]
    for closed in range(1, 7):
        reports = {name: [report()] * closed for name in names}
        asked = [
            name
            for name in names
            if strategy("best_response", name, every=3).moves(Made(market, name, reports, payoffs=[0.0, 9.0]))
        ]
        assert asked == [names[closed % 3]]


def test_only_what_is_open_is_legal(market: Market) -> None:
    platform = market.platforms[1]
    for move in options(platform):
        require_legal(platform, move)
    for wrong in (
        Move("close", "mall"),
        Move("open", "storefront"),
        Move("strengthen", "search"),
        Move("restore", "mall"),
    ):
        with pytest.raises(MoveError, match=f"^{wrong} is not open to it; open are hold, "):
            require_legal(platform, wrong)
    with pytest.raises(MoveError):
        require_legal(platform, Move("open", "mall"), banned=["mall"])


def test_totals_are_discounted_and_blends_are_ratios() -> None:
    quarters = [report(profit=100.0), report(profit=100.0)]
    assert Objective(discount_rate=0.1).total(quarters) == pytest.approx(100 + 100 * 1.1**-0.25)
    assert Objective("gmv").total([report()]) == 1000.0
    base = report(revenue=50.0, attention_share=0.05, gmv=500.0)
    blend = Objective("blend", weights=(1.0, 0.0, 1.0))
    assert blend.value(report(profit=80.0), base) == pytest.approx((80 / 50 + 1000 / 500) / 2)


def test_growth_costs_what_it_says(market: Market) -> None:
    """Campaigns by factor and days, depth by its logarithm; what is no more than before costs nothing."""
    platform, plain = market.platforms[0], market.platforms[0].growth
    platform.growth = platform.growth.model_copy(update={"recruit_cost": 10.0, "deepen_cost": 1000.0})
    assert platform.apply(Move("recruit", value=1.5, days=90)) == pytest.approx(10 * 0.5 * 90)
    assert platform.apply(Move("recruit", value=0.5, days=90)) == 0.0
    deeper = platform.depth * 1.1
    assert platform.apply(Move("deepen", value=deeper, days=9)) == pytest.approx(1000 * np.log(1.1))
    assert platform.apply(Move("deepen", value=platform.depth, days=9)) == 0.0
    platform.growth = plain
