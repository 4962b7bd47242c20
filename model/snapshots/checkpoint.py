"""A market on disk: one file that holds it as it stands between two days, and makes it again to the bit.

The file is a ZIP archive with `header.json` (what it is, of which version, the settings, a checksum), `state.json` and
`arrays.bin` (see `plain`). It holds what a fork has of its own (`fork.OWN`), the users, the record so far, and of what
forks share only what cannot be worked out again from the settings.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mesa

import secondhalf
from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.conf.schema.import_path import is_own
from secondhalf.model import initial_state
from secondhalf.model.calendar import MarketCalendar
from secondhalf.model.day.stages import in_order
from secondhalf.model.observers.record import Record
from secondhalf.model.random_streams import Luck
from secondhalf.model.scenario.regulation import Bans, Caps
from secondhalf.model.snapshots.fork import OWN
from secondhalf.model.snapshots.serialise import Packer, PlainError, Unpacker
from secondhalf.model.users.user_stages import UsersDay
from secondhalf.numba_cache import FOLDERS

if TYPE_CHECKING:
    from secondhalf.model.market import Market

FORMAT, VERSION = "secondhalf checkpoint", 1
"""The version rises when what a market holds changes its shape."""
KEPT = ("friends", "platform_names", "population")
"""What is kept beside `fork.OWN`: users, and what forks share and the settings alone do not give."""
REBUILT = ("settings", "stages", "calendar", "calendar_ahead", "luck", "objectives", "bans", "caps", "entrants")
"""What forks share and the settings give again."""
NOT_OF_THE_RECORD = ("_market", "by_platform", "of_market")
"""What a record finds again in its market."""
MEMBERS = ("header.json", "state.json", "arrays.bin")
ON_PAPER = (1980, 1, 1, 0, 0, 0)
"""Date of every member, so that one market always gives the same bytes."""


class CheckpointError(SettingsError):
    """One sentence: why a file cannot be read, or a market not be kept or gone on with."""


@dataclass(frozen=True)
class Checkpoint:
    """What a file holds.

    Attributes
    ----------
    settings
        under which the market ran
    day, date
        on which it goes on, as a number and as a date; the day after the last for a market at its end
    running
        whether there is a day left
    """

    path: Path
    settings: MarketSettings
    day: int
    date: str
    running: bool
    header: Mapping[str, Any]
    state: bytes
    arrays: bytes


def save_market(market: Market, path: Path) -> Path:
    """Write a market, whole or not at all; returns the path.

    Raises
    ------
    CheckpointError
        when a strategy of one's own keeps something that a file cannot hold
    """
    packer = Packer({"market": market, "settings": market.settings}, _own_modules(market.settings))
    try:
        state: dict[str, Any] = {name: packer.pack(getattr(market, name), name) for name in (*OWN, *KEPT)}
        taken_down = {name: own for name, own in vars(market.record).items() if name not in NOT_OF_THE_RECORD}
        state["record"] = {name: packer.pack(own, f"record.{name}") for name, own in taken_down.items()}
    except PlainError as error:
        raise CheckpointError(f"{path}: {error}") from error
    written = json.dumps(state, separators=(",", ":")).encode()
    first = market.calendar.dates[0]
    header = {
        "format": FORMAT,
        "version": VERSION,
        "secondhalf": secondhalf.__version__,
        "sources": _sources(),
        "day": market.day,
        "date": (first.fromordinal(first.toordinal() + market.day)).isoformat(),
        "running": market.running,
        "steps": market.steps,
        "end": market.calendar.end.isoformat(),
        "settings": market.settings.model_dump(mode="json"),
        "checksum": _checksum(written, packer.data),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, content in zip(MEMBERS, (json.dumps(header).encode(), written, packer.data), strict=True):
                archive.writestr(zipfile.ZipInfo(name, ON_PAPER), bytes(content))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a file and check that it is whole, without making its market.

    Raises
    ------
    CheckpointError
        one sentence: there is no file, or it is cut short, damaged, of something else, or of a newer version
    """
    try:
        if not zipfile.is_zipfile(path):
            begun = path.read_bytes()[:4]
            if begun == b"PK\x03\x04":
                raise CheckpointError(f"{path}: the file is cut short or damaged")
            raise CheckpointError(f"{path}: this is no checkpoint of a market")
        with zipfile.ZipFile(path) as archive:
            if sorted(archive.namelist()) != sorted(MEMBERS):
                raise CheckpointError(f"{path}: this is no checkpoint of a market")
            written, state, arrays = (archive.read(name) for name in MEMBERS)
        header = json.loads(written)
        _check_version(path, header)
        if header["checksum"] != _checksum(state, arrays):
            raise CheckpointError(f"{path}: the file is damaged, its checksum does not fit")
        seed = header["settings"]["seed"]  # that of a fork with other luck is none that anybody may set
        settings = MarketSettings.model_validate_json(json.dumps(header["settings"] | {"seed": 0}))
        settings = settings.model_copy(update={"seed": seed})
        return Checkpoint(path, settings, header["day"], header["date"], header["running"], header, state, arrays)
    except OSError as error:
        raise CheckpointError(f"{path}: the file cannot be read ({error.strerror or error})") from error
    except CheckpointError:
        raise
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
        raise CheckpointError(f"{path}: the file is damaged ({' '.join(str(error).split())})") from error


