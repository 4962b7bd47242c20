"""Garbage collection held back while a command starts, and at its end.

Imports and composed settings make half a million objects that stay. To look through them again and again took a fifth
of the processor time from the command to the first day, and to look through them once more when the process ends took
half a second.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_held_back(ends: bool) -> Iterator[None]:
    """Collect nothing until `collect_from_now_on`.

    Parameters
    ----------
    ends
        the process ends after this, and all its memory with it; else collection is as before when the context ends
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ends:
            gc.freeze()
        else:
            gc.unfreeze()
            (gc.enable if before else gc.disable)()


def collect_from_now_on() -> None:
    """Collect again what is made from here on, if that was held back: at the beginning of a study's work.

    A second run in the same process changes nothing, or what the first has left would stay for good.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
