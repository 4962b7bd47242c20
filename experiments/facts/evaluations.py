"""Markets that are run and measured, one after the other or side by side; what was measured once is kept in a file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.experiments.execution.process_pool import Team
from secondhalf.experiments.facts.model_series import outputs
from secondhalf.model.market import Market
from secondhalf.model.numba_kernels import threads_for

Array = NDArray[np.float64]


class Measures(Protocol):
    """Numbers that a run's tables give: targets, or a study's quantities of interest."""

    def __len__(self) -> int: ...

    @property
    def question(self) -> str:
        """What is measured, so that kept results of something else are not taken for it."""

    def measured(self, tables: Mapping[str, pd.DataFrame]) -> Array:
        """What tables (`experiments.facts.model_series.outputs`) give, [T]."""


class Kept(NamedTuple):
    """What a market gave."""

    values: list[float] | None
    """None when the run failed"""
    error: str = ""


class Job(NamedTuple):
    """A market to run, and what to measure of it."""

    key: str
    settings: MarketSettings
    numbers: Measures


def measure(job: Job) -> list[float]:
    """Run a market on one thread; what its tables give for each number that is asked for."""
    with threads_for(1):
        market = Market(job.settings)
        try:
            while market.running:
                market.step()
            return [float(value) for value in job.numbers.measured(outputs(market))]
        finally:
            market.close()


class Evaluations:
    """Measures markets with a team of processes and keeps what they give.

    A file that is there already is read first, so that work that was stopped goes on where it was. A run that fails
    gives `nan` for every number.

    Parameters
    ----------
    numbers
        what is measured
    workers
        processes
    path
        where the results are kept, a line each; None keeps them for as long as the object lives
    told
        called after each run that was not known, with the number of runs so far
    """

    def __init__(
        self, numbers: Measures, workers: int, path: Path | None = None, told: Callable[[int], None] | None = None
    ) -> None:
        self.numbers, self.made, self.failed = numbers, 0, 0
        self._path, self._told = path, told
        self._known = _read(path) if path else {}
        self._team: Team[Job, list[float]] = Team(measure, workers)

    def __enter__(self) -> Evaluations:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._team.__exit__(kind, error, trace)

    def __call__(self, markets: Sequence[MarketSettings]) -> Array:
        """What markets give, [markets, numbers]."""
        keys = [self._key(settings) for settings in markets]
        new = {key: settings for key, settings in zip(keys, markets, strict=True) if key not in self._known}
        for done in self._team.each([Job(key, settings, self.numbers) for key, settings in new.items()]):
            self.made += 1
            self.failed += done.result is None
            self._keep(done.job.key, Kept(done.result, done.error))
            if self._told:
                self._told(self.made)
        return np.array([self._values(self._known[key].values) for key in keys]).reshape(len(keys), len(self.numbers))

    def error(self, settings: MarketSettings) -> str:
        """Why a market that was measured gives nothing; empty when it gives something."""
        return self._known[self._key(settings)].error

    def _key(self, settings: MarketSettings) -> str:
        return identity(settings.model_dump_json(), self.numbers.question)

    def _values(self, found: list[float] | None) -> list[float]:
        return [np.nan] * len(self.numbers) if found is None else found

    def _keep(self, key: str, found: Kept) -> None:
        self._known[key] = found
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps([key, *found]) + "\n")
            handle.flush()
            os.fsync(handle.fileno())


def _read(path: Path) -> dict[str, Kept]:
    """Lines of the file; one that a sudden end left unfinished is taken out, so that the next starts afresh."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    known: dict[str, Kept] = {}
    for line in text.splitlines():
        try:
            key, *found = json.loads(line)
        except ValueError:
            continue
        known[key] = Kept(*found)
    if text and not text.endswith("\n"):
        with path.open("a", encoding="utf-8") as handle:
            handle.write("\n")
    return known
