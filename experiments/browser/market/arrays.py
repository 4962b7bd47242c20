"""Arrays by name in one block of memory, with an index of where each lies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

KINDS = {"f8": np.float64, "f4": np.float32, "i4": np.int32, "i1": np.int8, "u1": np.uint8}
ALIGNED = 8
"""Arrays begin at multiples of this many bytes, as typed arrays of a browser need it."""
Arrays = dict[str, tuple[str, NDArray[Any]]]


def packed(arrays: Arrays) -> tuple[list[dict[str, Any]], bytes]:
    """Arrays as bytes, and for each its name, kind, shape and first byte."""
    index, parts, at = [], [], 0
    for name, (kind, values) in arrays.items():
        raw = np.ascontiguousarray(values, KINDS[kind]).tobytes()
        index.append({"name": name, "kind": kind, "shape": list(values.shape), "at": at})
        gap = -len(raw) % ALIGNED
        parts.append(raw + bytes(gap))
        at += len(raw) + gap
    return index, b"".join(parts)
