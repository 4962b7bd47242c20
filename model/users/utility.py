"""Utility of a user's first minute on each platform today: ``ln psi`` of the time split in `attention`.

::

    ln psi_p = leisure_p + taste_weight_p . taste + habit_weight habit_p + social_weight [contact has p]
               + shock mood_p

Needs are no part of it: they add sessions to the day (`choice`).
"""

from __future__ import annotations

import numpy as np

from secondhalf.model.numba_kernels import Integer, compiled, exp32
from secondhalf.model.random_streams import near_normal, word
from secondhalf.model.shapes import F32, Behaviour, Bits, Offer

_ZERO = np.float32(0.0)
_LARGEST = np.finfo(np.float32).max


@compiled
def log_psi(
    out: F32,
    offer: Offer,
    behaviour: Behaviour,
    p: int,
    content: F32,
    shelf: F32,
    habit: F32,
    met: Bits,
    bit: np.uint32,
) -> None:
    """Fill `out` with ln psi at platform p, before mood, for each user of a block.

    `content` and `shelf` are the users' tastes; `met` has `bit` where the contact of the day has the app.
    """
    leisure, habit_weight, social_weight = offer.leisure[p], behaviour.habit_weight, behaviour.social_weight
    for_content, for_shelf = offer.taste_weight[0, p], offer.taste_weight[1, p]
    for j in range(out.size):
        out[j] = (
            leisure
            + for_content * content[j]
            + for_shelf * shelf[j]
            + habit_weight * habit[j]
            + (social_weight if met[j] & bit else _ZERO)
        )


@compiled
def add_mood(psi: F32, shock: np.float32, stream: np.uint64, first: Integer) -> None:
    """Add the day's mood to ln psi of a block of users that begins at `first`."""
    for j in range(psi.size):
        psi[j] += shock * near_normal(word(stream, first + j))


@compiled
def utility(psi: F32, installed: Bits, bit: np.uint32) -> int:
    """Turn log psi into psi, in place, zero where `installed` has no such `bit`.

    Returns how many were no numbers or infinite: they are counted here because the exponential holds its argument
    within bounds and would hide them.
    """
    lost = 0
    for j in range(psi.size):
        has_app = installed[j] & bit != 0
        lost += has_app & (not abs(psi[j]) <= _LARGEST)
        psi[j] = exp32(psi[j]) if has_app else _ZERO
    return lost
