"""Evaluations of markets: each is run and measured once, on several processes, and taken from a journal after that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.experiments.execution.journal import Journal
from secondhalf.experiments.execution.process_pool import ProcessPool
from secondhalf.experiments.facts.model_series import outputs
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for

Array = NDArray[np.float64]
ANY = "evaluations"
"""Head of a journal whose keys say what each result belongs to."""


class Measures(Protocol):
    """Numbers that a run's tables give: targets, or a study's quantities of interest."""

    def __len__(self) -> int: ...

    @property
    def measured_of(self) -> str:
        """What is measured, so that kept results of something else are not taken for it."""

    def measured(self, tables: Mapping[str, pd.DataFrame]) -> Array:
        """What tables (`experiments.facts.model_series.outputs`) give, [T]."""


class Evaluation(NamedTuple):
    """A market to run, and what to measure of it."""

    key: str
    settings: MarketSettings
    numbers: Measures


def measure(evaluation: Evaluation) -> list[float]:
    """Run a market on one thread; its tables give each requested number."""
    with threads_for(1):
        market = Market(evaluation.settings)
        try:
            while market.running:
                market.step()
            return [float(value) for value in evaluation.numbers.measured(outputs(market))]
        finally:
            market.close()


class Evaluations:
    """Measures markets with a pool of processes; what was measured once is taken from a journal.

    A run that fails gives `nan` for every number.

    Parameters
    ----------
    numbers
        what is measured
    workers
        processes
    journal
        of finished runs; a path stands for a journal there that may hold runs of several settings and numbers, None for
        one in memory
    shown
        called after each run that was not known, with the number of runs so far
    """

    def __init__(
        self,
        numbers: Measures,
        workers: int,
        journal: Journal | Path | None = None,
        shown: Callable[[int], None] | None = None,
    ) -> None:
        self.numbers, self.made, self.failed = numbers, 0, 0
        self._journal = journal if isinstance(journal, Journal) else Journal(journal, ANY)
        self._shown = shown
        self._pool: ProcessPool[Evaluation, list[float]] = ProcessPool(measure, workers)

    def __enter__(self) -> Evaluations:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.__exit__(kind, error, trace)

    def __call__(self, markets: Sequence[MarketSettings]) -> Array:
        """What markets give, [markets, numbers]."""
        keys = [self._key(settings) for settings in markets]
        new = {key: settings for key, settings in zip(keys, markets, strict=True) if key not in self._journal.results}
        for done in self._pool.each([Evaluation(key, settings, self.numbers) for key, settings in new.items()]):
            self.made += 1
            self.failed += done.result is None
            self._journal.write(done.job.key, [done.result, done.error])
            if self._shown:
                self._shown(self.made)
        return np.array([self._values(self._journal.results[key][0]) for key in keys]).reshape(
            len(keys), len(self.numbers)
        )

    def error(self, settings: MarketSettings) -> str:
        """Why a market that was measured gives nothing; empty when it gives something."""
        return str(self._journal.results[self._key(settings)][1])

    def _key(self, settings: MarketSettings) -> str:
        return identity(settings.model_dump_json(), self.numbers.measured_of)

    def _values(self, found: list[float] | None) -> list[float]:
        return [np.nan] * len(self.numbers) if found is None else found
