"""Checkpoint: one file that holds a market between two days, and restores it to the bit.

The file (`archive`) holds the fields that `state.State` declares for it. It is not trusted: it runs no code
and opens no file but those that ship and those that its reader vouches for (`allow_list`), and what it gives is checked
first (`integrity`).
"""

from __future__ import annotations

import datetime as dt
import json
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mesa

from secondhalf.conf.schema import MarketSettings
from secondhalf.conf.schema.import_path import restrict_imports
from secondhalf.model import initial_state
from secondhalf.model.day.stages import in_order
from secondhalf.model.snapshots.allow_list import foreign_values, modules_of
from secondhalf.model.snapshots.archive import (
    FORMAT,
    VERSION,
    CheckpointError,
    Header,
    checksum,
    read_archive,
    reason,
    write_archive,
)
from secondhalf.model.snapshots.fork import M
from secondhalf.model.snapshots.integrity import check_market, check_sizes, try_a_day
from secondhalf.model.snapshots.serialise import Packer, SerialiseError, Unpacker
from secondhalf.model.state import OWN, SHARED, USERS, State, fields
from secondhalf.model.users.user_stages import UserStages
from secondhalf.numba_cache import FOLDERS
from secondhalf.version import __version__

IN_FILE = fields(OWN, SHARED, USERS)
NOT_OF_THE_RECORD = ("_market", "by_platform", "of_market")
"""What a record finds again in its market."""


@dataclass(frozen=True)
class Checkpoint:
    """Content of a checkpoint file.

    Attributes
    ----------
    settings
        under which the market ran
    day, date
        on which it goes on, as a number and as a date; the day after the last for a market at its end
    running
        whether there is a day left
    trusted
        what the reader vouches for, as given to `read_checkpoint`
    """

    path: Path
    settings: MarketSettings
    day: int
    date: str
    running: bool
    header: Header
    state: bytes
    arrays: bytes
    trusted: frozenset[str] = frozenset()


def save_market(market: State, path: Path) -> Path:
    """Write a market, whole or not at all; returns the path.

    Raises
    ------
    CheckpointError
        when a strategy of one's own keeps something that a file cannot hold
    """
    packer = Packer({"market": market, "settings": market.settings}, modules_of(market.settings))
    try:
        state: dict[str, Any] = {name: packer.pack(getattr(market, name), name) for name in IN_FILE}
        taken_down = {name: own for name, own in vars(market.record).items() if name not in NOT_OF_THE_RECORD}
        state["record"] = {name: packer.pack(own, f"record.{name}") for name, own in taken_down.items()}
    except SerialiseError as error:
        raise CheckpointError(f"{path}: {error}") from error
    header = Header(
        format=FORMAT,
        version=VERSION,
        secondhalf=__version__,
        sources=_sources(),
        day=market.day,
        date=market.calendar.dates[0] + dt.timedelta(days=market.day),
        running=market.running,
        steps=market.steps,
        end=market.calendar.end,
        settings=market.settings.model_dump(mode="json"),
    )
    return write_archive(path, header, json.dumps(state, separators=(",", ":")).encode(), bytes(packer.data))


def read_checkpoint(path: Path, trusted: Collection[str] = ()) -> Checkpoint:
    """Read a file and check that it is whole, without making its market.

    Parameters
    ----------
    trusted
        what its settings may name beside what ships, word for word: import paths of code of one's own
        (``mine.follow:Follow``), files of launches

    Raises
    ------
    CheckpointError
        one sentence: there is no file, it is cut short, damaged, of something else, or of another version, or it names
        what is not trusted
    """
    header, state, arrays = read_archive(path)
    _refuse_foreign(path, header.settings, trusted)
    try:
        with restrict_imports(trusted):
            settings = _settings(header)
        first = settings.calendar.start
        days = (header.end - first).days + 1
        fits = header.day <= days and header.date == first + dt.timedelta(days=header.day)
        if not fits or header.running != (header.day < days):
            raise ValueError(f"day {header.day}, {header.date} is none of its calendar")
    except Exception as error:  # settings from an untrusted file, in any shape
        raise CheckpointError(f"{path}: the file is damaged ({reason(error)})") from error
    date = header.date.isoformat()
    return Checkpoint(path, settings, header.day, date, header.running, header, state, arrays, frozenset(trusted))


