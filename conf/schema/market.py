"""Market settings: all settings of one market, checked together, with errors that say what to change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from secondhalf.conf.schema.base import ImportPath, Number, Settings, SettingsError, Whole, Word, sentence
from secondhalf.conf.schema.calendar import CalendarSettings
from secondhalf.conf.schema.mechanisms import Mechanisms, without
from secondhalf.conf.schema.names import EMPTY, check_name
from secondhalf.conf.schema.platforms import (
    CapabilitySettings,
    ChannelSettings,
    GrowthSettings,
    ObjectiveSettings,
    PlatformSettings,
    StrategySettings,
)
from secondhalf.conf.schema.population import MerchantSettings, NetworkSettings, PopulationSettings, UserSettings
from secondhalf.conf.schema.scenario import ALL, BOUND, LINES, Scenario
from secondhalf.conf.schema.vocabulary import CAPABILITY_CHANGES, CHANNELS, ENTRANCES, MAX_PLATFORMS

FACTS = "market_facts.csv"
"""File of data/ with what was reported of the default market."""


class Limits(Settings):
    """Caps on the size of a run, whatever else is asked for; `experiment=ci` sets them."""

    users: Annotated[Whole, Field(ge=2)] | None = None
    merchants: Annotated[Whole, Field(ge=1)] | None = None
    days: Annotated[Whole, Field(ge=1)] | None = None


class MeasureSettings(Settings):
    """Columns of one's own in market.csv and daily.csv: by name, the function of the market that gives them."""

    market: dict[Word, ImportPath] = Field(default_factory=dict)
    daily: dict[Word, ImportPath] = Field(default_factory=dict)


class WhichMarket(Settings):
    """Which market the settings describe: its name, its launches, the reported facts that its values were fitted to.

    `facts` is a file of data/; None says that the values are illustrative, and no fact or forecast is shown.
    """

    name: str = "china"
    label: Annotated[str, Field(min_length=1)] = "China"
    launches: str = "launches.csv"
    facts: Annotated[str, Field(min_length=1)] | None = FACTS

    @property
    def illustrative(self) -> bool:
        """Whether nothing reported stands behind its values."""
        return self.facts is None

    @property
    def has_shipped_facts(self) -> bool:
        """Whether facts and forecasts of data/ are about it."""
        return self.facts == FACTS


