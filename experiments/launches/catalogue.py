"""Catalogue of what can be taken away: single launches and declared groups, and the market without them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from secondhalf.agents.strategies import Launch
from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.scenario import Without
from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.experiments.counterfactual.arms import Arms
from secondhalf.experiments.launches.settings import Group, Launches
from secondhalf.model.data_files import read_launches
from secondhalf.model.initial_state import strategies

FIRST = dt.date(2020, 1, 1)
"""Earlier launches are not measured: the calibration has too few facts of the time before."""
KINDS = ("mall", "search", "short_video", "live", "external_links", "subsidy")
"""Capabilities whose launches are measured."""
BUILDS_ON: dict[str, tuple[str, ...]] = {
    "strengthen": ("test", "open"),
    "restore": ("close", "restrict"),
}
"""Changes that presuppose an earlier one: without the latest of these, they do not happen either."""
YEAR, HORIZONS = 365, (1, 2)
"""Days of a window; the windows after a launch."""
LEAST_DAYS = 90
"""A window that the last day leaves fewer days of is not measured."""


@dataclass(frozen=True)
class Item:
    """What is taken away: one launch with what builds on it, or a group.

    Attributes
    ----------
    name, label
        in tables, and in words without the platform
    owner
        the platform whose launches these are
    date
        of the first of them
    channels
        of the owner, that they opened; all of them for what opens none (links, subsidies)
    launches
        all that does not happen
    packages
        traffic packages of festivals that do not happen, by the year from which they hold
    """

    name: str
    label: str
    owner: str
    date: dt.date
    channels: tuple[str, ...]
    launches: tuple[Launch, ...]
    packages: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def of_a_mall(self) -> bool:
        """Whether a mall is among what is taken away."""
        return any(launch.capability == "mall" for launch in self.launches)

    def windows(self, until: dt.date) -> list[tuple[int, int]]:
        """Horizons with the days they have up to a last day: the last may be cut short, one of few days is left out."""
        left = (until - self.date).days + 1
        days = [(horizon, min(left - YEAR * (horizon - 1), YEAR)) for horizon in HORIZONS]
        return [(horizon, count) for horizon, count in days if count >= LEAST_DAYS]


def name_of(launch: Launch) -> str:
    """platform_capability_change_date."""
    return f"{launch.platform}_{launch.capability}_{launch.change}_{launch.date}"


def history(settings: MarketSettings) -> list[Launch]:
    """Dated launches of the competing platforms that replay theirs, as the market carries them out, in order."""
    made = strategies(settings.among(settings.competing))
    found = [launch for strategy in made if strategy.replays for launch in strategy.launches]
    return sorted(found, key=lambda launch: (launch.date, launch.platform, str(launch.capability)))


def measured(launches: Sequence[Launch], settings: MarketSettings) -> list[Launch]:
    """Those of `launches` that the study measures."""
    first = max(FIRST, settings.calendar.start)
    return [one for one in launches if one.date >= first and one.capability in KINDS]


def catalogue(settings: MarketSettings, options: Launches) -> tuple[list[Item], list[str]]:
    """What is measured, in order of dates, and the names of what the last day leaves too few days for.

    Parameters
    ----------
    settings
        with the calendar's last day

    Raises
    ------
    SettingsError
        for a name that is none, one dated after the last fact, a group of several platforms, an unknown festival
    """
    all_ = history(settings)
    single = {name_of(launch): _single(launch, all_, settings) for launch in measured(all_, settings)}
    known = [*single, *options.groups]
    for name in options.only:
        if name not in known:
            raise SettingsError(_unknown("launches.only", name, known, settings))
    asked, until = dict.fromkeys(options.only or known), settings.calendar.end
    items = [single.get(name) or _group(name, options.groups[name], all_, settings) for name in asked]
    for item in items if options.only else ():
        if not item.windows(until):
            raise SettingsError(
                f"launches.only={item.name}: it has fewer than {LEAST_DAYS} days up to {until}, the last that is run"
            )
    late = [item.name for item in items if not item.windows(until)]
    items = sorted((item for item in items if item.windows(until)), key=lambda item: (item.date, item.name))
    if not items:
        raise SettingsError(f"launches.until={until}: no launch has {LEAST_DAYS} days up to then")
    return items, late


def without(settings: MarketSettings, item: Item) -> MarketSettings:
    """The market in which an item does not happen, all else equal.

    An item of no launches and no packages gives the same market.
    """
    rules = [
        Without.model_validate(
            {"platform": one.platform, "capability": one.capability, "changes": [one.change], "dates": [one.date]}
        )
        for one in item.launches
    ]
    scenario = settings.scenario.model_copy(update={"without": [*settings.scenario.without, *rules]})
    festivals = dict(settings.calendar.festivals)
    for name, years in item.packages.items():
        kept = {year: by for year, by in festivals[name].traffic_package.items() if year not in years}
        festivals[name] = festivals[name].model_copy(update={"traffic_package": kept})
    calendar = settings.calendar.model_copy(update={"festivals": festivals})
    return settings.model_copy(update={"scenario": scenario, "calendar": calendar})


def arms_of(settings: MarketSettings, item: Item) -> Arms:
    """The two arms: the market without the item is the baseline, history the alternative."""
    return Arms(without(settings, item), settings, f"without {item.name}", "history")


def _single(launch: Launch, all_: Sequence[Launch], settings: MarketSettings) -> Item:
    taken = _with_what_builds_on([launch], all_)
    label = f"{str(launch.capability).replace('_', ' ')}, {launch.change}"
    return Item(name_of(launch), label, launch.platform, launch.date, _channels(taken, settings), taken)


def _with_what_builds_on(launches: Sequence[Launch], all_: Sequence[Launch]) -> tuple[Launch, ...]:
    """Launches with those that would have nothing to strengthen or to restore without them."""
    taken = list(launches)
    for launch in all_:
        if launch in taken:
            continue
        before = [
            one
            for one in all_
            if (one.platform, one.capability) == (launch.platform, launch.capability)
            and one.change in BUILDS_ON.get(launch.change, ())
            and one.date < launch.date
        ]
        if before and before[-1] in taken:
            taken.append(launch)
    return tuple(sorted(taken, key=lambda one: one.date))


def _channels(launches: Sequence[Launch], settings: MarketSettings) -> tuple[str, ...]:
    opened = [settings.capability[str(one.capability)] for one in launches]
    some = {channel for capability in opened if not capability.opens_all for channel in capability.opens}
    return tuple(channel for channel in CHANNELS if channel in some) or CHANNELS


def _group(name: str, group: Group, all_: Sequence[Launch], settings: MarketSettings) -> Item:
    where = f"launches.groups.{name}"
    by_name = {name_of(launch): launch for launch in measured(all_, settings)}
    for launch in group.launches:
        if launch not in by_name:
            raise SettingsError(_unknown(f"{where}.launches", launch, list(by_name), settings))
    chosen = [by_name[launch] for launch in group.launches]
    owners = sorted({launch.platform for launch in chosen})
    if len(owners) > 1:
        raise SettingsError(f"{where}.launches: they are of {' and '.join(owners)}; a group is of one platform")
    for festival, years in group.packages.items():
        known = settings.calendar.festivals.get(festival)
        if known is None:
            allowed = ", ".join(settings.calendar.festivals)
            raise SettingsError(f"{where}.packages.{festival}: there is no such festival; known are {allowed}")
        for year in years:
            if year not in known.traffic_package:
                begin = ", ".join(map(str, known.traffic_package)) or "none"
                raise SettingsError(f"{where}.packages.{festival}={year}: years in which packages begin are {begin}")
    taken = _with_what_builds_on(chosen, all_)
    dates = [launch.date for launch in taken]
    dates += [
        dt.date.fromisoformat(f"{year}-{settings.calendar.festivals[festival].from_day}")
        for festival, years in group.packages.items()
        for year in years
    ]
    label = group.label or name.replace("_", " ")
    return Item(name, label, owners[0], min(dates), _channels(taken, settings), taken, dict(group.packages))


def _unknown(where: str, name: str, known: Sequence[str], settings: MarketSettings) -> str:
    """Why a name is none: dated after the last fact, not part of this history, or unknown."""
    files = {
        str(strategy.parameters["launches"])
        for strategy in map(settings.strategy_of, settings.competing)
        if "launches" in strategy.parameters
    }
    written = [
        launch
        for file in sorted(files)
        for launch in read_launches(file, list(settings.platform), list(settings.capability))
    ]
    for launch in written:
        if name_of(launch) == name and launch.date > settings.calendar.last_fact:
            return (
                f"{where}={name}: it is dated after calendar.last_fact={settings.calendar.last_fact}, and launches "
                "after it do not happen"
            )
        if name_of(launch) == name:
            kinds = ", ".join(KINDS)
            return (
                f"{where}={name}: it is not measured in this history; allowed are launches from "
                f"{max(FIRST, settings.calendar.start)} on of {kinds}, of platforms whose strategy is history"
            )
    near = get_close_matches(name, known, 3, 0.5) or list(known)[:3]
    return f"{where}={name}: there is no such launch; names are like {', '.join(near) or 'none in this history'}"