def restore(checkpoint: Checkpoint, kind: type[M]) -> M:
    """The market, of the class `kind`, of a checkpoint that was read; it goes on as the one that was saved would.

    Raises
    ------
    CheckpointError
        when it gives no market that can go on
    """
    if checkpoint.header.sources != _sources():
        warnings.warn(
            f"{checkpoint.path}: written by another state of the program; days from {checkpoint.date} on are run by "
            "this one",
            stacklevel=2,
        )
    try:
        market = _market(checkpoint, kind)
        try_a_day(market)
    except CheckpointError:
        raise
    except Exception as error:  # a market from an untrusted file may fail anywhere
        raise CheckpointError(f"{checkpoint.path}: its market cannot be made again ({reason(error)})") from error
    return market


def _market(checkpoint: Checkpoint, kind: type[M]) -> M:
    settings = checkpoint.settings
    market = kind.__new__(kind)
    mesa.Model.__init__(market, rng=settings.seed % 2**32)

    def check(plain: Any) -> None:
        _refuse_foreign(checkpoint.path, plain, checkpoint.trusted)

    outside = {"market": market, "settings": settings}
    unpacker = Unpacker(checkpoint.arrays, outside, modules_of(settings), check)
    state = json.loads(checkpoint.state)
    with restrict_imports(checkpoint.trusted):
        found = {name: unpacker.unpack(state[name]) for name in IN_FILE}
        taken_down = {name: unpacker.unpack(own) for name, own in state["record"].items()}
    vars(market).update(found)
    check_sizes(market, settings, checkpoint.day)
    market.stages = in_order(settings.stage_order)
    # A fork's calendar may be longer than the settings', and has to be one that settings may have.
    dates = type(settings.calendar).model_validate(settings.calendar.model_dump() | {"end": checkpoint.header.end})
    initial_state.apply_settings(market, settings, dates.end)
    market.record = kind.recorder(market)
    check_market(market, taken_down)
    vars(market.record).update(taken_down)
    market.users_day = UserStages(market.population, market.friends)
    register_agents(market)
    market.count_from(checkpoint.header.steps)
    return market


def register_agents(market: State) -> None:
    """Give platforms, merchants and users the numbers that they have in a market from its first day, entrants last."""
    mesa.Model.remove_all_agents(market)
    first = len(market.settings.first_platforms)
    for platform in market.platforms[:first]:
        mesa.Agent.__init__(platform, market)
    market.register_people()
    for platform in market.platforms[first:]:
        mesa.Agent.__init__(platform, market)


def _settings(header: Header) -> MarketSettings:
    seed = header.settings["seed"]  # the seed of a reseeded fork is outside the range that settings allow
    if type(seed) is not int or not 0 <= seed < 2**64:
        raise ValueError("settings.seed is no seed")
    settings = MarketSettings.model_validate_json(json.dumps(header.settings | {"seed": 0}))
    return settings.model_copy(update={"seed": seed})


def _refuse_foreign(path: Path, settings: Mapping[str, Any], trusted: Collection[str]) -> None:
    """Refuse code and files that a file alone names."""
    for where, value in foreign_values(settings):
        if value not in trusted:
            named = reason(ValueError(f"{where}={value}"))
            raise CheckpointError(
                f"{path}: its settings name {named}, which does not ship and may be used only when the command names "
                "it, too (in Python: load_market(file, trusted=[...]))"
            )


def _sources() -> str:
    """A hash of the program's agents and market."""
    return checksum(*(path.read_bytes() for folder in FOLDERS for path in sorted(folder.rglob("*.py"))))
