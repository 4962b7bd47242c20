"""The streams of a day, and the constant ones, for one seed."""

from __future__ import annotations

import numpy as np

from secondhalf.model.columns import Streams
from secondhalf.model.streams import Decision, key, name_id


class Luck:
    """Makes each day's `Streams` from the seed, the platforms' names and the number of fan slots."""

    def __init__(self, seed: int, platforms: list[str], slots: int) -> None:
        self.seed = seed
        self._platforms = [name_id(name) for name in platforms]
        self._slots = range(slots)
        self._draws = range(3 + slots)
        self._fan_rate = key(seed, Decision.FAN_RATE)
        self._fan_dropout_rate = key(seed, Decision.FAN_DROPOUT_RATE)

    def day(self, day: int) -> Streams:
        """All streams of one day."""

        def one(decision: Decision) -> np.uint64:
            return key(self.seed, decision, day)

        def each(decision: Decision, whom: list[int] | range) -> np.ndarray:
            return np.array([key(self.seed, decision, day, who) for who in whom], np.uint64)

        return Streams(
            contact=one(Decision.CONTACT),
            adopt=each(Decision.ADOPT, self._platforms),
            drop=each(Decision.DROP, self._platforms),
            plant=one(Decision.PLANT),
            planned=one(Decision.NEED_PLANNED),
            impulse=one(Decision.NEED_IMPULSE),
            ripened=one(Decision.NEED_RIPENED),
            repeat=each(Decision.NEED_REPEAT, self._slots),
            shock=each(Decision.SHOCK, self._platforms),
            choose=each(Decision.CHOOSE, self._draws),
            become_fan=each(Decision.BECOME_FAN, self._draws),
            fan_merchant=each(Decision.FAN_MERCHANT, self._draws),
            fan_dropout=each(Decision.FAN_DROPOUT, self._slots),
            fan_rate=self._fan_rate,
            fan_dropout_rate=self._fan_dropout_rate,
        )
