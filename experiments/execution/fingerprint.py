"""Fingerprint of the program, its data and a question, by which finished work is recognised."""

from __future__ import annotations

import hashlib
from functools import cache

from secondhalf.numba_cache import FOLDERS

_SOURCES = (".py", ".csv", ".yaml")


@cache
def state() -> str:
    """A hash of the model's sources and of the launches that it reads; what is only compared with runs is left out."""
    found = hashlib.blake2b(digest_size=16)
    inside = [path for folder in FOLDERS for path in folder.rglob("*") if path.suffix in _SOURCES and path.is_file()]
    for path in (*sorted(inside), *sorted((FOLDERS[0].parent / "data").glob("[lr]*.csv"))):
        found.update(path.read_bytes())
    return found.hexdigest()


def identity(*parts: str | bytes) -> str:
    """A hash of a question (settings as JSON, say) and of `state`."""
    found = hashlib.blake2b(state().encode(), digest_size=16)
    for part in parts:
        found.update(part.encode() if isinstance(part, str) else part)
        found.update(b"\0")
    return found.hexdigest()