class MarketSettings(Settings):
    """Everything that determines a run, together with the code's version."""

    market: WhichMarket = WhichMarket()
    seed: Annotated[Whole, Field(ge=0, lt=2**63)]
    platforms: Annotated[list[str], Field(min_length=1, max_length=MAX_PLATFORMS)]
    population: PopulationSettings
    calendar: CalendarSettings
    network: NetworkSettings
    users: UserSettings
    merchants: MerchantSettings
    channels: dict[str, ChannelSettings]
    capability: dict[str, CapabilitySettings]
    prominence: dict[str, Annotated[Number, Field(ge=0, le=2)]]
    platform: dict[str, PlatformSettings]
    strategy: StrategySettings
    strategies: dict[str, StrategySettings] = Field(default_factory=dict)
    objective: ObjectiveSettings
    objectives: dict[str, ObjectiveSettings] = Field(default_factory=dict)
    growth: GrowthSettings
    scenario: Scenario
    mechanisms: Mechanisms
    stage_order: tuple[str, ...] | None = None
    limits: Limits = Limits()
    measures: MeasureSettings = MeasureSettings()

    @model_validator(mode="after")
    def _names_are_names(self) -> MarketSettings:
        groups: dict[str, Mapping[str, Any]] = {
            "platform": self.platform,
            "capability": self.capability,
            "merchants.kinds": self.merchants.kinds,
            "calendar.festivals": self.calendar.festivals,
        }
        for group, names in groups.items():
            for name in names:
                check_name(name, group)
        check_name(self.scenario.name, "scenario.name")
        check_name(self.market.name, "market.name")
        for name in (*self.measures.market, *self.measures.daily):
            if name.lower() in EMPTY:
                raise ValueError(
                    f"measures: {name!r} is read as missing where tables are opened; allowed is another word"
                )
        return self

    @model_validator(mode="after")
    def _platforms_exist(self) -> MarketSettings:
        twice = sorted({name for name in self.platforms if self.platforms.count(name) > 1})
        if twice:
            raise ValueError(f"platforms={self.platforms} names {twice[0]} twice; name each platform once")
        for name in self.platforms:
            self.check_platform(name, f"platforms={self.platforms}")
        for name, strategy in self.strategies.items():
            if name not in self.competing:
                raise ValueError(f"strategies.{name}={strategy.name}: platforms are {', '.join(self.competing)}")
        for name in self.objectives:
            self.check_platform(name, "objectives")
        return self

    @model_validator(mode="after")
    def _capabilities_exist(self) -> MarketSettings:
        for platform in (*self.platforms, *(name for name in self.entrants if name in self.platform)):
            settings = self.platform[platform]
            for field, names in (
                ("open_at_start", settings.open_at_start),
                ("choosable", settings.choosable or []),
                ("skill", settings.skill),
            ):
                for name in names:
                    self.check_capability(name, f"platform.{platform}.{field}")
        return self

    @model_validator(mode="after")
    def _entrances_exist(self) -> MarketSettings:
        if set(self.prominence) != set(ENTRANCES):
            raise ValueError(f"prominence needs {', '.join(ENTRANCES)}, not {', '.join(self.prominence)}")
        return self

    @model_validator(mode="after")
    def _channels_exist(self) -> MarketSettings:
        for unknown in sorted(set(self.channels) - set(CHANNELS)):
            raise ValueError(f"channels.{unknown}: there is no such channel; allowed are {', '.join(CHANNELS)}")
        if tuple(self.channels) != CHANNELS:
            raise ValueError(f"channels must be {', '.join(CHANNELS)}, not {', '.join(self.channels)}")
        if not any(capability.opens_all for capability in self.capability.values()):
            raise ValueError("capability.*.opens: one capability, the storefront, must open every channel; none does")
        for name, kind in self.merchants.kinds.items():
            for unknown in sorted(set(kind.fit) - set(CHANNELS)):
                raise ValueError(f"merchants.kinds.{name}.fit names {unknown!r}; channels are {', '.join(CHANNELS)}")
        return self

    @model_validator(mode="after")
    def _events_exist(self) -> MarketSettings:
        for name, festival in self.calendar.festivals.items():
            for platform in () if festival.platforms == "all" else festival.platforms:
                self.check_platform(platform, f"calendar.festivals.{name}.platforms")
        check_scenario(self)
        return self

    @property
    def entrants(self) -> dict[str, dt.date]:
        """Platforms that the scenario adds, with their dates, in order of dates."""
        return {entrant.platform: entrant.date for entrant in self.scenario.entrants}

    @property
    def first_platforms(self) -> list[str]:
        """Platforms that compete from the first day on."""
        return [name for name in self.platforms if name not in self.entrants]

    @property
    def competing(self) -> list[str]:
        """All platforms that compete at some time: those there from the first day, then entrants."""
        return [*self.first_platforms, *self.entrants]

    def among(self, platforms: list[str]) -> MarketSettings:
        """The same settings for other platforms that compete."""
        return self if platforms == self.platforms else self.model_copy(update={"platforms": platforms})

    def means(self, pattern: str, platform: str) -> bool:
        """Whether a scenario that names `pattern` (a name, a line of business or `*`) means a platform."""
        return pattern in (ALL, platform, self.platform[platform].kind)

    def strategy_of(self, platform: str) -> StrategySettings:
        """The strategy that a platform follows."""
        return self.strategies.get(platform, self.strategy)

    def check_platform(self, name: str, where: str) -> None:
        """Raise when `name` is no platform of this configuration."""
        if name not in self.platform:
            known = ", ".join(sorted(self.platform))
            raise ValueError(f"{where} names the unknown platform {name!r}; known are {known}")

    def check_capability(self, name: str, where: str) -> None:
        """Raise when `name` is no capability of this configuration."""
        if name not in self.capability:
            raise ValueError(f"{where} names the unknown capability {name!r}; known are {', '.join(self.capability)}")

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> MarketSettings:
        """Check a composed configuration, take out switched-off mechanisms and apply `limits`.

        Raises
        ------
        SettingsError
            with the first offending setting, its value and what is allowed.
        """
        values = dict(raw)
        try:
            checked = cls.model_validate(values)
            plain = without(checked.model_dump(), checked.mechanisms)
            _apply_limits(plain, checked.limits)
            return cls.model_validate(plain)
        except ValidationError as error:
            raise SettingsError(sentence(error)) from error


