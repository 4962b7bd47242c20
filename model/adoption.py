"""Stage 4: whom people meet, which apps they install and which they remove.

A user without app p installs it with hazard ``innovation_p + imitation_p * (today's contact has p)``, scaled by taste;
the contact is one friend drawn that day. An app left unused for `idle_days` is removed with hazard `drop_p`.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from secondhalf.model.columns import I32, I64, NEVER, Behaviour, Columns, Offer, Streams
from secondhalf.model.compiled import Integer, bounds, chunk_count, compiled, compiled_parallel, exp32
from secondhalf.model.streams import below, uniform, word

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)


@compiled
def probability(hazard: np.float32) -> np.float32:
    """Probability that an event of this hazard (per day) happens within the day."""
    return _ONE - exp32(-hazard)


@compiled
def happens(draw: np.float32, hazard: np.float32) -> bool:
    """Whether an event of this hazard happens today: `draw` < 1 - exp(-hazard), which is never more than the hazard."""
    return bool(draw < hazard and draw < probability(hazard))


@compiled_parallel
def meet(columns: Columns, indptr: I64, indices: I32, stream: np.uint64, day: int) -> None:
    """Draw each user's contact of the day and note the contact's apps.

    `indptr`, `indices` are the friends in CSR form; an empty `indices` means complete mixing (anybody but oneself).
    A contact who is not yet online, or no friend at all, leaves zero.
    """
    for chunk in prange(chunk_count(columns.installed.size)):
        first, last = bounds(chunk, columns.installed.size)
        _meet(columns, indptr, indices, stream, day, first, last)


@compiled
def _meet(
    columns: Columns, indptr: I64, indices: I32, stream: np.uint64, day: int, first: Integer, last: Integer
) -> None:
    contact, installed, online_from = columns.contact, columns.installed, columns.online_from
    users = installed.size
    mixing = indices.size == 0
    for i in range(first, last):
        contact[i] = np.uint32(0)
        friends = users - 1 if mixing else int(indptr[i + 1] - indptr[i])
        if friends <= 0 or online_from[i] > day:
            continue
        drawn = below(word(stream, i), friends)
        friend = (i + 1 + drawn) % users if mixing else int(indices[indptr[i] + drawn])
        if online_from[friend] <= day:
            contact[i] = installed[friend]


@compiled_parallel
def adopt(columns: Columns, offer: Offer, behaviour: Behaviour, streams: Streams, day: int) -> None:
    """Install and remove apps; reads `contact` as `meet` left it."""
    for chunk in prange(chunk_count(columns.installed.size)):
        first, last = bounds(chunk, columns.installed.size)
        _adopt(columns, offer, behaviour, streams, day, first, last)


@compiled
def _adopt(
    columns: Columns, offer: Offer, behaviour: Behaviour, streams: Streams, day: int, first: Integer, last: Integer
) -> None:
    installed, contact, online_from, taste = columns.installed, columns.contact, columns.online_from, columns.taste
    last_used, installed_day = columns.last_used, columns.installed_day
    habit, minutes = columns.habit, columns.minutes
    innovation, imitation, drop, kind = offer.innovation, offer.imitation, offer.drop, offer.taste_weight
    adopt_stream, drop_stream = streams.adopt, streams.drop
    for i in range(first, last):
        if online_from[i] > day:
            continue
        apps = installed[i]
        for p in range(drop.size):
            bit = np.uint32(1) << np.uint32(p)
            if apps & bit:
                idle_since = max(last_used[p, i], installed_day[p, i])
                if day - idle_since <= behaviour.idle_days or drop[p] <= _ZERO:
                    continue
                if happens(uniform(word(drop_stream[p], i)), drop[p]):
                    apps ^= bit
                    installed_day[p, i] = NEVER
                    last_used[p, i] = NEVER
                    habit[p, i] = _ZERO
                    minutes[p, i] = _ZERO
                continue
            hazard = innovation[p]
            if contact[i] & bit:
                hazard += imitation[p]
            if hazard <= _ZERO:
                continue
            liking = kind[0, p] * taste[0, i] + kind[1, p] * taste[1, i]
            hazard *= exp32(behaviour.adoption_taste * liking)
            if happens(uniform(word(adopt_stream[p], i)), hazard):
                apps |= bit
                installed_day[p, i] = day
        installed[i] = apps
