"""In the real market: known parameters come back within their intervals, merchants' learning among them."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from secondhalf.experiments.calibrate.known_as_of import as_of
from secondhalf.experiments.calibrate.minimum_distance import Problem
from secondhalf.experiments.calibrate.parameters import read_parameters
from secondhalf.experiments.calibrate.recovery import recover, recovery_markdown
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.evaluations import Evaluations
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import sized

UNTIL = dt.date(2019, 12, 31)
MOVED = """\
parameters:
- {setting: platform.kuaishou.leisure, scale: linear, mean: -1.4, sd: 0.4, bounds: [-4.0, 1.0]}
- {setting: platform.kuaishou.appeal, scale: linear, mean: -1.5, sd: 0.8, bounds: [-5.0, 5.0]}
- {setting: merchants.ewa_lambda, scale: log, mean: 1.5, sd: 0.3, bounds: [0.3, 6.0]}
"""
WORLDS = 3


@pytest.mark.slow
def test_known_parameters_come_back(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(MOVED, encoding="utf-8")
    settings = sized(as_of(load_settings(), UNTIL), 600, 100, UNTIL)
    parameters = read_parameters(settings, str(own))
    problem = Problem(settings, parameters, read_targets().until(UNTIL), (0,), 0.05, 0.0)
    truths = list(np.clip(np.random.default_rng(5).standard_normal((WORLDS, len(parameters))), -1.5, 1.5))
    with Evaluations(problem.targets.numbers, os.cpu_count() or 1) as evaluate:
        table = recover(problem, truths, np.zeros(len(parameters)), evaluate, rounds=3, step=0.3)
    interval = stats.binomtest(int(table["inside"].sum()), len(table)).proportion_ci(0.99)
    assert interval.low <= 0.9 <= interval.high, table
    learned = table[table["parameter"] == "platform.kuaishou.leisure"]
    assert (learned["score_sd"] < 0.8).all()
    assert np.corrcoef(learned["truth"], learned["estimate"])[0, 1] > 0.8


def test_the_table_counts_worlds_and_squares_errors() -> None:
    rows = [
        (world, "users.shock", 0.0, found, 0.5, error, inside)
        for world, found, error, inside in ((0, 0.3, 3.0, 0), (1, -0.4, 4.0, 1))
    ]
    table = pd.DataFrame(rows, columns=["replicate", "parameter", "truth", "estimate", "score_sd", "error", "inside"])
    text = recovery_markdown(table)
    assert text.startswith("2 worlds; 50% of 2 intervals of 90% hold the truth.")
    assert "| `users.shock` | 3.5 | 0.35 | 0.50 | 1 of 2 |" in text
