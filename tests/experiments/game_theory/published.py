"""Textbook games, as tables [player, a_1, ..., a_n]."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PRISONERS: Array = np.array([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]])
"""Cooperate, defect: defection dominates, (1, 1) is the only equilibrium."""
BATTLE: Array = np.array([[[2.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 2.0]]])
"""The battle of the sexes: two pure equilibria and (2/3, 1/3), (1/3, 2/3)."""
MATCHING_PENNIES: Array = np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
"""No pure equilibrium; (1/2, 1/2) twice."""
ROCK_PAPER_SCISSORS: Array = np.array([[[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], [[0.0, 1, -1], [-1, 0, 1], [1, -1, 0]]])
"""No pure equilibrium; a third each."""
STAG_HUNT: Array = np.array([[[4.0, 0.0], [3.0, 3.0]], [[4.0, 3.0], [0.0, 3.0]]])
"""Stag, hare: both symmetric profiles are equilibria; hares are risk-dominant."""
THREE_PLAYERS: Array = np.array(
    [
        [[[9.0, 0], [0, 3]], [[0, 3], [9, 0]]],
        [[[8.0, 0], [0, 4]], [[0, 4], [8, 0]]],
        [[[12.0, 0], [0, 6]], [[0, 6], [12, 0]]],
    ]
)
"""Nau, Gomez Canovas and Hansen (2004), in spirit: three players, two actions, several equilibria."""
