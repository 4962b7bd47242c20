"""Configurations made at random: usual, edge and absurd values, and scenarios whose entries are crossed."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path as Folder
from random import Random
from typing import Any

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.vocabulary import CAPABILITY_CHANGES
from secondhalf.experiments.command.compose import NOT_OF_THE_MARKET, compose_config, config_values
from tests.fuzz.settings_of_schema import Path, Place, places, put, value_at

FOLDER = Folder(str(files("secondhalf.conf")))
SIZES = (
    "population.users",
    "population.merchants",
    "calendar.start",
    "calendar.end",
    "calendar.warm_up",
    "limits",
    "scenario",
)
"""Set here, so that a run stays small."""
ENTRANTS = ("xiaohongshu", "newcomer_shelf")
STARTS = ("2019-01-01", "2019-01-01", "2019-03-29", "2020-10-29", "2022-12-30")
STRATEGIES = ("history", "history", "hold", "reservoir", "imitate", "ewa", "best_response")
CHANNEL_NEST: Path = ("users", "channel_nest")
PLATFORM_NEST: Path = ("users", "platform_nest")
AMOUNTS: Path = ("users", "spending", "amounts")
PLATFORMS = ("kuaishou", "douyin", "taobao", "jd", "pinduoduo")


@dataclass
class Configuration:
    """Plain values, and what was changed in them by hand."""

    values: dict[str, Any]
    flavour: str
    changed: dict[str, Any] = field(default_factory=dict)
    absurd: Place | None = None


@cache
def shipped() -> dict[str, Any]:
    return config_values(compose_config([]), NOT_OF_THE_MARKET)


@cache
def all_places() -> tuple[Place, ...]:
    return tuple(p for p in places(MarketSettings, shipped()) if not p.name.startswith(SIZES))


def configuration(number: int) -> Configuration:
    """The configuration of a number, always the same."""
    luck = Random(number)
    made = Configuration(copy.deepcopy(shipped()), ("usual", "edge", "absurd", "edge")[number % 4])
    values = made.values
    start = dt.date.fromisoformat(luck.choice(STARTS))
    days = luck.randint(1, 6)
    values["calendar"] |= {"start": start, "end": start + dt.timedelta(days=days), "warm_up": 56}
    values["population"] |= {"users": luck.choice((2, 20, 40, 60)), "merchants": luck.choice((1, 6, 12))}
    values["platforms"] = luck.sample(PLATFORMS, luck.choice((1, 2, 5, 5)))
    values["strategies"] = {name: luck.choice(STRATEGIES) for name in values["platforms"]}
    for _ in range(luck.randint(1, 6)):
        place = luck.choice(all_places())
        now = value_at(values, place.path)
        _change(made, place, place.edge(luck) if made.flavour == "edge" else place.usual(luck, now))
        _make_fit(made, place)
    values["scenario"] = {"name": "fuzz"} | _scenario(luck, values["platforms"], start, days)
    made.changed["scenario"] = values["scenario"]
    if made.flavour == "absurd":
        made.absurd = luck.choice(all_places())
        _change(made, made.absurd, made.absurd.absurd(luck))
    return made


def _change(made: Configuration, place: Place, value: Any) -> None:
    _put(made, place.path, value)


def _make_fit(made: Configuration, place: Place) -> None:
    """Change with a value what has to fit it: shares that add up to 1, nests in order, amounts that rise."""
    values = made.values
    for group in shares(values):
        if place.path in group:
            others = [path for path in group if path != place.path]
            rest, before = 1 - value_at(values, place.path), [value_at(values, path) for path in others]
            whole = sum(before)
            for path, own in zip(others, before, strict=True):
                _put(made, path, rest * (own / whole if whole else 1 / len(others)))
    users = values["users"]
    if place.path == CHANNEL_NEST and users["channel_nest"] > users["platform_nest"]:
        _put(made, PLATFORM_NEST, users["channel_nest"])
    if place.path == PLATFORM_NEST and users["channel_nest"] > users["platform_nest"]:
        _put(made, CHANNEL_NEST, users["platform_nest"])
    if place.path[:-1] == AMOUNTS:
        _put(made, AMOUNTS, sorted(value_at(values, AMOUNTS)))


def shares(values: dict[str, Any]) -> list[list[Path]]:
    """Places of shares that add up to 1: of the kinds of merchant, of incomes, of the tiers of each income."""
    incomes = values["users"]["spending"]["incomes"]
    own: Path = ("users", "spending", "incomes")
    tiers: list[list[Path]] = [
        [(*own, number, "tiers", tier) for tier in range(len(income["tiers"]))] for number, income in enumerate(incomes)
    ]
    kinds: list[Path] = [("merchants", "kinds", name, "share") for name in values["merchants"]["kinds"]]
    return [kinds, [(*own, number, "share") for number in range(len(incomes))], *tiers]


def _put(made: Configuration, path: Path, value: Any) -> None:
    put(made.values, path, value)
    made.changed[".".join(map(str, path))] = value


def _scenario(luck: Random, there: list[str], start: dt.date, days: int) -> dict[str, Any]:
    """Each kind of entry with a chance of its own, on days of the run, beside it, and on its edges."""
    found: dict[str, Any] = {}
    entrant = luck.choice(ENTRANTS) if luck.random() < 0.6 else None
    entered = start + dt.timedelta(days=luck.randint(0, days))
    names = [*there, *([entrant] if entrant else [])]
    meant = ["*", "content", "shelf", *names]
    capabilities = list(shipped()["capability"])

    def day() -> dt.date:
        return start + dt.timedelta(days=luck.randint(-2, days + 2))

    def span() -> dict[str, dt.date]:
        first, last = sorted((day(), day()))
        return {"since": first, "until": last + dt.timedelta(days=1)}

    if entrant:
        found["entrants"] = [{"platform": entrant, "date": entered}]
    makers: dict[str, Any] = {
        "moves": lambda: {
            "date": max(day(), entered), "platform": luck.choice(names), "change": luck.choice(CAPABILITY_CHANGES),
            "capability": luck.choice(capabilities),
        },
        "without": lambda: {"platform": luck.choice(meant), "capability": luck.choice(["*", *capabilities])},
        "shift": lambda: {
            "platform": luck.choice(meant), "capability": luck.choice(["*", *capabilities]),
            "days": luck.choice((-10_000, -30, 1, 30, 10_000)),
        },
        "bans": lambda: {
            "platform": luck.choice(meant), "capability": luck.choice(["*", *capabilities]), "since": day(),
        },
        "caps": lambda: {
            "platform": luck.choice(meant), "since": day(),
            luck.choice(("take_rate", "ad_take", "ad_yield", "load")): luck.choice((0.0, 0.01, 1.0, 1e9)),
        },
        "shocks": lambda: {
            **span(), "planned_needs": luck.choice((0.0, 0.5, 100.0)), "phone_time": luck.choice((0.01, 1.5, 10.0)),
            "recovery_days": luck.choice((0, 3, 10_000)),
        },
        "self_preferencing": lambda: {
            "platform": luck.choice(meant), "factor": luck.choice((0.001, 2.0, 1000.0)), **span(),
            "own": luck.sample(list(shipped()["merchants"]["kinds"]), 2),
        },
    }  # fmt: skip
    for name, make in makers.items():
        if luck.random() < 0.4:
            found[name] = [make() for _ in range(luck.randint(1, 2))]
    if luck.random() < 0.4:
        bound = luck.choice(there)
        found["exclusivity"] = {"platform": bound, "share": luck.choice((0.0, 0.5, 1.0)), **span()}
        if luck.random() < 0.5:
            found["self_preferencing"] = [{"platform": bound, "factor": 5.0, "own": ["bound"]}]
    return found
