"""Tests of the checks of a fit: what is measured, where bounds lie, and that a wrong market fails them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.command.compose import load_settings
from secondhalf.experiments.facts.target_file import read_targets
from secondhalf.experiments.validate.checks import QUARTERS, check_table

PLATFORMS = ("Kuaishou", "Douyin", "Taobao+Tmall", "JD", "Pinduoduo")
HORIZONS = pd.DataFrame({"years_ahead": [1, 2], "ratio": [0.8, 1.2], "covered": [0.9, 0.8], "facts": [30, 10]})


def targets(factor: float = 1.0) -> pd.DataFrame:
    """Facts, with a model that is off by a factor."""
    rows = [
        {
            "metric": one.metric,
            "platform": one.platform,
            "period_start": one.start.isoformat(),
            "period_end": one.end.isoformat(),
            "grade": one.grade,
            "fact": one.value,
            "model": one.value * factor,
            "miss": np.log(factor) / one.error,
        }
        for one in read_targets().all
    ]
    return pd.DataFrame(rows)


def bands(**values: float) -> pd.DataFrame:
    rows = []
    for platform in PLATFORMS:
        for metric, value in values.items():
            for year in range(2019, 2025):
                span = {"period_start": f"{year}-01-01", "period_end": f"{year}-12-31"}
                more = 2.0 if metric == "dau" and platform == "Douyin" else 1.0
                rows.append({"metric": metric, "platform": platform, **span, "mean": value * more})
    return pd.DataFrame(rows)


GOOD = bands(
    gmv=2400.0,
    orders=60.0,
    annual_active_buyers=870.0,
    dau=300.0,
    daily_minutes_per_dau=30.0,
    pan_shelf_share_of_gmv=15.0,
)


def checked(factor: float = 1.0, past: pd.DataFrame = GOOD) -> pd.DataFrame:
    facts = targets(factor)
    return check_table(load_settings(), facts, past, facts, HORIZONS).set_index("quantity")


def test_a_model_that_gives_the_facts_passes_all() -> None:
    table = checked()
    assert table["passed"].all()
    assert {"evidence", "prior"} == set(table["kind"])


def test_a_model_that_is_off_by_a_quarter_fails_what_facts_bound() -> None:
    table = checked(1.25)
    failed = table[table["passed"] == 0]
    assert set(failed["kind"]) == {"evidence"}
    assert sum(name.startswith("GMV of") for name in failed.index) == sum(
        name.startswith("GMV of") for name in table.index
    )
    assert "mau of Kuaishou, worst of 16 quarters of 2021 to 2024" in failed.index


def test_a_years_gmv_is_that_of_its_quarters() -> None:
    facts = targets()
    quarters = [f"2023-{first}" for first, _ in QUARTERS]
    own = (facts["metric"] == "gmv") & (facts["platform"] == "Kuaishou") & facts["period_start"].isin(quarters)
    facts.loc[own & (facts["period_start"] == quarters[3]), "model"] *= 2
    table = check_table(load_settings(), facts, GOOD, facts, HORIZONS).set_index("quantity")
    fact = facts.loc[own, "fact"].to_numpy()
    expected = 100 * fact[3] / fact.sum()
    assert table.loc["GMV of Kuaishou, 2023", "value"] == pytest.approx(expected)
    assert table.loc["GMV of Kuaishou, 2023", "passed"] == 0


def test_bounds_of_what_is_declared() -> None:
    low = bands(gmv=2400.0, orders=60.0, dau=300.0, daily_minutes_per_dau=60.0, pan_shelf_share_of_gmv=25.0)
    table = checked(past=low)
    assert table.loc["minutes per active user and day of Taobao+Tmall, 2024", "passed"] == 0
    assert table.loc["pan-shelf share of Kuaishou's GMV before the mall, 2021", "passed"] == 0
    assert table.loc["value of an order at Pinduoduo, 2021", "value"] == pytest.approx(40.0)


def test_forecasts_are_held_to_the_mean_of_the_rulers() -> None:
    facts = targets()
    worse = HORIZONS.assign(ratio=[1.1, 0.5], covered=[1.0, 1.0])
    table = check_table(load_settings(), facts, GOOD, facts, worse).set_index("quantity")
    assert table[table.index.str.startswith("forecasts of one year")]["passed"].tolist() == [0]
    assert table.loc["facts within 90 % bands from rolling origins", "passed"] == 0
