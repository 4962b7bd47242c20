"""One seed, both arms: the days they share are run once, and the rest by a fork."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import pandas as pd

from secondhalf.experiments.counterfactual.arms import ARMS, Arms
from secondhalf.experiments.counterfactual.kept import Kept
from secondhalf.experiments.counterfactual.quarters import quarters
from secondhalf.model.branch import branch
from secondhalf.model.market import Market


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
