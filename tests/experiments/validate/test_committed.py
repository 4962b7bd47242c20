"""What documents and data/ say of the fit is what `validate` wrote, and what the default market gives today."""

from __future__ import annotations

import datetime as dt
import os
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.calibrate.recovery import recovery_markdown
from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.evaluations import Evaluations
from secondhalf.experiments.facts.forecast_series import forecast_series
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.facts.targets import LAST_FACT, sized
from secondhalf.experiments.validate.study import FORECAST, first_forecast
from secondhalf.experiments.validate.text import (
    checks_markdown,
    facts_markdown,
    forecast_markdown,
    horizons_markdown,
    naive_markdown,
    parameters_markdown,
    series_markdown,
)
from secondhalf.model.data_files import data_file

ROOT = Path(__file__).parents[3]
SEEDS, USERS, MERCHANTS = 4, 2000, 300


def committed(document: str, mark: str) -> str:
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.search(rf"<!-- {mark} -->\n(.*)<!-- /{mark} -->", text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def targets() -> pd.DataFrame:
    return pd.read_csv(data_file("validation/targets.csv"))


def test_documents_show_the_table_that_validate_wrote(targets: pd.DataFrame) -> None:
    assert committed("README.md", "facts without sources") == facts_markdown(targets, sources=False)
    assert committed("docs/calibration.md", "facts") == facts_markdown(targets, sources=True)
    rulers, horizons, checks = (
        pd.read_csv(data_file(f"validation/{name}.csv")) for name in ("rulers", "horizons", "checks")
    )
    assert committed("docs/calibration.md", "rulers") == naive_markdown(rulers)
    assert committed("docs/calibration.md", "horizons") == horizons_markdown(horizons)
    assert committed("docs/calibration.md", "checks") == checks_markdown(checks)


def test_documents_show_what_was_recovered_and_what_results_hang_on() -> None:
    assert committed("docs/calibration.md", "recovery") == recovery_markdown(
        pd.read_csv(data_file("calibration/recovery.csv"))
    )
    said = data_file("sensitivity/sensitivity.md").read_text(encoding="utf-8").splitlines()
    shown = committed("docs/calibration.md", "sensitivity").splitlines()
    assert len(shown) > 10
    assert set(shown) <= set(said)


def test_documents_show_what_the_calibration_learned(targets: pd.DataFrame) -> None:
    posterior, misses, information = (
        pd.read_csv(data_file(f"calibration/{name}.csv")) for name in ("posterior", "misses", "information")
    )
    assert committed("docs/calibration.md", "parameters") == parameters_markdown(posterior, information)
    assert committed("docs/calibration.md", "targets by series") == series_markdown(targets, misses, information)


def test_the_record_scores_the_first_forecast() -> None:
    assert committed("docs/forecast_record.md", "first forecast") == first_forecast()


def test_the_readme_shows_the_committed_forecast() -> None:
    assert committed("README.md", "forecast") == forecast_markdown(pd.read_csv(data_file(FORECAST)))


def test_the_table_is_of_todays_targets(targets: pd.DataFrame) -> None:
    named = [(t.metric, t.platform, str(t.start), str(t.end), t.value) for t in read_targets().all]
    assert (
        list(targets[["metric", "platform", "period_start", "period_end", "fact"]].itertuples(index=False, name=None))
        == named
    )


@pytest.mark.slow
def test_the_default_market_gives_what_the_table_says(targets: pd.DataFrame) -> None:
    """Means over a few seeds lie in the ensemble's band, but for as many as chance allows; none is far off it."""
    settings = sized(load_settings(), USERS, MERCHANTS, LAST_FACT)
    markets = [settings.model_copy(update={"seed": 40_000 + seed}) for seed in range(SEEDS)]
    with Evaluations(read_targets().numbers, min(SEEDS, os.cpu_count() or 1)) as evaluate:
        mean = evaluate(markets).mean(axis=0)
    outside = (mean < targets["p05"]) | (mean > targets["p95"])
    assert outside.mean() <= 0.1, targets[outside]
    far = np.abs(np.log(mean / targets["model"])) > np.log(targets["p95"] / targets["p05"])
    assert not far.any(), targets[far]


def test_the_forecast_has_every_period_of_every_metric_and_nothing_else() -> None:
    forecast = pd.read_csv(data_file(FORECAST))
    columns = ["metric", "platform", "period_start", "period_end", "unit", "mean", "p05", "p25", "p50", "p75", "p95"]
    assert list(forecast.columns) == columns
    asked = forecast_series(load_settings().platforms, LAST_FACT + dt.timedelta(days=1), dt.date(2027, 12, 31))
    rows = forecast[["metric", "platform", "period_start", "period_end", "unit"]].itertuples(index=False, name=None)
    assert list(rows) == [(q.metric, q.platform, str(q.start), str(q.end), q.unit) for q in asked]
    assert (forecast[columns[5:]] >= 0).all(axis=None)
    for low, high in pairwise(columns[6:]):
        assert (forecast[low] <= forecast[high]).all()
