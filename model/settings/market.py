"""All settings of one market, checked together, with errors a person can act on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from secondhalf.agents.vocabulary import CHANNELS
from secondhalf.model.columns import MAX_PLATFORMS
from secondhalf.model.settings.base import Settings
from secondhalf.model.settings.mechanisms import Mechanisms, without
from secondhalf.model.settings.people import Merchants, Network, Population, Users
from secondhalf.model.settings.supply import Capability, Channel, Platform, Scenario, Strategy
from secondhalf.model.settings.time import Calendar


class SettingsError(ValueError):
    """One sentence: the setting, its value, what is allowed."""


class Limits(Settings):
    """Caps on the size of a run, whatever else is asked for; `experiment=ci` sets them."""

    users: Annotated[int, Field(ge=2)] | None = None
    merchants: Annotated[int, Field(ge=1)] | None = None
    days: Annotated[int, Field(ge=1)] | None = None


class MarketSettings(Settings):
    """Everything that determines a run, together with the code's version."""

    seed: Annotated[int, Field(ge=0, lt=2**63)]
    platforms: Annotated[list[str], Field(min_length=1, max_length=MAX_PLATFORMS)]
    population: Population
    calendar: Calendar
    network: Network
    users: Users
    merchants: Merchants
    channels: dict[str, Channel]
    capability: dict[str, Capability]
    prominence: dict[str, Annotated[float, Field(ge=0, le=2)]]
    platform: dict[str, Platform]
    strategy: Strategy
    strategies: dict[str, Strategy] = {}
    scenario: Scenario
    mechanisms: Mechanisms
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _names_exist(self) -> MarketSettings:
        twice = sorted({name for name in self.platforms if self.platforms.count(name) > 1})
        if twice:
            raise ValueError(f"platforms={self.platforms} names {twice[0]} twice; name each platform once")
        for name in self.platforms:
            if name not in self.platform:
                raise ValueError(f"platforms names {name!r}; known are {', '.join(sorted(self.platform))}")
        if tuple(self.channels) != CHANNELS:
            raise ValueError(f"channels must be {', '.join(CHANNELS)}, not {', '.join(self.channels)}")
        for platform in self.platforms:
            settings = self.platform[platform]
            for field, names in (
                ("open_at_start", settings.open_at_start),
                ("choosable", settings.choosable or []),
                ("skill", settings.skill),
            ):
                for name in names:
                    self.check_capability(name, f"platform.{platform}.{field}")
        for name in self.strategies:
            if name not in self.platforms:
                raise ValueError(
                    f"strategies.{name}={self.strategies[name].name}: platforms are {', '.join(self.platforms)}"
                )
        for fit in self.merchants.kinds.values():
            unknown = set(fit.fit) - set(CHANNELS)
            if unknown:
                raise ValueError(f"merchants.kinds fit names {unknown.pop()!r}; channels are {', '.join(CHANNELS)}")
        for name, festival in self.calendar.festivals.items():
            for platform in () if festival.platforms == "all" else festival.platforms:
                if platform not in self.platform:
                    raise ValueError(
                        f"calendar.festivals.{name}.platforms names {platform!r}; known are {', '.join(sorted(self.platform))}"
                    )
        if self.scenario.exclusivity and self.scenario.exclusivity.platform not in self.platform:
            raise ValueError(
                f"scenario.exclusivity.platform={self.scenario.exclusivity.platform!r} is not a known platform"
            )
        return self

    def strategy_of(self, platform: str) -> Strategy:
        """The strategy that a platform follows."""
        return self.strategies.get(platform, self.strategy)

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
            mechanisms = Mechanisms.model_validate(values.get("mechanisms", {}))
            checked = cls.model_validate(values)
            plain = without(checked.model_dump(), mechanisms)
            _apply_limits(plain, checked.limits)
            return cls.model_validate(plain)
        except ValidationError as error:
            raise SettingsError(_sentence(error)) from error


def _apply_limits(plain: dict[str, Any], limits: Limits) -> None:
    population, calendar = plain["population"], plain["calendar"]
    if limits.users:
        population["users"] = min(population["users"], limits.users)
    if limits.merchants:
        population["merchants"] = min(population["merchants"], limits.merchants)
    if limits.days:
        calendar["end"] = min(calendar["end"], calendar["start"] + dt.timedelta(days=limits.days - 1))


def _sentence(error: ValidationError) -> str:
    """The first error as `setting=value: what is allowed`."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = str(first["msg"]).removeprefix("Value error, ")
    given = first.get("input")
    if first["type"] == "extra_forbidden":
        return f"{where}={given!r}: there is no such setting"
    if first["type"] == "missing":
        return f"{where}: this setting is missing"
    if isinstance(given, (str, int, float)) and where:
        return f"{where}={given}: {message[0].lower()}{message[1:]}"
    return f"{where}: {message}" if where else message
