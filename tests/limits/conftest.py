"""Hand-made offers, settings and users, so that a limit case depends on nothing but what it states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.command.compose import load_settings
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.network.friend_graph import Friends, build_friends
from secondhalf.model.shapes import Offer
from secondhalf.model.users.population import Population
from secondhalf.model.users.user_stages import UserStages

EVERYBODY_ONLINE = "population.people=1000"
"""Fewer people than the curve of people online ever counted: all users are online from the first day."""

PRACTISED = "users.first_order_cost=0"


@pytest.fixture(scope="session")
def make_offer() -> Callable[..., Offer]:
    """An `Offer` of the given number of platforms in which everything is off but what is given."""

    def make(platforms: int, **given: Any) -> Offer:
        values: dict[str, Any] = {
            "leisure": np.zeros(platforms),
            "taste_weight": np.zeros((2, platforms)),
            "gamma": np.full(platforms, 20.0),
            "seeding": np.zeros(platforms),
            "channel_value": np.ones((4, 2, platforms)) / 2,
            "tier_value": np.zeros((3, platforms)),
            "attachment_sd": np.zeros(platforms),
            "never": np.zeros(platforms),
            "sells": np.zeros(platforms),
            "bonus": np.zeros((platforms + 1, platforms)),
            "innovation": np.zeros(platforms),
            "imitation": np.zeros(platforms),
            "drop": np.zeros(platforms),
            "fan_gain": np.zeros((4, 2, platforms)),
        }
        values |= given
        return Offer(**{k: np.asarray(v, np.uint8 if k == "sells" else np.float32) for k, v in values.items()})

    return make


@pytest.fixture(scope="session")
def make_settings() -> Callable[..., MarketSettings]:
    """Settings with everybody online, complete mixing, nothing installed, no cost of a first order; then overrides."""

    def make(platforms: list[str], *overrides: str) -> MarketSettings:
        bare = [f"platform.{name}.installed_at_start=0" for name in platforms]
        short = "calendar.end=2019-06-30"
        fixed = [f"platforms=[{','.join(platforms)}]", "network=random_mixing", EVERYBODY_ONLINE, short, PRACTISED]
        return load_settings([*fixed, *bare, *overrides])

    return make


@pytest.fixture(scope="session")
def make_users() -> Callable[[MarketSettings], UserStages]:
    """The users of a market without the market: stages are driven by hand."""

    def make(settings: MarketSettings) -> UserStages:
        calendar = MarketCalendar(settings.calendar, settings.users, list(settings.platforms), settings.mechanisms)
        friends: Friends = build_friends(settings.network, settings.population.users, settings.seed)
        return UserStages(Population(settings, calendar), friends)

    return make


@pytest.fixture(scope="session")
def resized() -> Callable[[MarketSettings, int, int], MarketSettings]:
    """The same settings with other numbers of users and seeds (composing anew takes half a second)."""

    def resize(settings: MarketSettings, users: int, seed: int) -> MarketSettings:
        population = settings.population.model_copy(update={"users": users})
        return settings.model_copy(update={"seed": seed, "population": population})

    return resize
