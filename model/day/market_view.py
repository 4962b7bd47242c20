"""View of a running market for a platform's strategy, with small copies in which it may try moves out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from secondhalf.agents.legal_moves import options
from secondhalf.agents.move import Move
from secondhalf.agents.objective import Objective, Report
from secondhalf.agents.platform import Platform
from secondhalf.agents.strategies.hold import Hold
from secondhalf.agents.view import Seen, View
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.random_streams import Decision, key, name_id, uniforms
from secondhalf.model.state import State

QUARTER_DAYS = 91


class MarketView(View):
    """One platform's view of a market on the day that runs."""

    def __init__(self, market: State, platform: Platform, quarter: bool) -> None:
        self._market, self.platform, self.quarter = market, platform, quarter
        self.date = market.calendar.dates[market.day]
        self.objective: Objective = market.objectives[platform.name]

    @property
    def names(self) -> list[str]:
        return self._market.platform_names

    def reports(self, name: str) -> Sequence[Report]:
        return self._market.reports.closed[name]

    def seen(self) -> Sequence[Seen]:
        return self._market.reports.seen

    def presence(self, name: str, capability: str) -> float:
        return self._market.platforms[self.names.index(name)].presence(capability)

    def options(self) -> list[Move]:
        found = options(self.platform)
        return [move for move in found if self._market.bans.against(self.platform, move, self.date) is None]

    def uniform(self, draw: int = 0) -> float:
        market = self._market
        stream = key(market.settings.seed, Decision.STRATEGY, market.day, name_id(self.platform.name))
        return float(uniforms(stream, draw + 1)[draw])

    def try_out(self, moves: Sequence[Move], quarters: int, users: int) -> list[float]:
        days = quarters * QUARTER_DAYS
        calendar = long_enough(self._market, days)
        closed = self.reports(self.platform.name)
        base = closed[-1] if closed else None
        return [self._payoff(move, quarters, users, calendar, base) for move in moves]

    def _payoff(self, move: Move, quarters: int, users: int, calendar: MarketCalendar, base: Report | None) -> float:
        copy = self._market.fork(users=users, reseed=name_id(self.platform.name), calendar=calendar)
        form_beliefs(copy)
        copy.entrants = {}  # entries are not foreseen
        for platform in copy.platforms:
            platform.strategy = Hold(platform.name, {}, ())
        name, index = self.platform.name, self.platform.index
        copy.reports.close(self.date)
        begun = copy.reports.quarters
        cost = copy.platforms[index].apply(move)
        for _ in range(quarters):
            for _ in range(QUARTER_DAYS):
                copy.step()
            copy.reports.close(copy.calendar.dates[min(copy.day, copy.calendar.days - 1)])
        found = copy.reports.closed[name][begun:]
        copy.close()
        goal = self.objective
        paid = cost if goal.goal == "profit" else 0.0
        if goal.goal == "blend" and base is not None and base.revenue > 0:
            paid = cost / base.revenue * goal.weights[0] / sum(goal.weights)
        return goal.total(found, base) - paid


def form_beliefs(market: State) -> None:
    """Replace skills that are still uncertain by the platform's beliefs: a trial reveals no hidden skill."""
    table = market.capabilities
    doubted = table.doubt > 0
    table.skill[:] = np.where(doubted, np.maximum(np.exp(table.believed), table.maturity), table.skill)


def long_enough(market: State, days: int) -> MarketCalendar:
    """The market's calendar, or a longer one when the days ahead reach beyond its end; kept for the next call."""
    if market.day + days < market.calendar.days:
        return market.calendar
    ahead = market.calendar_ahead
    if ahead is None or market.day + days >= ahead.days:
        end = market.calendar.end + dt.timedelta(days=2 * days)
        settings = market.settings.calendar.model_copy(update={"end": end})
        shocks = market.settings.scenario.shocks
        ahead = MarketCalendar(
            settings, market.settings.users, market.platform_names, market.settings.mechanisms, shocks
        )
        market.calendar_ahead = ahead
    return ahead