def load_market(path: Path | str) -> Market:
    """The market of a file; it goes on as the one that was saved would have.

    Raises
    ------
    CheckpointError
        as `read_checkpoint`
    """
    return restore(read_checkpoint(Path(path)))


def restore(checkpoint: Checkpoint) -> Market:
    """The market of a checkpoint that was read."""
    from secondhalf.model.market import Market

    if checkpoint.header["sources"] != _sources():
        warnings.warn(
            f"{checkpoint.path}: written by another state of the program; days from {checkpoint.date} on are run by "
            "this one",
            stacklevel=2,
        )
    settings = checkpoint.settings
    market = Market.__new__(Market)
    mesa.Model.__init__(market, rng=settings.seed % 2**32)
    unpacker = Unpacker(checkpoint.arrays, {"market": market, "settings": settings}, _own_modules(settings))
    try:
        state = json.loads(checkpoint.state)
        for name in (*OWN, *KEPT):
            setattr(market, name, unpacker.unpack(state[name]))
        taken_down = {name: unpacker.unpack(own) for name, own in state["record"].items()}
    except (PlainError, LookupError, TypeError, ValueError, AttributeError, ImportError) as error:
        raise CheckpointError(f"{checkpoint.path}: its market cannot be made again ({error})") from error
    _rebuild(market, settings, checkpoint.header["end"])
    market.record = Record(market)
    vars(market.record).update(taken_down)
    market.users_day = UsersDay(market.population, market.friends)
    register_agents(market)
    market.count_from(checkpoint.header["steps"])
    return market


def register_agents(market: Market) -> None:
    """Give platforms, merchants and users the numbers that they have in a market from its first day, entrants last."""
    mesa.Model.remove_all_agents(market)
    first = len(market.settings.first_platforms)
    for platform in market.platforms[:first]:
        mesa.Agent.__init__(platform, market)
    market.register_people()
    for platform in market.platforms[first:]:
        mesa.Agent.__init__(platform, market)


def _rebuild(market: Market, settings: MarketSettings, end: str) -> None:
    """Set everything in `REBUILT`."""
    names = market.platform_names
    market.settings, market.stages = settings, in_order(settings.stage_order)
    # `model_validate`, so that the last day is a date again; a fork's calendar may be longer than the settings'.
    dates = type(settings.calendar).model_validate({**settings.calendar.model_dump(), "end": end})
    market.calendar = MarketCalendar(dates, names, settings.mechanisms, settings.scenario.shocks)
    market.calendar_ahead = None
    market.luck = Luck(settings.seed, names, settings.users.fan.slots)
    market.objectives = {name: initial_state.objective(settings, name) for name in names}
    market.bans, market.caps, market.entrants = Bans(settings), Caps(settings), settings.entrants


def _check_version(path: Path, header: Any) -> None:
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise CheckpointError(f"{path}: this is no checkpoint of a market")
    if header["version"] != VERSION:
        age = "newer" if header["version"] > VERSION else "older"
        raise CheckpointError(
            f"{path}: written by the {age} secondhalf {header['secondhalf']} (format {header['version']}); this is "
            f"{secondhalf.__version__}, which reads format {VERSION}"
        )


def _checksum(*parts: bytes | bytearray) -> str:
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(part)
    return found.hexdigest()


def _own_modules(settings: MarketSettings) -> set[str]:
    """Modules of one's own whose strategies the settings name."""
    names = [chosen.name for chosen in (settings.strategy, *settings.strategies.values())]
    return {name.partition(":")[0] for name in names if is_own(name)}


def _sources() -> str:
    """A hash of the program's agents and market."""
    return _checksum(*(path.read_bytes() for folder in FOLDERS for path in sorted(folder.rglob("*.py"))))
