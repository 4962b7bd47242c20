"""Composition of settings: from configuration files and overrides to checked settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from secondhalf.conf.schema.base import SettingsError
from secondhalf.conf.schema.import_path import is_import_path
from secondhalf.conf.schema.market import MarketSettings, WhichMarket

CONFIG_MODULE = "secondhalf.conf"
LAUNCHES = "${market.launches}"
"""How the file of a strategy names the launches of the market that it is used in."""
PLAIN_WORD = re.compile(r"[A-Za-z_][\w.:/-]*")
"""A word that needs no quotes in an override, unless it is one of `NO_WORDS`."""
YEAR_OR_DATE = re.compile(r"\d{4}(-\d\d-\d\d)?")
"""A key of four digits is a year: no list is that long."""
NO_WORDS = ("true", "false", "null", "nan", "inf")


def _groups_of_studies() -> list[str]:
    """Groups of conf/ that do not describe the market: all that the market's settings do not have.

    Files of `experiment` set keys of other groups and are no key of their own.
    """
    folders = {folder.name for folder in Path(str(files(CONFIG_MODULE))).iterdir() if any(folder.glob("*.yaml"))}
    return sorted(folders - {"experiment"} - set(MarketSettings.model_fields))


NOT_OF_THE_MARKET = (*_groups_of_studies(), "from_checkpoint", "resume", "hydra")
"""Keys of a composed configuration that say nothing about the market."""


def load_settings(overrides: Sequence[str] = ()) -> MarketSettings:
    """Settings for Hydra overrides, e.g. ``load_settings(["population.users=1000", "strategy=hold"])``.

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed
    """
    return market_settings(compose_config(overrides))


def settings_from_values(values: Mapping[str, object]) -> MarketSettings:
    """Settings for values by name, e.g. ``{"population.users": 1000, "strategy": "hold"}``.

    Parameters
    ----------
    values
        by the setting's name; two underscores may stand for a dot, so that it can be a keyword

    Raises
    ------
    SettingsError
        naming the setting, its value and what is allowed
    """
    return load_settings([f"{name.replace('__', '.')}={as_word(value)}" for name, value in values.items()])


def as_word(value: object) -> str:
    """A Python value as it is written in an override."""
    if isinstance(value, Mapping):
        # Hydra takes no quotes around a key, so that a date stands as it is.
        keys = [key if isinstance(key, str) else as_word(key) for key in value]
        return "{" + ",".join(f"{key}:{as_word(own)}" for key, own in zip(keys, value.values(), strict=True)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(as_word, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)  # numbers, those of NumPy too, and dates
    if isinstance(value, str) and (not PLAIN_WORD.fullmatch(text) or text.lower() in NO_WORDS):
        return QuotedString(text, Quote.single).with_quotes()
    return text


def compose_config(overrides: Sequence[str]) -> DictConfig:
    """The composed configuration; unknown settings and choices become one clear sentence."""
    GlobalHydra.instance().clear()
    for override in overrides:
        if override.startswith("scenario=["):  # Hydra would let the last one win over the entries of the others
            raise SettingsError(f"{override}: allowed is one scenario; a file of your own can hold several entries")
    try:
        with initialize_config_module(CONFIG_MODULE, version_base="1.3"):
            return compose("config", overrides=open_overrides(overrides), return_hydra_config=True)
    except (HydraException, OmegaConfBaseException, ValueError) as error:  # a group given as a number is a ValueError
        raise SettingsError(_sentence(error, overrides)) from error


def _sentence(error: Exception, overrides: Sequence[str]) -> str:
    text = str(error).splitlines()[0]
    twice = re.match(r"Multiple values for (\S+)\. ", text)
    for override in overrides:
        if twice and override.startswith("+") and override.lstrip("+").startswith(f"{twice[1]}="):
            return f"{override}: there is one already; {override.lstrip('+')} without the + takes its place"
    for override in overrides:
        name, _, value = override.lstrip("+~").partition("=")
        named = f"'{name}'" in text or f"override '{override}'" in text or f"'{name}/{value}'" in text
        if named or (text.startswith("Config group override") and value not in (_choices(name) or [value])):
            return f"{name}={value}: {_allowed(name, error)}"
    return " ".join(str(error).split())


def _choices(group: str) -> list[str]:
    """Names that can be chosen in a group of conf/; none when there is no such group."""
    folder = Path(str(files(CONFIG_MODULE))) / group
    return sorted(path.stem for path in folder.glob("*.yaml") if path.stem != "base")


def _allowed(name: str, error: Exception) -> str:
    found = getattr(error, "options", None) or ()  # on the whole search path, says Hydra
    choices = [choice for choice in found if choice != "base"] or _choices(name)
    if choices:
        return f"unknown choice; allowed are {', '.join(choices)}"
    parent, known = name, None
    while parent and known is None:  # the deepest group that there is
        parent, _, _ = parent.rpartition(".")
        known = OmegaConf.select(compose_config([]), parent) if parent else compose_config([])
    if isinstance(known, DictConfig):
        keys = [str(key) for key in known if key not in NOT_OF_THE_MARKET]
        return f"there is no such setting; {parent or 'at the top'} has {', '.join(keys)}"
    return " ".join(str(error).split())


def market_settings(config: DictConfig, values: Mapping[str, Any] | None = None) -> MarketSettings:
    """Checked settings of a composed configuration.

    Parameters
    ----------
    values
        what `config_values` gives for it, when that is known; its own from then on
    """
    known = config_values(config, without=NOT_OF_THE_MARKET) if values is None else values
    return settings_of({key: known[key] for key in known if key not in NOT_OF_THE_MARKET}, config_folders(config))


def config_values(config: DictConfig, without: Sequence[str] = ("hydra",)) -> dict[str, Any]:
    """The values of a composed configuration as dictionaries, lists and words, without some of its groups."""
    found = {str(key): config[key] for key in config if key not in without}
    return {k: OmegaConf.to_container(v, resolve=True) if OmegaConf.is_config(v) else v for k, v in found.items()}


def settings_of(raw: dict[str, Any], sources: list[Path]) -> MarketSettings:
    """Checked settings of plain values.

    Parameters
    ----------
    raw
        as from `config_values`, of the market alone; what is named in it is filled in
    sources
        folders in which files of platforms and strategies are looked up
    """
    named = _named(raw)
    for name in named:
        raw["platform"][name] = _platform(name, raw["platform"].get(name), sources)
    _check_platforms(raw["platform"], named, sources)
    chosen = raw.get("strategies") or {}
    if not isinstance(chosen, Mapping):
        raise SettingsError(f"strategies={chosen}: strategies.<platform>=<name> is needed")
    found = {name: _strategy(name, own, raw["strategy"], sources) for name, own in chosen.items()}
    raw["strategies"] = {name: _filled(own, raw.get("market")) for name, own in found.items()}
    return MarketSettings.from_dict(raw)


def _named(raw: Mapping[str, Any]) -> list[str]:
    """Platforms that compete from the start or enter later; what is no list of names is refused by the settings."""
    platforms, scenario = raw.get("platforms"), raw.get("scenario")
    entrants = scenario.get("entrants") if isinstance(scenario, Mapping) else None
    names = platforms if isinstance(platforms, list) else []
    later = [e.get("platform") for e in entrants if isinstance(e, Mapping)] if isinstance(entrants, list) else []
    return [name for name in (*names, *later) if isinstance(name, str)]


def config_folders(config: DictConfig) -> list[Path]:
    """Folders that configuration files come from: those of Hydra's search path, and the project's own."""
    known: Any = ()
    if "hydra" in config:
        known = config.hydra.runtime.config_sources
    elif HydraConfig.initialized():
        known = HydraConfig.get().runtime.config_sources
    own = [Path(source.path) for source in known if source.schema == "file"]
    return [*own, Path(str(files(CONFIG_MODULE)))]


def quoted(override: str) -> str:
    """Put quotes around the overrides in `phases.against=[strategy=hold]`, which Hydra cannot read without."""
    name, _, value = override.partition("=")
    if name != "phases.against" or not (value.startswith("[") and value.endswith("]")) or set(value) & set("'\""):
        return override
    words, depth = [""], 0
    for letter in value[1:-1]:
        depth += (letter in "[{(") - (letter in "]})")
        if letter == "," and depth == 0:
            words.append("")
        else:
            words[-1] += letter
    inside = ",".join(f"'{word.strip()}'" for word in words if word.strip())
    return f"{name}=[{inside}]"


def open_overrides(overrides: Sequence[str]) -> list[str]:
    """Let settings under names that people give, and those that a strategy declares, be set without Hydra's `+`.

    `phases.against` needs no quotes, a year or date that is a key (`traffic_boost.2019`) no braces, and
    `+experiment=ci` is `experiment=ci`, as Hydra's tutorials write it.
    """
    named = (
        *("strategy.", "strategies.", "objectives.", "platform.", "measures.", "output.own_pictures."),
        *("equilibrium.history.", "equilibrium.bundles.", "search.space."),
    )
    opened = [with_year(o.removeprefix("+") if o.startswith("+experiment=") else o) for o in overrides]
    return [f"++{o}" if o.startswith(named) and "=" in o else quoted(o) for o in opened]


def with_year(override: str) -> str:
    """`a.b.2019=0.3` as `++a.b={2019:0.3}`, and so a date: Hydra's dotted keys can be neither numbers nor dates."""
    key, is_set, value = override.lstrip("+").partition("=")
    parent, _, last = key.rpartition(".")
    if not (is_set and parent and YEAR_OR_DATE.fullmatch(last)):
        return override
    try:
        parsed = OverridesParser.create().parse_overrides([f"{parent}.y={value}"])[0]
        values = list(parsed.sweep_string_iterator()) if parsed.is_sweep_override() else [value]
    except HydraException:  # refused with its reason when the settings are composed
        return override
    return f"++{parent}=" + ",".join(f"{{{last}:{one}}}" for one in values)


