"""Numba kernels: compiler options, chunks of users and a vectorisable exponential, shared by compiled stages.

Stages walk users in fixed chunks; each chunk sums into its own row of partial results and the rows are added in
order, so a result never depends on the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import numba
import numpy as np

from secondhalf.numba_cache import compile_cached

# Read when the threads start. Threads that spin while they wait take the processor from those they wait for as soon as
# anything else runs: four times slower with 20,000 users on two busy cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "20000")


STAGES: list[Any] = []
"""All functions that `compiled_parallel` has made, so that a first run can compile them side by side."""

CHUNK = 1024
"""Users a thread takes at a time: their columns (about 110 kB) stay in the second-level cache."""

Integer: TypeAlias = int | np.signedinteger[Any]
"""A signed whole number; compiled code does not tell Python's from NumPy's."""

_Function = TypeVar("_Function", bound=Callable[..., Any])
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}

_LOG2E = np.float32(1.4426950408889634)
_LN2_HIGH = np.float32(0.693359375)
_LN2_LOW = np.float32(-2.12194440e-4)
_LIMIT = np.float32(80.0)
_ROOT_HALF = np.int32(0x3F3504F3)
"""Bits of the square root of one half, where log32 begins a power of two."""


def compiled(function: _Function) -> _Function:
    """Compile for one thread; LLVM inlines small functions into their callers."""
    return compile_cached(**_OPTIONS)(function)


def compiled_parallel(function: _Function) -> _Function:
    """Compile with ``prange`` over chunks; no fast-math, so the order of every sum is fixed.

    The body of the ``prange`` must hand NamedTuples on to a `compiled` function: assignments to their arrays made
    directly inside the parallel loop are lost without a word (Numba 0.68).
    """
    stage = compile_cached(parallel=True, **_OPTIONS)(function)
    STAGES.append(stage)
    return stage


@compiled
def chunk_count(users: int) -> int:
    """Number of chunks that hold `users` users."""
    return (users + CHUNK - 1) // CHUNK


@contextmanager
def threads_for(users: int) -> Iterator[None]:
    """Limit the threads to the number of chunks while the context lasts."""
    before = numba.get_num_threads()
    numba.set_num_threads(max(1, min(chunk_count(users), before)))
    try:
        yield
    finally:
        numba.set_num_threads(before)


@compiled
def bounds(chunk: int, users: int) -> tuple[Integer, Integer]:
    """First user of a chunk and one past its last, as signed numbers (``prange`` counts unsigned)."""
    first = np.int64(chunk) * CHUNK
    return first, min(first + CHUNK, np.int64(users))


@compiled
def exp32(x: np.float32) -> np.float32:
    """Single-precision exponential without branches, so that loops over users vectorise.

    Range reduction by powers of two and the degree-5 polynomial of the Cephes library (Moshier 1989); relative error
    below 2e-7. Arguments are held in [-80, 80].
    """
    x = min(max(x, -_LIMIT), _LIMIT)
    scaled = np.floor(x * _LOG2E + np.float32(0.5))
    x = x - scaled * _LN2_HIGH
    x = x - scaled * _LN2_LOW
    p = np.float32(1.9875691500e-4)
    p = p * x + np.float32(1.3981999507e-3)
    p = p * x + np.float32(8.3334519073e-3)
    p = p * x + np.float32(4.1665795894e-2)
    p = p * x + np.float32(1.6666665459e-1)
    p = p * x + np.float32(5.0000001201e-1)
    p = p * x * x + x + np.float32(1.0)
    power = np.int32((np.int32(scaled) + np.int32(127)) << np.int32(23))
    return p * power.view(np.float32)


@compiled
def log32(x: np.float32) -> np.float32:
    """Natural logarithm of a positive normal number without branches or calls, so that loops over users vectorise.

    ``x = 2 ** k m`` with m between the roots of 1/2 and 2, and ``ln m = 2 artanh((m - 1) / (m + 1))`` by its series to
    the 15th power in double precision: rounded once, as by the system's `logf`. No number gives no number.
    """
    bits = np.float32(x).view(np.int32)
    power = np.int32((bits - _ROOT_HALF) >> np.int32(23))
    mantissa = np.int32(bits - np.int32(power << np.int32(23)))
    m = np.float64(mantissa.view(np.float32))
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    series = 1.0 / 13.0 + z * (1.0 / 15.0)
    series = 1.0 / 11.0 + z * series
    series = 1.0 / 9.0 + z * series
    series = 1.0 / 7.0 + z * series
    series = 0.2 + z * series
    series = 1.0 / 3.0 + z * series
    log = np.float64(power) * 0.6931471805599453 + 2.0 * (s + s * z * series)
    return np.float32(log) + (x - x)
