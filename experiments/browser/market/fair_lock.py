"""Fair lock: of several tabs' markets one steps at a time, in the order of their requests.

A step uses all threads of the compiled stages, and not every threading layer of Numba can be entered from two threads
at once. A plain lock would let the tab that has just stepped step again before the others.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class FairLock:
    """A first-come, first-served lock; a context manager."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()  # opened by the one before

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


COMPUTE_LOCK = FairLock()
"""The lock of this process: whoever holds it may run a market's compiled stages."""
