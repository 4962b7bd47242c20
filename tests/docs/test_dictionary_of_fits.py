"""docs/data_dictionary.md describes the columns that `calibrate` and `validate` write, and no other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.calibrate.calibration_files import Calibration, coverage_table, information_table
from secondhalf.experiments.calibrate.minimum_distance import search
from secondhalf.experiments.calibrate.posterior import coverage, laplace
from secondhalf.experiments.calibrate.recovery import recover
from secondhalf.experiments.calibrate.study import miss_table
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.forecast_series import forecast_series
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.validate.checks import check_table
from secondhalf.experiments.validate.tables import band_table, horizon_table, naive_table, rolling_table, target_table
from tests.docs.test_data_dictionary import sections
from tests.experiments.calibrate.worlds import FACTS, PARAMETERS, World, problem


@pytest.fixture(scope="module")
def written() -> dict[str, pd.DataFrame]:
    own, start = problem(np.ones(FACTS)), np.zeros(len(PARAMETERS))
    fit = search(own, start, World(), rounds=2, step=0.2)
    posterior = laplace(fit)
    held, _ = coverage(own, fit, posterior, World(), 3)
    targets = read_targets().all
    known, ahead = targets[:5], targets[5:9]
    rolled = rolling_table(ahead[0].end, known, ahead, np.ones((4, 4)))
    ruled = naive_table(rolled, {str(ahead[0].end): known})
    asked = forecast_series(["kuaishou"], ahead[0].start, ahead[-1].end)
    misses = miss_table(fit, own).assign(period_end="2022-12-31")
    facts = target_table(targets, np.ones((3, len(targets))))
    years = [{"metric": "gmv", "platform": "JD", "period_start": "2024-01-01", "period_end": "2024-12-31", "mean": 1.0}]
    checks = check_table(load_settings(), facts, pd.DataFrame(years), misses, horizon_table(rolled, ruled))
    return {
        "calibrate: posterior.csv": Calibration(PARAMETERS, posterior, np.zeros((1, len(PARAMETERS))), {}).table(),
        "calibrate: misses.csv": miss_table(fit, own),
        "calibrate: coverage.csv": coverage_table(held),
        "calibrate: recovery.csv": recover(own, [start], start, World(), 1, 0.2),
        "validate: targets.csv": target_table(targets, np.ones((3, len(targets)))),
        "validate: forecast.csv": band_table(asked, np.ones((3, len(asked)))),
        "validate: rolling.csv": rolled,
        "validate: rulers.csv": ruled,
        "validate: horizons.csv": horizon_table(rolled, ruled.assign(counted=1)),
        "validate: checks.csv": checks,
        "calibrate: information.csv": information_table(fit, own),
    }


@pytest.mark.parametrize(
    "title",
    [title for title in sections() if title.startswith(("calibrate: ", "validate: "))],
)
def test_every_column_is_described(written: dict[str, pd.DataFrame], title: str) -> None:
    assert [row[0] for row in sections()[title]] == list(written[title].columns)


def test_every_table_is_described(written: dict[str, pd.DataFrame]) -> None:
    assert set(written) <= set(sections())
