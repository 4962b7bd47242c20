"""Paired statistics: Student's distribution is that of `scipy.stats`, which takes long to import."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from scipy.stats import t as student

from secondhalf.experiments.results.statistics.paired_statistics import LEVEL, mean_and_margin, p_values

PROGRAM = "import secondhalf.experiments.sweep.collect, sys; print('scipy.stats' in sys.modules)"


def test_margins_and_p_values_are_those_of_student() -> None:
    paired = np.random.default_rng(0).normal(0.3, 1.0, (50, 8))
    paired[3, 5:], paired[4] = np.nan, 2.0
    mean, error, margin = mean_and_margin(paired)
    count = np.isfinite(paired).sum(axis=-1)
    assert (margin == error * student.ppf((1 + LEVEL) / 2, count - 1)).all()
    spread = error > 0
    p = p_values(mean, error, count)
    assert (p[spread] == 2 * student.sf(np.abs(mean / np.where(spread, error, 1.0)), count - 1)[spread]).all()
    assert p[4] == 0.5**7


def test_a_sweep_does_without_it() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