def _read(group: str, name: str, sources: list[Path]) -> dict[str, Any] | None:
    for folder in sources:
        path = folder / group / f"{name}.yaml"
        if path.is_file():
            loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
            return dict(loaded or {})
    return None


def _filled(strategy: Any, market: Any) -> Any:
    """A strategy read from its file beside Hydra, in which the market's launches are named as in Hydra's own files."""
    if not isinstance(strategy, Mapping) or strategy.get("launches") != LAUNCHES:
        return strategy
    launches = market.get("launches") if isinstance(market, Mapping) else None
    return {**strategy, "launches": launches or WhichMarket().launches}


def _platform(name: str, given: Any, sources: list[Path]) -> Any:
    """A platform that `config.yaml` does not list is read from its file; values given on the command line win."""
    if given is not None and (not isinstance(given, Mapping) or "kind" in given):
        return given  # what is no mapping is refused by the settings
    found = _read("platform", name, sources)
    if found is None:
        known = sorted({path.stem for folder in sources for path in (folder / "platform").glob("*.yaml")})
        raise SettingsError(
            f"platforms names {name!r}; known are {', '.join(known)} (one file each in conf/platform)"
            f"{_nearest(name, known)}"
        )
    return found | dict(given or {})


def _check_platforms(given: Mapping[str, Any], named: Sequence[str], sources: list[Path]) -> None:
    """Raise for values of a platform that there is not: of a new one all are needed, and `kind` is the first."""
    whole = [name for name, own in given.items() if isinstance(own, Mapping) and "kind" in own]
    for name in (str(name) for name in given if name not in (*whole, *named)):
        if _read("platform", name, sources) is not None:
            raise SettingsError(
                f"platform.{name}: it is not in this market; `platforms` or the scenario's entrants must name it first"
            )
        raise SettingsError(
            f"platform.{name}: there is no such platform; known are {', '.join(sorted(map(str, whole)))}"
            f"{_nearest(name, whole)}; one of your own needs all its settings, `kind` among them"
        )


def _nearest(name: str, known: Sequence[str]) -> str:
    """The known name that one may have meant, as the end of a sentence; nothing when none is like it."""
    found = get_close_matches(name, known, n=1)
    return f"; the nearest is {found[0]}" if found else ""


def _strategy(platform: str, chosen: Any, default: dict[str, Any], sources: list[Path]) -> dict[str, Any]:
    if isinstance(chosen, Mapping):  # single settings, beside those of the file when `name` is that of one
        found = _read("strategy", str(chosen.get("name")), sources)
        return {**found, **chosen, "name": found["name"]} if found and "name" in found else dict(chosen)
    if chosen == default.get("name"):
        return default
    found = _read("strategy", str(chosen), sources)
    if found is None and is_import_path(str(chosen)):
        return {"name": str(chosen)}
    if found is None:
        known = ", ".join(sorted(path.stem for folder in sources for path in (folder / "strategy").glob("*.yaml")))
        raise SettingsError(
            f"strategies.{platform}={chosen}: unknown strategy; known are {known}, and module:Class for your own"
        )
    return found
