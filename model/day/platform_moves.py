"""Platform moves of a day and their order: dated moves of the scenario, then the platforms' own decisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from secondhalf.agents.legal_moves import MoveError, require_legal
from secondhalf.agents.move import Move
from secondhalf.agents.platform import Platform
from secondhalf.agents.view import Seen
from secondhalf.model.day.market_view import MarketView
from secondhalf.model.random_streams import Decision, key, name_id, uniforms
from secondhalf.model.scenario.regulation import blocked
from secondhalf.model.state import State


def revision_order(platforms: Sequence[Platform], seed: int, date: dt.date) -> list[Platform]:
    """Platforms in the keyed random order of the quarter that `date` lies in."""
    quarter = date.year * 4 + (date.month - 1) // 3
    return [platforms[p] for p in _turns(tuple(platform.name for platform in platforms), seed, quarter)]


@lru_cache(maxsize=8)
def _turns(names: tuple[str, ...], seed: int, quarter: int) -> list[int]:
    """Positions in the keyed order; remembered, as it is asked for every day and new every quarter."""
    return sorted(range(len(names)), key=lambda p: int(key(seed, Decision.REVISION_ORDER, quarter, name_id(names[p]))))


def move_platforms(market: State) -> list[tuple[Platform, Move, float]]:
    """Everything that moves today, carried out: platform, move and what it cost at once, RMB.

    On the first day of a quarter the last one's reports are closed and platforms learn of their own skills; then what
    the scenario bans is closed, its moves follow, and then the strategies'. With ``calendar.revision=sequential`` a
    platform sees the moves of those before it in the keyed order, with `simultaneous` all choose before any of them
    moves. A move that the scenario stops is noted and has no effect.

    Raises
    ------
    MoveError
        when a strategy fails or answers with a move that is not open to it; names platform, date and move
    """
    date, quarter = market.calendar.dates[market.day], market.calendar.starts_quarter(market.day)
    _change_exclusivity(market, date)
    if quarter:
        market.reports.close(date)
        for platform, normals in zip(market.platforms, skill_signals(market), strict=True):
            market.capabilities.learn(platform.index, normals)
    made: list[tuple[Platform, Move, float]] = []

    def carry_out(platform: Platform, move: Move, imposed: bool = False) -> None:
        if move.change == "hold":
            return
        why = market.bans.against(platform, move, date, imposed)
        if why is not None:
            made.append((platform, blocked(move, why), 0.0))
            return
        made.append((platform, move, platform.apply(move)))
        market.reports.seen.append(Seen(date, platform.name, move, market.reports.quarters))

    for platform, move in market.bans.closings(market.platforms, date):
        carry_out(platform, move, imposed=True)
    for platform, move in market.scenario_moves.get(market.day, []):
        carry_out(platform, move, imposed=True)
    turns = revision_order(market.platforms, market.settings.seed, date)
    if market.settings.calendar.revision == "simultaneous":
        chosen: list[tuple[Platform, Sequence[Move] | None]]
        chosen = [(platform, choose(market, platform, quarter)) for platform in turns]
    else:
        chosen = [(platform, None) for platform in turns]
    for platform, moves in chosen:
        for move in choose(market, platform, quarter) if moves is None else moves:
            carry_out(platform, move)
    return made


def _change_exclusivity(market: State, date: dt.date) -> None:
    """Lift exclusivity on its date, or close the shops that it forbids from today on."""
    market.exclusivity.lift_if_due(date, market.trade.table)
    closing = market.exclusivity.begin_if_due(date, market.platform_names, market.trade.table)
    if closing is not None:
        market.trade.settle()  # what was sold before goes by the shops of before
        market.week.change_shops(closing, np.zeros_like(closing))
        market.trade.stale = True


def choose(market: State, platform: Platform, quarter: bool) -> Sequence[Move]:
    """What a platform's strategy answers today, checked."""
    strategy = platform.strategy
    if not (quarter or strategy.daily):
        return ()
    try:
        moves = strategy.moves(MarketView(market, platform, quarter))
        if not strategy.replays:
            for move in moves:
                require_legal(platform, move)
    except Exception as error:
        kind = "" if isinstance(error, MoveError) else f"{type(error).__name__}: "
        where = f"{platform.name} ({market.settings.strategy_of(platform.name).name}), {market.date_label}"
        raise MoveError(f"{where}: {kind}{error}") from error
    return moves


def skill_signals(market: State) -> list[NDArray[np.float64]]:
    """Standard normal numbers of a quarter's skill signals, for each platform."""
    count = len(market.settings.capability)
    seed, day = market.settings.seed, market.day
    return [ndtri(uniforms(key(seed, Decision.SKILL_SIGNAL, day, name_id(n)), count)) for n in market.platform_names]
