"""One seed, both arms: the days they share are run once, and the rest by a fork."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from secondhalf.experiments.counterfactual.arms import ARMS, Arms
from secondhalf.experiments.counterfactual.quarterly_measures import quarters
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.experiments.results.tables import replacing
from secondhalf.model.initial_state import strategies
from secondhalf.model.market import Market
from secondhalf.model.snapshots.branch import branch


class Pair(NamedTuple):
    """A seed to run, and where what it gives is kept."""

    arms: Arms
    seed: int
    kept: Kept


def run_and_keep(pair: Pair) -> None:
    """Run a seed and keep what it gives."""
    pair.kept.write(pair.seed, run_pair(pair.arms, pair.seed))


def run_pair(arms: Arms, seed: int) -> dict[str, Any]:
    """Run both arms under a seed: `rows` (arm, quarter, platform, measure, value), `shared_days` and `seconds`."""
    began = time.perf_counter()
    baseline, alternative = arms.with_seed(seed)
    day = arms.branch_day
    market = Market(baseline)
    shared = market.calendar.days if day is None else day
    while market.day < shared:
        market.step()
    markets = [market, branch(market, alternative) if shared else Market(alternative)]
    found = []
    for arm, running in zip(ARMS, markets, strict=True):
        while running.running:
            running.step()
        table = quarters(running)
        table.insert(0, "arm", arm)
        found.append(table)
        running.close()
    rows = pd.concat(found, ignore_index=True)
    return {"rows": rows.values.tolist(), "shared_days": shared, "seconds": time.perf_counter() - began}


FOLDER = "seeds"
"""Where the files lie, in the study's folder."""


class Kept:
    """Files of finished seeds; those of another question, or of another state of the program, are not taken.

    Parameters
    ----------
    folder
        the study's folder
    arms
        the question; the seeds and how many there are do not belong to it
    """

    def __init__(self, folder: Path, arms: Arms) -> None:
        self.folder = folder / FOLDER
        self.question = _question(arms)

    def write(self, seed: int, found: dict[str, Any]) -> None:
        """Keep a finished seed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self._path(seed)) as temporary:
            temporary.write_text(json.dumps({"question": self.question, "seed": seed} | found), encoding="utf-8")

    def read(self, seed: int) -> dict[str, Any] | None:
        """What was kept of a seed; None when there is nothing, or nothing that can be used."""
        try:
            found: dict[str, Any] = json.loads(self._path(seed).read_text(encoding="utf-8"))
            return found if found["question"] == self.question else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _path(self, seed: int) -> Path:
        return self.folder / f"{seed}.json"


def _question(arms: Arms) -> str:
    """A hash of both arms' settings, of the files they name, and of the program that answers."""
    parts: list[str | bytes] = []
    for settings in arms.with_seed(0):
        parts += [settings.model_dump_json(), repr([strategy.launches for strategy in strategies(settings)])]
        if settings.network.kind == "file":
            parts.append(Path(str(settings.network.file)).read_bytes())
    return identity(*parts)
