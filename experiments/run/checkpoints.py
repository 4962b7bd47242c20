"""Checkpoints of a run: a market saved every so many days, and runs that go on from such a file."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from omegaconf import DictConfig

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.command.compose import load_settings, market_settings, overrides_of
from secondhalf.model.market import Market
from secondhalf.model.snapshots.allow_list import trusted_values
from secondhalf.model.snapshots.archive import CheckpointError
from secondhalf.model.snapshots.checkpoint import Checkpoint, read_checkpoint, register_agents, restore
from secondhalf.model.snapshots.resume import FREE, check_change, go_on, leaves

FOLDER, ENDING = "checkpoints", ".market"
SETTING = "from_checkpoint"


Begun: TypeAlias = tuple[Checkpoint, MarketSettings]
"""A checkpoint and the settings with which its market is resumed."""


class CheckpointWriter:
    """Saves a market every so many days of its calendar, each time into a file named by the day on which it resumes.

    Parameters
    ----------
    folder
        of the run
    every
        days; None for never
    """

    def __init__(self, folder: Path, every: int | None) -> None:
        self.folder, self.every = folder / FOLDER, every

    def clear(self) -> None:
        """Remove the checkpoints of an earlier run, whose settings may have been others."""
        for path in self.folder.glob(f"*{ENDING}"):
            path.unlink()

    def look(self, market: Market) -> None:
        """Save the market when the day has come; at its end nothing is left to go on with."""
        if self.every and market.running and market.day % self.every == 0:
            market.save(self.folder / f"{market.calendar.dates[market.day]}{ENDING}")


def resume_market(checkpoint: Checkpoint, settings: MarketSettings) -> Market:
    """Resume the market of a checkpoint with the given settings."""
    market = restore(checkpoint, Market)
    if changed(checkpoint.settings, settings):
        before, market = market, go_on(market, settings)
        before.close()
        register_agents(market)
    return market


def origin(checkpoint: Checkpoint, settings: MarketSettings) -> dict[str, Any]:
    """Where a run began, for its summary: the day, and which settings have been others before."""
    return {"date": checkpoint.date, "changed": changed(checkpoint.settings, settings)}


def changed(before: MarketSettings, after: MarketSettings) -> list[str]:
    """Names of the settings in which two differ: groups that may change as a whole, else single ones."""
    one, other = (dict(leaves(settings.model_dump(mode="json", exclude={"limits"}))) for settings in (before, after))
    names = [name for name in [*one, *other] if one.get(name) != other.get(name) or (name in one) != (name in other)]
    return list(dict.fromkeys(name.split(".")[0] if name.split(".")[0] in FREE else name for name in names))


def find_checkpoint(config: DictConfig) -> Begun | None:
    """The checkpoint that a configuration names, read, and the settings to go on with; None when it names none.

    The settings are those of the checkpoint, except for those that the configuration sets. The user's own code and
    launches must be named by the configuration as well: an untrusted file alone opens and runs nothing.

    Raises
    ------
    SettingsError
        for a file that cannot be used, and for settings that the past has fixed
    """
    named = config[SETTING]
    if named is None:
        return None
    if not isinstance(named, str):
        raise SettingsError(f"{SETTING}={named}: the name of a file is needed")
    given = market_settings(config).model_dump(mode="json")
    try:
        checkpoint = read_checkpoint(Path(os.path.expanduser(named)), trusted_values(given))
    except CheckpointError as error:
        raise SettingsError(f"{SETTING}={error}") from error
    if not checkpoint.running:
        raise SettingsError(
            f"{SETTING}={named}: its market has reached its last day; one from an earlier day is needed"
        )
    settings = _with(checkpoint.settings, given, config)
    try:
        check_change(checkpoint.settings, settings, dt.date.fromisoformat(checkpoint.date))
    except SettingsError as error:
        raise SettingsError(f"{SETTING}={named}: {error}") from error
    return checkpoint, settings


def _with(before: MarketSettings, given: dict[str, Any], config: DictConfig) -> MarketSettings:
    """Settings of a checkpoint with what a configuration sets: named in its overrides, or not as by default."""
    usual = defaults()
    words = [override.lstrip("+~").partition("=")[0] for override in overrides_of(config)[0]]
    asked = [name for name, value in leaves(given) if _named(name, words) or usual.get(name) != value]
    groups = {name.split(".")[0] for name in asked} | {word.split(".")[0] for word in words}
    raw = before.model_dump(mode="json") | {name: given[name] for name in FREE if name in groups}
    raw["limits"] = given["limits"]
    flat = dict(leaves(given))
    for name in asked:
        if name.split(".")[0] not in (*FREE, "limits"):
            _put(raw, name.split("."), flat[name])
    return MarketSettings.from_dict(raw)


@cache
def defaults() -> dict[str, Any]:
    """Every setting of the default market by its dotted name."""
    return dict(leaves(load_settings().model_dump(mode="json")))


def _named(name: str, words: Sequence[str]) -> bool:
    """Whether an override names a setting, or a group that holds it."""
    return any(name == word or name.startswith(f"{word.replace('/', '.')}.") for word in words)


def _put(raw: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        raw = raw.setdefault(part, {})
    raw[path[-1]] = value
