"""Ranges of combined settings: values allowed one by one but not together are refused before any work.

Utilities enter exponentials in single precision, and drivers go on after their last knot. Both are bounded here from
above, whatever platforms and users do later; the ranges of single settings are in `conf.schema`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.calendar import LARGEST_OF_DRIVERS
from secondhalf.conf.schema.platforms import CapabilitySettings, PlatformSettings
from secondhalf.conf.schema.vocabulary import MAX_PLATFORMS
from secondhalf.model.accounts.day_book import LARGEST_UTILITY
from secondhalf.model.calendar import driver_curve, tier_cdf
from secondhalf.model.supply.offer import LARGEST_CUT, SUPPLY_HALF

SPACE = 85.0
"""Log units: e**85, for utility, depth of a pool and platforms, is a fortieth of what single precision holds."""
TAILS = 6.0
"""Standard deviations: fewer than one user in a billion is further out."""


class Part(NamedTuple):
    """What one setting can add to a utility at most, either way."""

    setting: str
    value: float
    most: float


def check_ranges(settings: MarketSettings) -> None:
    """Refuse settings that leave, together, what single precision holds.

    Raises
    ------
    SettingsError
        one sentence: the setting that does most, its value, and what is allowed
    """
    _check_drivers(settings)
    for name in settings.competing:
        reach = {key: _reach(settings, name, key) for key in settings.capability}
        leisure, buying = (list(parts(settings, name, reach)) for parts in (_leisure, _buying))
        depth = settings.platform[name].gamma * _depth(settings, name)
        rooms = (
            ("buying", buying, LARGEST_UTILITY),
            ("time", leisure, min(LARGEST_UTILITY, SPACE - math.log(depth * MAX_PLATFORMS))),
        )
        for what, parts, room in rooms:
            total = sum(part.most for part in parts)
            if total > room:
                most = max(parts, key=lambda part: part.most)
                raise SettingsError(
                    f"{most.setting}={most.value:g}: with it the utility of {what} on {name} may reach {total:.0f} log "
                    f"units, of which this is {most.most:.0f}; allowed are {room:.0f} in all"
                )


def _check_drivers(settings: MarketSettings) -> None:
    calendar = settings.calendar
    days = (calendar.end - calendar.start).days + 1
    for name, largest in LARGEST_OF_DRIVERS.items():
        highest = float(driver_curve(getattr(calendar, name), calendar.start, days).max())
        if not highest <= largest * (1 + 1e-9):
            last = max(getattr(calendar, name).knots)
            raise SettingsError(
                f"calendar.{name}.knots: what grows on after {last} reaches {highest:.4g} by {calendar.end}; allowed "
                f"is {largest:g}"
            )
    need_value = np.prod(
        [driver_curve(one, calendar.start, days) for one in (calendar.need_value, calendar.gmv_over_retail)], axis=0
    )
    tier_cdf(settings.users.spending, np.array([need_value.min(), need_value.max()]))  # refuses what no tilt reaches


def _depth(settings: MarketSettings, name: str) -> float:
    """Most that a platform's pool is deepened: by its trend, and by itself where it decides."""
    return max(1.0, settings.growth.deepest) * max([1.0, *settings.platform[name].depth_trend.values()])


def _reach(settings: MarketSettings, name: str, key: str) -> float:
    """Largest presence that a capability may reach on a platform, with a skill three deviations above the mean."""
    platform: PlatformSettings = settings.platform[name]
    capability: CapabilitySettings = settings.capability[key]
    skill = platform.skill.get(key, capability.skill.get(platform.kind, 1.0)) * math.exp(3 * capability.skill_sd)
    opened = platform.open_at_start.get(key)
    return max(skill, 0.0 if opened is None else opened.maturity) * max(settings.prominence.values())


def _leisure(settings: MarketSettings, name: str, reach: dict[str, float]) -> Iterable[Part]:
    platform, users, own = settings.platform[name], settings.users, f"platform.{name}"
    yield Part(f"{own}.leisure", platform.leisure, abs(platform.leisure))
    for key, capability in settings.capability.items():
        where, there = f"capability.{key}", reach[key]
        yield Part(f"{where}.leisure_gain", capability.leisure_gain, there * abs(capability.leisure_gain))
        supply = there * capability.supply_gain * math.log1p(2 / SUPPLY_HALF)
        yield Part(f"{where}.supply_gain", capability.supply_gain, supply)
        excess = max(platform.selling_load / capability.clutter_limit - 1, 0.0)
        yield Part(f"{where}.clutter", capability.clutter, there * capability.clutter * excess)
    for line in ("content", "shelf"):
        loading, sd = getattr(platform, f"taste_{line}"), getattr(users, f"taste_sd_{line}")
        yield Part(f"{own}.taste_{line}", loading, TAILS * abs(loading) * sd)
    yield Part("users.habit_weight", users.habit_weight, users.habit_weight)
    yield Part("users.social_weight", users.social_weight, users.social_weight)
    yield Part("users.shock", users.shock, TAILS * users.shock)


def _buying(settings: MarketSettings, name: str, reach: dict[str, float]) -> Iterable[Part]:
    """What adds to the utility of meeting a need here (`users.choice`)."""
    users, platform, own = settings.users, settings.platform[name], f"platform.{name}"
    yield Part(f"{own}.appeal", platform.appeal, abs(platform.appeal))
    drift = max([0.0, *(abs(math.log(factor)) for factor in platform.appeal_trend.values())])
    yield Part(f"{own}.appeal_trend", drift, drift)
    spread = max(abs(math.log(amount) - users.spending.mean_log_amount()) for amount in users.spending.amounts)
    yield Part(f"{own}.tier_fit", platform.tier_fit, abs(platform.tier_fit) * spread)
    cut = min(sum(reach[key] * capability.price_cut for key, capability in settings.capability.items()), LARGEST_CUT)
    yield Part("users.price_weight", users.price_weight, users.price_weight * abs(math.log(1 - cut)))
    yield Part("users.walk_away", users.walk_away, abs(users.walk_away))
    yield Part("users.opening_cost", users.opening_cost, users.opening_cost)
    yield Part("users.first_order_cost", users.first_order_cost, users.first_order_cost)
    sd = users.attachment_sd[platform.kind]
    yield Part(f"users.attachment_sd.{platform.kind}", sd, TAILS * sd + sd**2 / 2)
    yield Part("users.loyalty_weight", users.loyalty_weight, users.loyalty_weight)
    yield Part("users.repeat_bonus", users.repeat_bonus, abs(users.repeat_bonus))
    for key, festival in settings.calendar.festivals.items():
        if festival.platforms == "all" or name in festival.platforms:
            yield Part(f"calendar.festivals.{key}.pull", festival.pull, festival.pull)
    storefront = max(reach[key] for key, capability in settings.capability.items() if capability.opens_all)
    links = sum(reach[key] * capability.link_gain for key, capability in settings.capability.items())
    yield Part("users.closed_loop", users.closed_loop, users.closed_loop * storefront)
    yield Part("users.link_bonus", users.link_bonus, users.link_bonus * links)
    for line in ("content", "shelf"):
        liking, sd = getattr(users, f"{line}_liking"), getattr(users, f"taste_sd_{line}")
        yield Part(f"users.{line}_liking", liking, users.channel_nest * TAILS * liking * sd)
    for key, channel in settings.channels.items():
        largest = max(channel.affinity.model_dump().values())
        opens = max((reach[k] for k, capability in settings.capability.items() if key in capability.opens), default=0.0)
        yield Part(f"channels.{key}.affinity", largest, users.channel_nest * math.log1p(largest * opens))
