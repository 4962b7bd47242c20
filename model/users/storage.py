"""Users' numbers in 16 bits: what a column stores, and what it stands for.

Three codes, each an unsigned or signed whole number of 16 bits:

*stock*
    a number in [0, 1] by steps of 1 / 65,535
*positive*
    zero, or a number from 2 ** -14 up to 2 ** 18 with twelve significant bits: the upper bits of a number in single
    precision, moved so that the first code stands for zero. Rounding is to the nearest: relative error at most 2 ** -12
*taste*
    a standard normal number by steps of 1 / 4,096, held in [-8, 8); its unit is the standard deviation of the taste

A stage makes numbers of a block of codes, works in single precision, and makes codes of the results. Readers in Python
(`Population.read`) use the functions in NumPy below, which wait for no compilation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from secondhalf.model.numba_kernels import Integer, compiled
from secondhalf.model.shapes import F32, I16, NEVER, U16

STOCKS = ("habit", "loyalty")
POSITIVES = ("budget_factor", "need_rate", "minutes", "minutes_now", "minutes_before")
"""Columns of either code; `taste` alone has the third."""
SMALLEST, LARGEST = 2.0**-14, 2.0**18 * (1 - 2.0**-11)
"""The least and the largest number of a positive code other than zero."""
POSITIVE_ERROR, STOCK_ERROR = 2.0**-12, 0.5 / 65535
"""Relative error of a positive code, absolute error of a stock's."""
SPENT_MARGIN = np.float32(1 + 4 * POSITIVE_ERROR)
"""Factor on stored minutes that makes up for what rounding hides of a day that is stored four times."""

_SHIFT = np.int32(12)
_BASE = np.int32(int(np.float32(SMALLEST).view(np.int32)) - (1 << 12))  # the first code after zero is SMALLEST
_HALF = np.int32(1 << 11)
_MOST = np.int32(65535)
_NONE, _ZERO = np.int32(0), np.float32(0.0)
_STEP, _STEPS, _ROUND = np.float32(1 / 65535), np.float32(65535), np.float32(0.5)
TASTE_STEPS = 4096
_UNOPENED = 16384


@compiled
def positive(code: Integer) -> np.float32:
    """The number of a positive code."""
    bits = np.int32(np.int32(np.int32(code) << _SHIFT) + _BASE)
    return np.float32(bits.view(np.float32)) if code != 0 else _ZERO


@compiled
def positive_code(number: np.float32) -> np.uint16:
    """The code nearest to a number; zero for what is smaller than all others, the last for what is larger or none."""
    bits = max(np.float32(number).view(np.int32), _NONE)  # a sign is the first bit: what is negative, -0 too, is zero
    code = np.int32(np.int32(bits - _BASE + _HALF) >> _SHIFT)
    return np.uint16(min(max(code, _NONE), _MOST))


@compiled
def stock(code: Integer) -> np.float32:
    """The number of a stock's code."""
    return np.float32(np.int32(code)) * _STEP


@compiled
def stock_code(number: np.float32) -> np.uint16:
    """The code nearest to a number in [0, 1]."""
    return np.uint16(np.int32(number * _STEPS + _ROUND))


@compiled
def read_positives(out: F32, codes: U16) -> None:
    """Fill `out` with the numbers of a block."""
    for j in range(out.size):
        out[j] = positive(codes[j])


@compiled
def write_positives(codes: U16, numbers: F32) -> None:
    """Put numbers into a block."""
    for j in range(numbers.size):
        codes[j] = positive_code(numbers[j])


@compiled
def add_positives(codes: U16, added: F32) -> None:
    """Add numbers to those of a block."""
    for j in range(added.size):
        codes[j] = positive_code(positive(codes[j]) + added[j])


@compiled
def read_stocks(out: F32, codes: U16) -> None:
    """Fill `out` with the stocks of a block."""
    for j in range(out.size):
        out[j] = stock(codes[j])


@compiled
def read_tastes(out: F32, codes: I16, step: np.float32) -> None:
    """Fill `out` with the tastes of a block; `step` is what a step of the code stands for."""
    for j in range(out.size):
        out[j] = step * np.float32(codes[j])


def taste_codes(normals: F32) -> I16:
    """Codes of standard normal numbers."""
    steps = np.rint(normals * TASTE_STEPS)
    return np.asarray(np.clip(steps, -8 * TASTE_STEPS, 8 * TASTE_STEPS - 1), np.int16)


def positive_codes(numbers: NDArray[np.floating]) -> U16:
    """Codes of an array."""
    bits = np.maximum(np.array(numbers, np.float32, order="C").view(np.int32), 0)
    codes: U16 = np.clip((bits - _BASE + _HALF) >> _SHIFT, 0, 65535).astype(np.uint16)
    return codes


def positives(codes: U16) -> F32:
    """Numbers of an array of codes."""
    numbers = ((codes.astype(np.int32) << _SHIFT) + _BASE).view(np.float32)
    return np.asarray(np.where(codes == 0, _ZERO, numbers))


def stock_codes(numbers: NDArray[np.floating] | float) -> U16:
    """Codes of an array of stocks."""
    return (np.clip(np.asarray(numbers, np.float32), 0, 1) * _STEPS + _ROUND).astype(np.uint16)


def stocks(codes: U16) -> F32:
    """Stocks of an array of codes."""
    return codes.astype(np.float32) * _STEP


@compiled
def unopened(day: Integer) -> int:
    """What `last_used` holds of an app installed on a day and not opened since.

    It lies before every day on which an app can have been opened, and after NEVER.
    """
    return int(NEVER + 1 + (day & (_UNOPENED - 1)))


@compiled
def idle_days(last_used: Integer, today: Integer) -> int:
    """Days since an app was opened, or since it was installed if it has not been; NEVER makes no sense here."""
    since_installed = (today - last_used + (NEVER + 1)) & (_UNOPENED - 1)
    return int(today - last_used if last_used >= NEVER + 1 + _UNOPENED else since_installed)


def mask_type(platforms: int) -> type[np.unsignedinteger]:
    """The narrowest type with a bit for each platform."""
    return np.uint8 if platforms <= 8 else np.uint16 if platforms <= 16 else np.uint32


def merchant_type(merchants: int) -> type[np.signedinteger]:
    """The narrower of two types that hold every merchant's number and NOBODY."""
    return np.int16 if merchants <= np.iinfo(np.int16).max else np.int32
