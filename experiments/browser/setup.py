"""What can be set on the page, by the same configuration as the command line: overrides, their choices and ranges."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omegaconf import DictConfig

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.browser.memory import LEAST_USERS, most_users
from secondhalf.experiments.command.compose import choices_of, compose_config, market_settings

LARGEST_SEED = 2**53 - 1
"""Largest whole number that a page can hold."""
GROUPS = ("scenario", "strategy", "network")
"""Groups of conf/ that the page lets one choose from."""
COMPOSING = threading.Lock()
"""Hydra keeps one composition at a time."""


@dataclass(frozen=True)
class Setup:
    """A market as it is asked for: Hydra overrides, and what they come to."""

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
        SettingsError
            naming the setting, its value and what is allowed
        """
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
            "strategies": sorted({*self.choices["strategy"], *self.shown()["strategies"].values()}),
        }


def _with(names: list[str], chosen: str) -> list[str]:
    return names if chosen in names else [*names, chosen]
