"""A calibration that nobody fitted: today's values with a little noise, small enough to be run in a test."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.calibrate.calibration_files import Calibration, write_calibration
from secondhalf.experiments.calibrate.parameters import read_parameters
from secondhalf.experiments.calibrate.posterior import Posterior
from secondhalf.experiments.facts.targets import sized

NOISE = 0.1
"""Standard deviation of a member's scores, prior standard deviations."""


def write_fake(folder: Path, settings: MarketSettings, members: int = 3) -> Path:
    """Write a calibration of the settings' parameters into a folder."""
    plain = sized(settings, 100, 10, dt.date(2024, 12, 31))
    parameters = read_parameters(plain)
    mode = parameters.scores(parameters.of(plain))
    low, high = parameters.limits
    noise = NOISE * np.random.default_rng(3).standard_normal((members, len(parameters)))
    scores = np.clip(mode + noise, low + 1e-6, high - 1e-6)
    posterior = Posterior(mode, np.eye(len(parameters)) * NOISE**2, 1.0)
    record = {"until": "2024-12-31", "data_hash": "none", "seeds": [0], "loss": 1.0}
    write_calibration(Calibration(parameters, posterior, scores, record), folder)
    return folder
