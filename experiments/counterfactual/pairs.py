"""Paired run of both arms under one seed: the days that they share are run once, the rest by a fork."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from secondhalf.experiments.counterfactual.arms import ARMS, Arms
from secondhalf.experiments.counterfactual.quarterly_measures import quarters
from secondhalf.experiments.execution.fingerprint import identity
from secondhalf.model.initial_state import strategies
from secondhalf.model.market import Market
from secondhalf.model.snapshots.branch import branch, first_difference


class Pair(NamedTuple):
    """Two arms, the member whose parameters they have, and the seed to run both under."""

    arms: Arms
    seed: int
    member: int = 0

    @property
    def key(self) -> str:
        """Tells a study's pairs apart."""
        return f"{self.member} {self.seed}"


def run_pair(pair: Pair) -> dict[str, Any]:
    """Run both arms under a seed: `rows` (arm, quarter, platform, measure, value), `shared_days` and `seconds`."""
    began = time.perf_counter()
    baseline, alternative = pair.arms.of(pair.member, pair.seed)
    day = first_difference(baseline, alternative)
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


def question_of(arms: Arms) -> str:
    """A hash of both arms' settings, of the files they name, and of the program that answers."""
    parts: list[str | bytes] = []
    if arms.members is not None:
        parts += [arms.members.text, arms.members.scores[0].tobytes()]
    for settings in (arm.model_copy(update={"seed": 0}) for arm in (arms.baseline, arms.alternative)):
        parts += [settings.model_dump_json(), repr([strategy.launches for strategy in strategies(settings)])]
        if settings.network.kind == "file":
            parts.append(Path(str(settings.network.file)).read_bytes())
    return identity(*parts)
