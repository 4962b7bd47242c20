"""The vectorisable logarithm is the rounded logarithm, and hides no missing number."""

from __future__ import annotations

import numpy as np

from secondhalf.model.numba_kernels import compiled, log32
from secondhalf.model.shapes import F32


@compiled
def logarithms(x: F32) -> F32:
    found = np.empty_like(x)
    for j in range(x.size):
        found[j] = log32(x[j])
    return found


def test_it_is_the_logarithm_rounded_once() -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate([np.exp(rng.uniform(-80, 80, 50_000)), rng.uniform(0.5, 2.0, 50_000), [1.0]]).astype(np.float32)
    np.testing.assert_array_equal(logarithms(x), np.log(x.astype(float)).astype(np.float32))


def test_what_is_no_number_gives_none() -> None:
    assert np.isnan(logarithms(np.array([np.nan, np.inf], np.float32))).all()
