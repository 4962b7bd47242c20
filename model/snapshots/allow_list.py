"""Allow-list of a checkpoint: classes whose objects it may hold, and code and files that its reader has to trust.

A class that a market comes to hold has to be put on a list here; until then `save_market` refuses it by name.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from typing import Any

from pydantic import BaseModel

from secondhalf.agents.capabilities import CapabilityTable
from secondhalf.agents.learning import EwaLearner, EwaRule
from secondhalf.agents.merchant import MerchantTable
from secondhalf.agents.move import Move
from secondhalf.agents.objective import Report
from secondhalf.agents.platform import Platform
from secondhalf.agents.products import ProductTable
from secondhalf.agents.strategies import STRATEGIES, Launch, strategy_class
from secondhalf.agents.strategies.history import Burst
from secondhalf.agents.view import Seen
from secondhalf.conf.schema import MarketSettings, platforms, population, scenario
from secondhalf.conf.schema.import_path import is_import_path
from secondhalf.conf.schema.mechanisms import Mechanisms
from secondhalf.model.accounts.bookkeeper import Bookkeeper
from secondhalf.model.accounts.day_book import Snapshot
from secondhalf.model.accounts.quarterly_reports import Reports
from secondhalf.model.network.friend_graph import Friends
from secondhalf.model.scenario.exclusivity import ExclusivityRule
from secondhalf.model.scenario.regulation import Blocked, Preferencing
from secondhalf.model.shapes import Behaviour, Columns, Shops
from secondhalf.model.supply.offer import OfferDesk
from secondhalf.model.supply.sales import Trade
from secondhalf.model.supply.weekly_revision import MerchantWeek
from secondhalf.model.users.population import Population

OBJECTS: tuple[type, ...] = (
    *(
        Blocked,
        Bookkeeper,
        CapabilityTable,
        EwaLearner,
        ExclusivityRule,
        EwaRule,
        Launch,
        MerchantTable,
        MerchantWeek,
        Move,
    ),
    *(OfferDesk, Platform, Population, Preferencing, ProductTable, Report, Reports, Seen, Snapshot, Trade),
    *STRATEGIES.values(),
)
NAMED: tuple[type, ...] = (Behaviour, Columns, Friends, Shops)
"""Tuples with names."""
CHECKED: tuple[type, ...] = (
    *(
        MarketSettings,
        population.UserSettings,
        population.MerchantSettings,
        Mechanisms,
        scenario.Exclusivity,
        scenario.SelfPreferencing,
    ),
    *(platforms.CapabilitySettings, platforms.GrowthSettings, platforms.PlatformSettings, Burst),
    *dict.fromkeys(strategy.Parameters for strategy in STRATEGIES.values()),
)
"""Settings."""


def name_of(kind: type) -> str:
    """Module and name of a class."""
    return f"{kind.__module__}:{kind.__qualname__}"


SHIPPED = {name_of(kind): kind for kind in (*OBJECTS, *NAMED, *CHECKED)}


def tag_of(kind: type) -> str:
    """The tag of a class's objects in a file."""
    if issubclass(kind, BaseModel):
        return "settings"
    return "named" if issubclass(kind, tuple) else "object"


def allowed_class(name: str, modules: Collection[str]) -> type | None:
    """The class of a name when its objects may be kept, else None; nothing is imported.

    Parameters
    ----------
    name
        ``module:Class``, with dots before the names of classes within classes
    modules
        of users' strategies, imported already; only classes that they define themselves are found, never what they
        import
    """
    if name in SHIPPED:
        return SHIPPED[name]
    module, _, path = name.partition(":")
    if module not in modules or module not in sys.modules:
        return None
    found: Any = sys.modules[module]
    for part in path.split("."):
        found = vars(found).get(part)
        if not isinstance(found, type):
            return None
    kind: type = found
    if (kind.__module__, kind.__qualname__) != (module, path):
        return None
    maker: Any = kind.__new__
    plain = maker is object.__new__ and kind.__dictoffset__ != 0
    return kind if plain or (issubclass(kind, tuple) and hasattr(kind, "_fields")) else None


def modules_of(settings: MarketSettings) -> set[str]:
    """Modules of the user's own strategies that settings name. It imports them: call it on trusted settings only.

    Raises
    ------
    ValueError
        for a strategy that is none
    """
    names = {chosen.name for chosen in (settings.strategy, *settings.strategies.values())}
    return {strategy_class(name).__module__ for name in names if is_import_path(name)}


def foreign_values(settings: Any) -> Iterator[tuple[str, str]]:
    """Code and files that are not the program's and that plain settings name: setting and value.

    `network.file` is not among them: a market that goes on has its friend graph, and nothing opens the file.
    """
    strategies = _inside(settings, "strategies")
    chosen: dict[str, Any] = {f"strategies.{name}": one for name, one in strategies.items()}
    chosen["strategy"] = _inside(settings, "strategy")
    named = {f"{where}.name": _inside(one).get("name") for where, one in chosen.items()}
    named["network.kind"] = _inside(settings, "network").get("kind")
    for table in ("market", "daily"):
        columns = _inside(_inside(settings, "measures"), table)
        named |= {f"measures.{table}.{name}": columns[name] for name in columns}
    yield from ((where, value) for where, value in named.items() if isinstance(value, str) and is_import_path(value))
    for where, one in chosen.items():
        file = _inside(one).get("launches")
        if isinstance(file, str) and file not in _data():
            yield f"{where}.launches", file


def trusted_values(settings: Any) -> set[str]:
    """Values of `foreign_values`."""
    return {value for _, value in foreign_values(settings)}


def _inside(value: Any, *path: str) -> Mapping[str, Any]:
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _data() -> set[str]:
    """Names of the files that ship."""
    return {entry.name for entry in files("secondhalf.data").iterdir() if entry.name.endswith(".csv")}
