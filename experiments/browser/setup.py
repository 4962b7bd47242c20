"""Setup form of the page, from the same configuration as the command line: overrides, their choices and ranges."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.browser.market.interventions import RefusedError
from secondhalf.experiments.browser.text import brief, say
from secondhalf.experiments.command.compose import choices_of, compose_config, market_settings
from secondhalf.experiments.execution.memory import LEAST_USERS, most_users

LARGEST_SEED = 2**53 - 1
"""Largest whole number that a page can hold."""
GROUPS = ("scenario", "strategy", "network")
"""Groups of conf/ that the page lets one choose from."""
COMPOSING = threading.Lock()
"""Hydra keeps one composition at a time."""


@dataclass(frozen=True)
class Setup:
    """Setup of a market: Hydra overrides, and the settings that they give."""

    overrides: tuple[str, ...]
    """as on the command line"""
    folders: tuple[str, ...]
    """the override that finds configuration files of one's own again"""
    settings: MarketSettings
    chosen: Mapping[str, str]
    """by group of `GROUPS`, which file"""
    choices: Mapping[str, list[str]]
    """by group of `GROUPS`, names of its files"""

    @classmethod
    def of(cls, config: DictConfig, overrides: list[str], folders: list[str]) -> Setup:
        """The setup of a composed configuration."""
        chosen = {name: str(config.hydra.runtime.choices[name]) for name in GROUPS}
        choices = {name: _with(choices_of(config, name), chosen[name]) for name in GROUPS}
        return cls(tuple(overrides), tuple(folders), market_settings(config), chosen, choices)

    def changed(self, asked: Mapping[str, Any]) -> Setup:
        """Another setup, as the page asks for.

        Parameters
        ----------
        asked
            `users`, `seed`, a choice by group of `GROUPS`, and `strategies`: by platform a strategy, or an empty word
            for that of all; what is missing stays as it is

        Raises
        ------
        RefusedError
            when a value is requested that the page does not offer; nothing is composed then
        SettingsError
            when the settings do not fit each other: naming the setting, its value and what is allowed
        """
        self.check(asked)
        kept = dict(override.removeprefix("++").partition("=")[::2] for override in self.overrides)
        for group in GROUPS:
            if group in asked and asked[group] != self.chosen[group]:
                kept = {name: value for name, value in kept.items() if not name.lstrip("+").startswith(f"{group}.")}
                kept[group] = str(asked[group])
        for field, name in (("users", "population.users"), ("seed", "seed")):
            if field in asked and asked[field] != self.shown()[field]:
                kept[name] = str(asked[field])
        for platform, name in asked.get("strategies", {}).items():
            if name != self.shown()["strategies"].get(platform, ""):
                own = f"strategies.{platform}"
                kept = {key: value for key, value in kept.items() if key != own and not key.startswith(f"{own}.")}
                if name:
                    kept[own] = name
        overrides = [f"{name}={value}" for name, value in kept.items()]
        with COMPOSING:
            return self.of(compose_config([*overrides, *self.folders]), overrides, list(self.folders))

    def check(self, asked: Mapping[str, Any]) -> None:
        """Check requested settings against what the page offers: `allowed`, and the values that are shown.

        Words of the page go into Hydra, which reads variables of the environment, files and modules that they name: so
        no word goes there that is not on the list.

        Raises
        ------
        RefusedError
            naming the setting, its value and what is allowed
        """
        allowed, shown = self.allowed(), self.shown()
        _offered("settings", [*asked], [*shown])
        for name in GROUPS:
            _offered(name, [asked[name]] if name in asked else [], allowed[name])
        own = asked.get("strategies", {})
        _offered("strategies", [*own] if isinstance(own, Mapping) else [own], allowed["platforms"])
        for platform, chosen in own.items():
            _offered(f"strategies.{platform}", [chosen] if chosen != "" else [], allowed["strategies"])
        for name in ("users", "seed"):
            given, (least, most) = asked.get(name, shown[name]), allowed[name]
            whole = isinstance(given, int) and not isinstance(given, bool)
            if whole and (given == shown[name] or least <= given <= most):  # what the command line gave was checked
                continue
            if name == "users" and whole and given > most:
                raise RefusedError(say("out_of_memory", users=f"{given:,}", most=f"{most:,}"))
            raise RefusedError(say(f"{name}_range", given=brief(given), least=f"{least:,}", most=f"{most:,}"))

    @property
    def digest(self) -> str:
        """Stands for all settings: two markets with the same one give the same numbers."""
        return hashlib.sha256(self.settings.model_dump_json().encode()).hexdigest()[:12]

    def shown(self) -> dict[str, Any]:
        """Values of the controls."""
        own = {name: strategy.name for name, strategy in self.settings.strategies.items()}
        values = {"users": self.settings.population.users, "seed": self.settings.seed, "strategies": own}
        return {**values, **self.chosen}

    def allowed(self) -> dict[str, Any]:
        """Ranges and choices of the controls."""
        networks = [name for name in self.choices["network"] if name != "file" or name == self.chosen["network"]]
        return {
            "users": [LEAST_USERS, most_users(self.settings)],
            "seed": [0, LARGEST_SEED],
            **self.choices,
            "network": networks,
            "platforms": known_platforms(self.settings),
            "strategies": sorted({*self.choices["strategy"], *self.shown()["strategies"].values()}),
        }


def known_platforms(settings: MarketSettings) -> list[str]:
    """Platforms of the configuration, whether or not they compete from the start."""
    return list(dict.fromkeys([*settings.competing, *settings.platform]))


def _offered(setting: str, given: list[object], known: list[str]) -> None:
    for value in given:
        if value not in known:
            raise RefusedError(say("not_offered", setting=setting, given=brief(value), known=", ".join(known)))


def _with(names: list[str], chosen: str) -> list[str]:
    return names if chosen in names else [*names, chosen]
