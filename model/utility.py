"""What a user's first minute on each platform is worth today: ``ln psi`` of the time split in `attention`.

::

    ln psi_p = leisure_p + taste . kind_p + habit_weight habit_p + social_weight [contact has p]
               + shock_p + need_weight (pull_p . needs)
"""

from __future__ import annotations

import numpy as np

from secondhalf.model.columns import (
    F32,
    I8,
    NEED_IMPULSE,
    NEED_PLANNED,
    NEED_REPEAT,
    NEED_RIPENED,
    PULL_IMPULSE,
    PULL_PLANNED,
    PULL_REPEAT,
    U8,
    U32,
)
from secondhalf.model.compiled import Integer, compiled, exp32
from secondhalf.model.streams import near_normal, word

_ZERO = np.float32(0.0)
_LARGEST = np.finfo(np.float32).max


@compiled
def needs_pull(
    pulled: F32,
    needs: U8,
    impulse_origin: I8,
    interest_origin: I8,
    fan_platform: I8,
    pull: F32,
    bonus: F32,
    sells: U8,
    need_weight: np.float32,
) -> None:
    """Fill `pulled` [P, users] with what today's needs add to ln psi at the platforms that sell."""
    platforms, size = pulled.shape
    slots = fan_platform.shape[0]
    for j in range(size):
        need = int(needs[j])
        if need == 0:
            continue
        for p in range(platforms):
            if sells[p] == 0:
                continue
            total = _ZERO
            if need & NEED_PLANNED:
                total += pull[PULL_PLANNED, p]
            if need & NEED_IMPULSE:
                total += pull[PULL_IMPULSE, p] + bonus[impulse_origin[j], p]
            if need & NEED_RIPENED:
                total += pull[PULL_PLANNED, p] + bonus[interest_origin[j], p]
            for f in range(slots):
                if need & (NEED_REPEAT << f) and fan_platform[f, j] == p:
                    total += pull[PULL_REPEAT, p]
            pulled[p, j] = need_weight * total


@compiled
def log_psi(
    out: F32,
    pulled: F32,
    leisure: np.float32,
    taste_weight: F32,
    taste: F32,
    habit_weight: np.float32,
    habit: F32,
    social_weight: np.float32,
    met: U32,
    shock: np.float32,
    stream: np.uint64,
    first: Integer,
) -> None:
    """Log marginal utility of the first minute at one platform for a block of users that begins at `first`."""
    content, shelf = taste_weight[0], taste_weight[1]
    taste_content, taste_shelf = taste[0], taste[1]
    for j in range(out.size):
        out[j] = (
            leisure
            + content * taste_content[j]
            + shelf * taste_shelf[j]
            + habit_weight * habit[j]
            + (social_weight if met[j] else _ZERO)
            + shock * near_normal(word(stream, first + j))
            + pulled[j]
        )


@compiled
def utility(psi: F32, has_app: U32) -> int:
    """Turn log psi into psi, in place, zero without the app; returns how many were no numbers or infinite.

    They are counted here because the exponential holds its argument within bounds and would hide them.
    """
    lost = 0
    for j in range(psi.size):
        lost += has_app[j] != 0 and not abs(psi[j]) <= _LARGEST
        psi[j] = exp32(psi[j]) if has_app[j] else _ZERO
    return lost
