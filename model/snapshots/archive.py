"""Archive of a checkpoint: a ZIP file, and the checks of it that need no market.

`header.json` says what the file is, of which version, and holds the settings; of `state.json` and `arrays.bin` see
`serialise`. Nothing in it is compressed, so that a file never takes more memory than in proportion to its size.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from secondhalf.conf.schema import SettingsError
from secondhalf.temporaries import temporary_beside
from secondhalf.version import __version__

FORMAT, VERSION = "secondhalf checkpoint", 4
"""The version rises when what a market holds changes its shape."""
MEMBERS = ("header.json", "state.json", "arrays.bin")
ON_PAPER = (1980, 1, 1, 0, 0, 0)
"""Date of every member, so that one market always gives the same bytes."""
BEGIN = b"PK\x03\x04"
CUT, NONE = "the file is cut short or damaged", "this is no checkpoint of a market"


class CheckpointError(SettingsError):
    """One sentence: why a file cannot be read, or a market cannot be saved or resumed."""


class Header(BaseModel):
    """Header of a checkpoint. Its settings are plain values, not checked yet."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: str
    version: int
    secondhalf: Annotated[str, Field(max_length=40)]
    sources: Annotated[str, Field(max_length=40)]
    day: Annotated[int, Field(ge=0, le=100_000)]
    date: dt.date
    running: bool
    steps: Annotated[int, Field(ge=0, le=100_000)]
    end: dt.date
    settings: dict[str, Any]


def write_archive(path: Path, header: Header, state: bytes, arrays: bytes) -> Path:
    """Write a file, whole or not at all; returns the path."""
    plain = header.model_dump(mode="json")
    plain["checksum"] = checksum(_text(plain), state, arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    try:
        with zipfile.ZipFile(temporary, "w") as archive:
            for name, content in zip(MEMBERS, (_text(plain), state, arrays), strict=True):
                archive.writestr(zipfile.ZipInfo(name, ON_PAPER), content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def read_archive(path: Path) -> tuple[Header, bytes, bytes]:
    """Header, state and arrays of a file that is whole.

    Raises
    ------
    CheckpointError
        one sentence: there is no file, or it is cut short, damaged, of something else, or of another version
    """
    try:
        written, state, arrays = _members(path)
        return _header(path, written, state, arrays), state, arrays
    except OSError as error:
        raise CheckpointError(f"{path}: the file cannot be read ({error.strerror or error})") from error
    except CheckpointError:
        raise
    except Exception as error:  # whatever a hostile file may bring `zipfile` and `json` to
        raise CheckpointError(f"{path}: the file is damaged ({reason(error)})") from error


def reason(error: Exception) -> str:
    """An error as part of one line."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])[:80]}: {first['msg'][:160]}"
    said = " ".join("".join(letter if letter.isprintable() else " " for letter in str(error)).split())
    return said[:200] or type(error).__name__


def checksum(*parts: bytes | bytearray) -> str:
    """A hash of bytes; it finds damage and proves nothing about who wrote them."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(len(part).to_bytes(8, "little"))
        found.update(part)
    return found.hexdigest()


def _members(path: Path) -> list[bytes]:
    if path.exists() and not path.is_file() and not path.is_dir():  # a pipe would wait, a device never end
        raise CheckpointError(f"{path}: {NONE}")
    with path.open("rb") as file:
        begun = file.read(4)
        if not zipfile.is_zipfile(file):
            raise CheckpointError(f"{path}: {CUT if begun == BEGIN else NONE}")
        size = file.seek(0, os.SEEK_END)
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if [entry.filename for entry in entries] != list(MEMBERS):
                raise CheckpointError(f"{path}: {NONE}")
            stored = all(
                entry.compress_type == zipfile.ZIP_STORED
                and entry.file_size == entry.compress_size
                and not entry.flag_bits & 1
                for entry in entries
            )
            if not stored or sum(entry.file_size for entry in entries) > size:
                raise CheckpointError(f"{path}: the file is damaged (its parts are not stored as they are)")
            return [archive.read(entry) for entry in entries]


def _header(path: Path, written: bytes, state: bytes, arrays: bytes) -> Header:
    plain = json.loads(written)
    if not isinstance(plain, dict) or plain.get("format") != FORMAT or type(plain.get("version")) is not int:
        raise CheckpointError(f"{path}: {NONE}")
    if plain["version"] != VERSION:
        age = "newer" if plain["version"] > VERSION else "older"
        by = reason(ValueError(plain.get("secondhalf", "of no version")))[:40]
        raise CheckpointError(
            f"{path}: written by the {age} secondhalf {by} (format {str(plain['version'])[:20]}); this is "
            f"{__version__}, which reads format {VERSION}: another structure of the market"
        )
    found = plain.pop("checksum", None)
    if found != checksum(_text(plain), state, arrays):
        raise CheckpointError(f"{path}: the file is damaged, its checksum does not fit")
    return Header.model_validate_json(_text(plain))


def _text(plain: dict[str, Any]) -> bytes:
    return json.dumps(plain).encode()
