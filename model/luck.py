"""The streams of a day, and the constant ones, for one seed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from secondhalf.model.columns import U64, Streams
from secondhalf.model.streams import Decision, dated_keys, key, name_id, undated_key


class Luck:
    """Makes each day's `Streams` from the seed, the platforms' names and the number of fan slots."""

    def __init__(self, seed: int, platforms: list[str], slots: int) -> None:
        self._constant: dict[str, Any] = {
            "fan_rate": key(seed, Decision.FAN_RATE),
            "fan_dropout_rate": key(seed, Decision.FAN_DROPOUT_RATE),
        }
        by_platform, by_slot, by_need = [name_id(name) for name in platforms], range(slots), range(3 + slots)
        whom: dict[str, tuple[Decision, Iterable[int] | None]] = {
            "contact": (Decision.CONTACT, None),
            "adopt": (Decision.ADOPT, by_platform),
            "drop": (Decision.DROP, by_platform),
            "plant": (Decision.PLANT, None),
            "planned": (Decision.NEED_PLANNED, None),
            "impulse": (Decision.NEED_IMPULSE, None),
            "ripened": (Decision.NEED_RIPENED, None),
            "repeat": (Decision.NEED_REPEAT, by_slot),
            "shock": (Decision.SHOCK, by_platform),
            "choose": (Decision.CHOOSE, by_need),
            "become_fan": (Decision.BECOME_FAN, by_need),
            "fan_merchant": (Decision.FAN_MERCHANT, by_need),
            "fan_dropout": (Decision.FAN_DROPOUT, by_slot),
        }
        # All keys of a day are worked out at once; each field of `Streams` has its place among them.
        self._places: dict[str, int | slice] = {}
        undated: list[np.uint64] = []
        for field, (decision, each) in whom.items():
            first = len(undated)
            undated += [undated_key(seed, decision, who) for who in ([0] if each is None else each)]
            self._places[field] = first if each is None else slice(first, len(undated))
        self._undated: U64 = np.array(undated, np.uint64)

    def day(self, day: int) -> Streams:
        """All streams of one day."""
        keys = dated_keys(self._undated, day)
        dated: dict[str, Any] = {field: keys[place] for field, place in self._places.items()}
        return Streams(**dated, **self._constant)