def _apply_limits(plain: dict[str, Any], limits: Limits) -> None:
    population, calendar = plain["population"], plain["calendar"]
    if limits.users:
        population["users"] = min(population["users"], limits.users)
    if limits.merchants:
        population["merchants"] = min(population["merchants"], limits.merchants)
    if limits.days:
        calendar["end"] = min(calendar["end"], calendar["start"] + dt.timedelta(days=limits.days - 1))


def check_scenario(settings: MarketSettings) -> None:
    """Raise ValueError for the first entry of the scenario that does not fit the other settings."""
    _check_moves(settings)
    _check_entrants(settings)
    scenario = settings.scenario
    for field, entries in scenario:
        if not isinstance(entries, list) or field in ("moves", "entrants"):  # these have checks of their own
            continue
        for number, entry in enumerate(entries):
            where = f"scenario.{field}.{number}"
            if getattr(entry, "platform", ALL) not in (ALL, *LINES):
                settings.check_platform(entry.platform, f"{where}.platform")
            if getattr(entry, "capability", ALL) != ALL:
                settings.check_capability(entry.capability, f"{where}.capability")
    for number, favour in enumerate(scenario.self_preferencing):
        known = (*settings.merchants.kinds, BOUND)
        for name in favour.own:
            if name not in known:
                raise ValueError(f"scenario.self_preferencing.{number}.own={name}: allowed are {', '.join(known)}")
        bound_to = scenario.exclusivity.platform if scenario.exclusivity else "nobody"
        if BOUND in favour.own and favour.platform != bound_to:
            raise ValueError(
                f"scenario.self_preferencing.{number}.own={BOUND}: scenario.exclusivity binds shops to {bound_to}; "
                f"allowed on {favour.platform} are {', '.join(settings.merchants.kinds)}"
            )
    if scenario.exclusivity:
        _check_exclusivity(settings)


def _check_moves(settings: MarketSettings) -> None:
    seen = set()
    for number, move in enumerate(settings.scenario.moves):
        where = f"scenario.moves.{number}"
        settings.check_platform(move.platform, f"{where}.platform")
        settings.check_capability(move.capability, f"{where}.capability")
        if move.change not in CAPABILITY_CHANGES:
            raise ValueError(f"{where}.change={move.change}: allowed are {', '.join(CAPABILITY_CHANGES)}")
        what = (move.date, move.platform, move.capability)
        if what in seen:
            raise ValueError(
                f"{where}.date={move.date}: {move.platform} already moves {move.capability} on that day; allowed is "
                "one move a day"
            )
        seen.add(what)


def _check_entrants(settings: MarketSettings) -> None:
    scenario: Scenario = settings.scenario
    dates: dict[str, dt.date] = {}
    for number, entrant in enumerate(scenario.entrants):
        where = f"scenario.entrants.{number}"
        settings.check_platform(entrant.platform, f"{where}.platform")
        if entrant.platform in dates:
            raise ValueError(f"{where}.platform={entrant.platform}: enters already on {dates[entrant.platform]}")
        if entrant.date < settings.calendar.start:
            raise ValueError(
                f"{where}.date={entrant.date}: an entrant needs a date from calendar.start={settings.calendar.start} on"
            )
        dates[entrant.platform] = entrant.date
    if len(settings.competing) > MAX_PLATFORMS:
        raise ValueError(f"platforms and scenario.entrants name more than {MAX_PLATFORMS} platforms")
    if not settings.first_platforms:
        raise ValueError(f"platforms={settings.platforms}: all of them are entrants; one must be there from the start")
    for number, move in enumerate(scenario.moves):
        if move.date < dates.get(move.platform, move.date):
            raise ValueError(
                f"scenario.moves.{number}.date={move.date}: {move.platform} enters on {dates[move.platform]}; allowed "
                "is that day or a later one"
            )


def _check_exclusivity(settings: MarketSettings) -> None:
    rule = settings.scenario.exclusivity
    assert rule is not None
    settings.check_platform(rule.platform, "scenario.exclusivity.platform")
    for entrant in settings.scenario.entrants:
        if entrant.platform == rule.platform and (rule.since is None or rule.since < entrant.date):
            raise ValueError(
                f"scenario.exclusivity.since={rule.since}: {rule.platform} enters on {entrant.date}; allowed is that "
                "day or a later one"
            )
