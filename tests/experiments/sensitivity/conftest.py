"""A market that costs nothing: quantities as a known function of the settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.facts import evaluations
from secondhalf.experiments.facts.evaluations import Evaluation

SETTINGS = {"users.habit_weight": 4.0, "users.shock": 1.0, "users.opening_cost": 0.25}
"""Moved parameters and how far the logarithm of each quantity goes with that of the parameter."""
FEW = ("sensitivity.parameters='users.(habit_weight|shock|opening_cost)'", "sensitivity.workers=1")


def quantity(settings: MarketSettings, number: int) -> float:
    """A power law in the parameters, times luck of one percent; the last quantity has a value under even seeds only."""
    users = settings.users
    logs = [np.log(users.habit_weight), np.log(users.shock), np.log(users.opening_cost)]
    luck = np.random.default_rng([settings.seed, number]).normal(0, 0.01)
    order = 0.1 if settings.stage_order else 0.0
    return float(np.exp(np.dot(list(SETTINGS.values()), logs) + luck + order))


class Markets:
    """Stands for `measure`, and counts; `stop_at` and `fail` say when something goes wrong."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.stop_at: int | None = None
        self.fail = ""

    def __call__(self, job: Evaluation) -> list[float]:
        if len(self.seen) == self.stop_at:
            raise KeyboardInterrupt
        self.seen.append(job.key)
        if self.fail and self.fail in job.settings.model_dump_json():
            raise ValueError("of this market,\nin two lines")
        found = [quantity(job.settings, number) for number in range(len(job.numbers))]
        return [*found[:-1], found[-1] if job.settings.seed % 2 == 0 else float("nan")]


def put_in(patch: pytest.MonkeyPatch) -> Markets:
    """Let studies run these markets, large ones at no cost either."""
    found = Markets()
    patch.setattr(evaluations, "measure", found)
    patch.setattr("secondhalf.experiments.sensitivity.study.USER_DAY", 0.0)
    return found


@pytest.fixture
def markets(monkeypatch: pytest.MonkeyPatch) -> Markets:
    return put_in(monkeypatch)


def read(folder: Path) -> dict[str, bytes]:
    """All files of a finished study but the kept runs, whose order does not matter."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and path.suffix in (".csv", ".md", ".json")
    }
