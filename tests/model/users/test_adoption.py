"""Events by the block are the same events as one by one, and come as often as their hazard says."""

from __future__ import annotations

import numpy as np
import pytest

from secondhalf.model.random_streams import uniform, word
from secondhalf.model.users.adoption import events, happens, probability


@pytest.mark.parametrize("hazard", [0.0, 1e-3, 0.3, 5.0])
def test_a_block_has_the_events_of_each_user(hazard: float) -> None:
    first, size, stream = 7, 4000, np.uint64(2**63 + 5)
    hazards = np.full(size, hazard, np.float32)
    who = np.full(size, -1)
    count = events(who, hazards, stream, first)
    draws = [np.float32(uniform(np.uint64(word(stream, first + j)))) for j in range(size)]
    one_by_one = [happens(draw, np.float32(hazard)) for draw in draws]
    np.testing.assert_array_equal(who[:count], np.flatnonzero(one_by_one))
    assert count == sum(one_by_one)
    share = float(probability(np.float32(hazard)))
    assert share == pytest.approx(-np.expm1(-hazard), abs=1e-6)
    assert abs(count - size * share) <= 4 * np.sqrt(size * share * (1 - share))
