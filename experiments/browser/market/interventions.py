"""Interventions in a running market: opening or closing a capability, setting a subsidy, cutting links.

An intervention is a move of the scenario, dated the day that runs next: so it goes through the same stages as any
other, is told in moves.csv, and a command line can repeat it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from secondhalf.agents.move import Move
from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.base import sentence
from secondhalf.conf.schema.scenario import ScenarioMove
from secondhalf.experiments.browser.text import Said, brief, named, say
from secondhalf.model.initial_state import strategies
from secondhalf.model.market import Market
from secondhalf.model.scenario.regulation import scenario_calendar


class RefusedError(ValueError):
    """An intervention that is not possible; `said` gives the reason in each language."""

    def __init__(self, said: Said) -> None:
        super().__init__(said["en"])
        self.said = said


def requested_move(market: Market, wish: Mapping[str, Any]) -> ScenarioMove:
    """The move that the page requests, on the day that runs next.

    Parameters
    ----------
    wish
        `platform`, `capability`, `change` (`open` or `close`) and, for an opening to a part of the users, `share` in
        (0, 1]

    Raises
    ------
    RefusedError
        when the run is over, nothing would change, the scenario forbids it, or a value is out of its range
    """
    if market.day >= market.calendar.days:
        raise RefusedError(say("run_is_over", date=market.calendar.labels[-1]))
    move = _move(wish, market.calendar.dates[market.day])
    if move.platform not in market.platform_names:
        raise RefusedError(say("no_such_platform", platform=move.platform, known=", ".join(market.platform_names)))
    if move.capability not in market.capabilities.column:
        known = ", ".join(market.capabilities.names)
        raise RefusedError(say("no_such_capability", capability=move.capability, known=known))
    _changes_something(market, move)
    return move


def check_names(settings: MarketSettings, wish: Mapping[str, Any], date: dt.date) -> None:
    """Check an intervention that is planned in a market to come, as far as that can be known now.

    Raises
    ------
    RefusedError
        for an unknown platform or capability, or a value out of its range
    """
    platforms = list(dict.fromkeys([*settings.competing, *settings.platform]))
    move = _move(wish, date)
    if move.platform not in platforms:
        raise RefusedError(say("no_such_platform", platform=brief(move.platform), known=", ".join(platforms)))
    if move.capability not in settings.capability:
        known = ", ".join(settings.capability)
        raise RefusedError(say("no_such_capability", capability=brief(move.capability), known=known))


def _move(wish: Mapping[str, Any], date: dt.date) -> ScenarioMove:
    try:
        return ScenarioMove.model_validate({**wish, "date": date})
    except ValidationError as error:
        text = sentence(error)
        raise RefusedError({"en": text, "zh": text}) from error


def _changes_something(market: Market, move: ScenarioMove) -> None:
    p = market.platform_names.index(move.platform)
    exposure = market.capabilities.exposure[p, market.capabilities.column[move.capability]]
    names = {"platform": named(move.platform), "capability": named(move.capability)}
    if move.change == "close" and exposure == 0:
        raise RefusedError(say("closed_already", **names))
    wanted = 1.0 if move.share is None else move.share
    if move.change == "open" and abs(exposure - wanted) < 1e-9:
        raise RefusedError(say("open_already", share=f"{exposure:.0%}", **names))
    own = Move(move.change, move.capability, share=move.share)
    why = market.bans.against(market.platforms[p], own, move.date, imposed=True)
    if why is not None:
        raise RefusedError({"en": f"{why}.", "zh": f"{why}。"})


def with_move(settings: MarketSettings, move: ScenarioMove) -> MarketSettings:
    """The settings of a run in which the move happens.

    Raises
    ------
    RefusedError
        when it does not fit the scenario's other moves
    """
    scenario = settings.scenario.model_copy(update={"moves": [*settings.scenario.moves, move]})
    changed = settings.model_copy(update={"scenario": scenario})
    try:
        changed = MarketSettings.model_validate(changed.model_dump())
        strategies(changed.among(changed.competing))
    except ValidationError as error:
        text = sentence(error)
        raise RefusedError({"en": text, "zh": text}) from error
    except SettingsError as error:
        raise RefusedError({"en": str(error), "zh": str(error)}) from error
    return changed


def impose(market: Market, move: ScenarioMove) -> None:
    """Let the move happen on its day, which has not begun."""
    market.settings = with_move(market.settings, move)
    here = market.settings.among(market.platform_names)
    market.scenario_moves = scenario_calendar(here, market.platforms)


def override(moves: list[ScenarioMove]) -> list[str]:
    """The Hydra override that has these moves happen; nothing without any."""
    if not moves:
        return []
    told = []
    for move in moves:
        entries = move.model_dump(mode="json", exclude_none=True)
        told.append("{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}")
    return [f"scenario.moves=[{', '.join(told)}]"]
