"""Events that come at a rate: an event of hazard h (per day) happens within the day with probability 1 - exp(-h)."""

from __future__ import annotations

import numpy as np

from secondhalf.model.columns import F32, U8
from secondhalf.model.compiled import Integer, compiled, exp32
from secondhalf.model.streams import uniform, word

_ONE = np.float32(1.0)


@compiled
def probability(hazard: np.float32) -> np.float32:
    """Probability that an event of this hazard (per day) happens within the day."""
    return _ONE - exp32(-hazard)


@compiled
def happens(draw: np.float32, hazard: np.float32) -> bool:
    """Whether an event of this hazard happens today: `draw` < 1 - exp(-hazard), which is never more than the hazard."""
    return bool(draw < hazard and draw < probability(hazard))


@compiled
def events(happened: U8, hazard: F32, stream: np.uint64, first: Integer) -> int:
    """Note for whom of a block of users that begins at `first` an event happens today, and return for how many.

    The same as `happens` for each of them, without branches, so that the loop vectorises.
    """
    count = 0
    for j in range(hazard.size):
        draw = uniform(word(stream, first + j))
        happened[j] = (draw < hazard[j]) & (draw < probability(hazard[j]))
        count += happened[j]
    return count
