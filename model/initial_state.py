"""Initial state of a market: platforms, merchants, and the days of settling in before the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.special import ndtri

from secondhalf.agents.capabilities import CapabilityTable
from secondhalf.agents.merchant import MerchantTable, merchant_table
from secondhalf.agents.move import Move
from secondhalf.agents.objective import Objective
from secondhalf.agents.platform import Platform
from secondhalf.agents.strategies import Launch, Strategy, strategy_class
from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.base import sentence
from secondhalf.conf.schema.calendar import FIRST_DATE
from secondhalf.model.accounts.quarterly_reports import Reports
from secondhalf.model.calendar import FLOW_WINDOW, MarketCalendar
from secondhalf.model.data_files import read_launches
from secondhalf.model.random_streams import Decision, RandomStreams, key, name_id, uniforms
from secondhalf.model.scenario.launch_edits import check_moves, edited_launches
from secondhalf.model.scenario.regulation import Bans, Caps, Preferencing, scenario_calendar
from secondhalf.model.shapes import ALL_TENURE, MARKS_LAST_MONTH
from secondhalf.model.state import State
from secondhalf.model.supply.offer import OfferDesk
from secondhalf.model.users.attention import MONTH_DAYS
from secondhalf.model.users.storage import stock_codes

HABIT_AT_START = 0.4
"""Habit of everybody with the app before the days of settling in bring it to its level."""


def settings_for(settings: MarketSettings | None, rng: int | None, values: Mapping[str, object]) -> MarketSettings:
    """The settings of a market that is asked for by settings or by values, and by a seed.

    Raises
    ------
    SettingsError
        for both kinds together, two seeds, a seed that is no number, and what `conf.schema.compose` refuses
    """
    if rng is not None and "seed" in values:
        raise SettingsError(f"seed={values['seed']}: rng={rng} is the same setting; one of them is needed")
    if rng is not None and (isinstance(rng, bool) or not isinstance(rng, (int, np.integer)) or not 0 <= rng < 2**63):
        raise SettingsError(f"rng={rng}: a seed is needed, a whole number from 0 to 2**63 - 1")
    seed = {} if rng is None else {"seed": int(rng)}
    if settings is None:
        from secondhalf.conf.schema.compose import settings_from_values  # Hydra, which settings of one's own do without

        return settings_from_values({**values, **seed})
    if values:
        raise SettingsError(f"Market(settings, {next(iter(values))}=...): settings or single values, not both")
    return settings.model_copy(update=seed)


def skill_normals(settings: MarketSettings, platform: str) -> NDArray[np.float64]:
    """Standard normal numbers behind a platform's hidden skills, [capability], by the seed.

    Zeros for a platform that decides nothing: it replays what happened, or holds still, with the skills that were
    fitted. Who decides does not know its own.
    """
    count = len(settings.capability)
    if not strategy_class(settings.strategy_of(platform).name).decides:
        return np.zeros(count)
    return np.asarray(ndtri(uniforms(key(settings.seed, Decision.SKILL, who=name_id(platform)), count)))


def capability_table(settings: MarketSettings) -> CapabilityTable:
    """Capabilities as `open_at_start` gives them, with hidden skills (`skill_normals`)."""
    normals = np.stack([skill_normals(settings, name) for name in settings.platforms])
    own = [settings.platform[name] for name in settings.platforms]
    return CapabilityTable(own, settings.capability, normals, settings.prominence, settings.mechanisms.ramps)


def strategies(settings: MarketSettings) -> list[Strategy]:
    """One strategy object a platform.

    Raises
    ------
    SettingsError
        for an unknown strategy or parameters that it refuses
    """
    made = [_strategy(name, settings) for name in settings.platforms]
    check_moves(settings, made)
    return made


def _strategy(platform: str, settings: MarketSettings) -> Strategy:
    chosen = settings.strategy_of(platform)
    group = f"strategies.{platform}" if platform in settings.strategies else "strategy"
    try:
        kind = strategy_class(chosen.name)
    except ValueError as error:
        raise SettingsError(f"strategies.{platform}={chosen.name}: {error}") from error
    try:
        parameters = kind.Parameters.model_validate(chosen.parameters)
    except ValidationError as error:
        unknown = error.errors()[0]["type"] == "extra_forbidden"
        known = f"; {chosen.name} has {', '.join(kind.Parameters.model_fields) or 'none'}" if unknown else ""
        raise SettingsError(sentence(error, group) + known) from error
    launches: list[Launch] = []
    file = getattr(parameters, "launches", None)
    if file:
        launches = read_launches(str(file), list(settings.platform), list(settings.capability))
    # One policy after the last fact, for every study: launches dated later do not happen.
    until = settings.calendar.last_fact
    dated = [launch for launch in launches if launch.platform == platform and FIRST_DATE <= launch.date <= until]
    if kind.replays:
        dated = edited_launches(settings, platform, dated)
    try:
        return kind(platform, parameters, dated)
    except ValueError as error:
        raise SettingsError(f"{group}.name={chosen.name}: {error}") from error


def objective(settings: MarketSettings, platform: str) -> Objective:
    """The objective of a platform."""
    own = settings.objectives.get(platform, settings.objective)
    return Objective(own.goal, own.discount_rate, (own.weights.profit, own.weights.attention, own.weights.gmv))


def starting_merchants(settings: MarketSettings) -> MerchantTable:
    """Merchants before the first day, with kinds, categories, quality and shops drawn from the seed."""
    count = settings.population.merchants
    draws = np.stack([uniforms(key(settings.seed, Decision.MERCHANT, who=w), count) for w in range(3)], axis=1)
    shops = np.stack(
        [uniforms(key(settings.seed, Decision.SHOP, who=name_id(n)), count) for n in settings.platforms], axis=1
    )
    shares = [settings.platform[name].shops_at_start for name in settings.platforms]
    return merchant_table(settings.merchants, count, shares, draws, shops)


def apply_settings(market: State, settings: MarketSettings, end: dt.date | None = None) -> None:
    """Set every field that the settings give (`state.SETTINGS`) but the stages, for the platforms that are there.

    Parameters
    ----------
    end
        last day, when it is not that of the settings
    """
    names = market.platform_names
    dates = settings.calendar if end is None else settings.calendar.model_copy(update={"end": end})
    market.settings = settings
    market.calendar = MarketCalendar(dates, settings.users, names, settings.mechanisms, settings.scenario.shocks)
    market.calendar_ahead = None
    market.random_streams = RandomStreams(settings.seed, names, settings.users.fan.slots)
    market.objectives = {name: objective(settings, name) for name in names}
    market.bans, market.caps, market.entrants = Bans(settings), Caps(settings), settings.entrants


def open_platforms(market: State, settings: MarketSettings) -> None:
    """Set the platforms that are there from the first day, and all fields that need no users and no merchants."""
    market.platform_names = list(settings.first_platforms)  # others enter on their dates (`day.entry`)
    apply_settings(market, settings)
    own = settings.among(market.platform_names)
    deciders = strategies(own)
    market.capabilities = capability_table(own)
    market.platforms = [
        Platform(market, name, p, own.platform[name], market.capabilities, strategy, own.growth)
        for p, (name, strategy) in enumerate(zip(own.platforms, deciders, strict=True))
    ]
    market.desk = OfferDesk(own, market.platforms)
    market.preferencing = Preferencing(settings)
    market.reports = Reports(own.platforms)
    market.scenario_moves, market.moves_today = scenario_calendar(own, market.platforms), []
    market.active_share = np.array([own.platform[name].installed_at_start for name in own.platforms]) / 2
    empty_windows(market)


def empty_windows(market: State) -> None:
    """Begin the flow books, with no day summed."""
    market.window_days, market.window_days_before, market.window_end_before = 0, 0, -1
    market.budgets_now, market.budgets_before = np.zeros(FLOW_WINDOW), np.zeros(FLOW_WINDOW)


def apply_past_moves(market: State) -> None:
    """Carry out what the strategy dates before a later start, with the time for growth in between."""
    start = market.settings.calendar.start
    if start == FIRST_DATE:
        return
    for platform in market.platforms:
        past = platform.strategy.before(start)
        if past is not None:
            _replay(market, platform.index, past, start)


def _replay(market: State, index: int, past: list[tuple[dt.date, Move]], start: dt.date) -> None:
    platform, table = market.platforms[index], market.capabilities
    others = np.arange(table.maturity.shape[0]) != index
    kept = table.maturity[others].copy()
    at = FIRST_DATE
    for date, move in [*past, (start, None)]:
        for _ in range((date - at).days):
            table.advance()
            platform.pass_day()
        at = date
        if move is not None:
            platform.apply(move)
    table.maturity[others] = kept


def settle_in(market: State) -> None:
    """Run the days before the first without entry or exit of users, then start with empty accounts.

    Nobody installs, removes or moves; habits, loyalties, fans and effort find their level. Afterwards the sales of the
    time are taken off the books, and last orders that lie further back are filled in from each user's rate of need.
    """
    columns = market.population.columns
    for p in range(len(market.platform_names)):
        has_app = (columns.installed >> np.uint32(p)) & 1 == 1
        columns.habit[p, has_app] = stock_codes(HABIT_AT_START)
    grown = market.capabilities.maturity.copy()
    for day in range(-market.calendar.warm_up, 0):
        market.day = day
        if day == -MONTH_DAYS:  # the first month's retention counts from a month, as that of every other
            np.bitwise_and(columns.marks, ALL_TENURE, out=columns.marks)
        market.walk_stages()
        market.capabilities.maturity[:] = grown
    market.day = 0
    market.trade.settle()
    table = market.trade.table
    table.gmv[:] = 0.0
    table.products.gmv[:] = 0.0
    market.week.closed_products.clear()
    market.week.closed_merchants.clear()
    columns.minutes_before[:], columns.minutes_now[:] = columns.minutes_now, 0
    for marks in columns.marks:  # a platform at a time, as are all large arrays here
        marks[:] = (marks >> 1) & MARKS_LAST_MONTH | marks & ALL_TENURE
    summed = range(max(-FLOW_WINDOW, -market.calendar.warm_up), 0)
    market.budgets_before[FLOW_WINDOW - len(summed) :] = [market.calendar.day(day).budget for day in summed]
    market.window_days_before = FLOW_WINDOW
    market.record.note_start()
