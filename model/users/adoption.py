"""Adoption (stage 4): contacts of a day, apps installed and apps removed.

A user without app p installs it with hazard ``innovation_p + imitation_p * (today's contact has p)``, scaled by taste;
the contact is one friend drawn that day. A share of people never installs it (the ceiling of a Bass curve; in survival
analysis, a cure fraction). An app left unused for `idle_days` is removed with hazard `drop_p`.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from secondhalf.model.numba_kernels import Integer, bounds, chunk_count, compiled, compiled_parallel, exp32
from secondhalf.model.random_streams import below, uniform, word
from secondhalf.model.shapes import ALL_TENURE, F32, I16, I32, I64, NEVER, Behaviour, Bits, Columns, DayStreams, Offer
from secondhalf.model.users.storage import idle_days, read_tastes, unopened

_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_WITHOUT_TENURE = ~ALL_TENURE


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
def adopt(columns: Columns, offer: Offer, behaviour: Behaviour, streams: DayStreams, day: int) -> None:
    """Install and remove apps; reads `contact` as `meet` left it."""
    for chunk in prange(chunk_count(columns.installed.size)):
        first, last = bounds(chunk, columns.installed.size)
        _adopt(columns, offer, behaviour, streams, day, first, last)


@compiled
def _adopt(
    columns: Columns, offer: Offer, behaviour: Behaviour, streams: DayStreams, day: int, first: Integer, last: Integer
) -> None:
    block, size = slice(first, last), last - first
    installed, contact, online_from = columns.installed[block], columns.contact[block], columns.online_from[block]
    content, shelf = np.empty(size, np.float32), np.empty(size, np.float32)
    read_tastes(content, columns.taste[0, block], behaviour.taste_step[0])
    read_tastes(shelf, columns.taste[1, block], behaviour.taste_step[1])
    absent, hazard, who = np.empty(size, np.uint32), np.empty(size, np.float32), np.empty(size, np.int64)
    for j in range(size):
        absent[j] = ~installed[j] if online_from[j] <= day else np.uint32(0)
    for p in range(offer.drop.size):
        bit = np.uint32(1) << np.uint32(p)
        last_used, marks = columns.last_used[p, block], columns.marks[p, block]
        # Who installs an app now cannot remove it today.
        removal_hazard(hazard, installed, bit, last_used, offer.drop[p], day, behaviour.idle_days)
        habit, minutes = columns.habit[p, block], columns.minutes[p, block]
        for k in range(events(who, hazard, streams.drop[p], first)):
            installed[who[k]] ^= bit
            last_used[who[k]] = NEVER
            habit[who[k]] = 0
            minutes[who[k]] = 0
        install_hazard(hazard, absent, contact, bit, content, shelf, offer, behaviour.adoption_taste, p)
        for k in range(events(who, hazard, streams.adopt[p], first)):
            if not never_installs(streams.never[p], first + who[k], offer.never[p]):
                installed[who[k]] |= bit
                last_used[who[k]] = unopened(day)
                marks[who[k]] &= _WITHOUT_TENURE


@compiled
def never_installs(stream: np.uint64, user: Integer, share: np.float32) -> bool:
    """Whether a person is one of the share who never install an app, whatever happens: a trait for life."""
    return bool(uniform(word(stream, user)) < share)


@compiled
def install_hazard(
    hazard: F32,
    absent: Bits,
    met: Bits,
    bit: np.uint32,
    content: F32,
    shelf: F32,
    offer: Offer,
    adoption_taste: np.float32,
    p: int,
) -> None:
    """Fill `hazard` with that of installing app p for each user of a block, zero where `absent` has no such `bit`.

    `met` has it where the contact of the day has the app; `content` and `shelf` are the users' tastes.
    """
    innovation, imitation = offer.innovation[p], offer.imitation[p]
    for_content, for_shelf = offer.taste_weight[0, p], offer.taste_weight[1, p]
    for j in range(hazard.size):
        liking = for_content * content[j] + for_shelf * shelf[j]
        rate = (innovation + (imitation if met[j] & bit else _ZERO)) * exp32(adoption_taste * liking)
        hazard[j] = rate if absent[j] & bit else _ZERO


@compiled
def removal_hazard(
    hazard: F32,
    installed: Bits,
    bit: np.uint32,
    last_used: I16,
    drop: np.float32,
    today: Integer,
    idle: Integer,
) -> None:
    """Fill `hazard` with that of removing an app: `drop` for holders who left it unused for more than `idle` days."""
    for j in range(hazard.size):
        hazard[j] = drop if (installed[j] & bit != 0) & (idle_days(last_used[j], today) > idle) else _ZERO


@compiled
def probability(hazard: np.float32) -> np.float32:
    """Probability that an event of this hazard (per day) happens within the day."""
    return _ONE - exp32(-hazard)


@compiled
def happens(draw: np.float32, hazard: np.float32) -> bool:
    """Whether an event of this hazard happens today: `draw` < 1 - exp(-hazard), which is never more than the hazard."""
    return bool(draw < hazard and draw < probability(hazard))


@compiled
def events(who: I64, hazard: F32, stream: np.uint64, first: Integer) -> int:
    """Put into `who` for whom of a block of users that begins at `first` an event happens today; returns how many.

    The same as `happens` for each of them. The draw is compared with the hazard for all at once, without branches, and
    with the exact probability for the few who are left.
    """
    size = hazard.size
    near, count = np.empty(size, np.uint8), 0
    for j in range(size):
        near[j] = uniform(word(stream, first + j)) < hazard[j]
        count += near[j]
    if count == 0:
        return 0
    found = 0
    for j in range(size):
        who[found] = j
        found += near[j]
    count = 0
    for k in range(found):
        j = who[k]
        who[count] = j
        count += happens(uniform(word(stream, first + j)), hazard[j])
    return count
