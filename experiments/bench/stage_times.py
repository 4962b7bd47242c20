"""Time of each stage of users within whole days of a market."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from secondhalf.model.users.user_stages import UserStages

STAGES = ("adopt", "arise", "attend", "buy")
"""Stages of users as methods of `UserStages`, in their order; `adopt` meets a friend, too."""


@contextmanager
def timed(users_day: UserStages) -> Iterator[dict[str, float]]:
    """Add up the seconds of each stage while the context lasts."""
    seconds = dict.fromkeys(STAGES, 0.0)
    for name in STAGES:
        setattr(users_day, name, _watched(name, getattr(users_day, name), seconds))
    try:
        yield seconds
    finally:
        for name in STAGES:
            delattr(users_day, name)


def _watched(name: str, stage: Callable[..., Any], seconds: dict[str, float]) -> Callable[..., Any]:
    def watched(*given: Any) -> Any:
        began = time.perf_counter()
        found = stage(*given)
        seconds[name] += time.perf_counter() - began
        return found

    return watched
