"""Runs of a sensitivity analysis: designs become settings, settings become numbers, failures become rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings, SettingsError
from secondhalf.experiments.facts.evaluations import Evaluations
from secondhalf.experiments.sensitivity.factors import Box, Space

Array = NDArray[np.float64]
FAILED = ("part", "run", "seed", "error")
"""Columns of failed.csv."""


class Runs:
    """Measures markets part by part; a run that fails gives nan, and a row of `failed`.

    Parameters
    ----------
    space
        the settings, and what may be moved
    evaluations
        what runs markets and keeps what they give
    advanced
        told after each part how many runs are done in all
    """

    def __init__(self, space: Space, evaluations: Evaluations, advanced: Callable[[int], None]) -> None:
        self.space, self.evaluations, self._advanced = space, evaluations, advanced
        self.done = 0
        self._failed: dict[tuple[str, int, int], str] = {}

    @property
    def failed(self) -> pd.DataFrame:
        """failed.csv: a row a run that could not be made."""
        rows = [(*where, error) for where, error in self._failed.items()]
        return pd.DataFrame(rows, columns=list(FAILED))

    def base(self, seeds: range) -> Array:
        """The settings as they are, under seeds counted from theirs, [seeds, Q]."""
        still = np.zeros(len(self.space))
        return self._of("replicates", [(still, self.space.settings.seed + seed) for seed in seeds], seeds.start)

    def design(self, part: str, box: Box, points: Array) -> Array:
        """A design over the factors of a box, [runs, Q]."""
        return self._of(part, [self.space.point(box, row) for row in points])

    def under_seeds(self, part: str, points: Array, seeds: int) -> Array:
        """Offsets, each under the same seeds, [seeds, runs, Q]."""
        first = self.space.settings.seed
        found = self._of(part, [(row, first + seed) for seed in range(seeds) for row in points])
        return found.reshape(seeds, len(points), -1)

    def markets(self, part: str, settings: Sequence[MarketSettings]) -> Array:
        """Settings as they stand, [runs, Q]."""
        return self._measured(part, list(settings), 0)

    def _of(self, part: str, points: Sequence[tuple[Array, int]], first: int = 0) -> Array:
        made: list[MarketSettings | str] = []
        for offsets, seed in points:
            try:
                made.append(self.space.market(offsets, seed))
            except SettingsError as error:
                self._failed[part, first + len(made), seed] = str(error)
                made.append(str(error))
        return self._measured(part, made, first)

    def _measured(self, part: str, made: Sequence[MarketSettings | str], first: int) -> Array:
        whole = [(number, market) for number, market in enumerate(made) if isinstance(market, MarketSettings)]
        values = np.full((len(made), len(self.evaluations.numbers)), np.nan)
        if whole:
            values[[number for number, _ in whole]] = self.evaluations([market for _, market in whole])
        for number, market in whole:
            error = self.evaluations.error(market)
            if error:
                self._failed[part, first + number, market.seed] = error
        self.done += len(made)
        self._advanced(self.done)
        return values
