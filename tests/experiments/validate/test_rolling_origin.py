"""Errors of model and rulers by series, by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from secondhalf.experiments.facts.forecast_series import forecast_series, periods
from secondhalf.experiments.facts.model_series import SeriesRule
from secondhalf.experiments.facts.targets import Target
from secondhalf.experiments.validate.tables import band_table, naive_table, rolling_table, target_table

ORIGIN = dt.date(2021, 12, 31)
RULE = SeriesRule("daily", "kuaishou", ("gmv",), None, "sum", None, 1.0)


def quarter(year: int, number: int, value: float, metric: str = "gmv", error: float = 0.05) -> Target:
    start = dt.date(year, 3 * number - 2, 1)
    end = dt.date(year + (number == 4), (3 * number) % 12 + 1, 1) - dt.timedelta(days=1)
    return Target(metric, "Kuaishou", start, end, value, "RMB", "A", error, "exact", "press", RULE)


KNOWN = [quarter(2021, n, 100.0) for n in (1, 2, 3, 4)]
AHEAD = [quarter(2022, 1, 100.0), quarter(2022, 2, 200.0)]


def table(*medians: float) -> pd.DataFrame:
    forecast = np.array([[0.5 * m, 0.8 * m, m, 1.2 * m, 1.5 * m] for m in medians]).T
    return rolling_table(ORIGIN, KNOWN, AHEAD, forecast)


def test_a_row_a_fact_with_model_and_rulers() -> None:
    made = table(110.0, 150.0)
    assert made["model"].tolist() == pytest.approx([110.0, 150.0])
    assert made["fact"].tolist() == [100.0, 200.0]
    # A flow is ruled by its rate per day: quarters of equal sums and other lengths.
    assert made["last_value"].tolist() == pytest.approx([100 * 90 / 92, 100 * 91 / 92])
    assert made["seasonal"].isna().all()


def test_errors_winners_and_coverage() -> None:
    made = naive_table(table(110.0, 190.0), {"2021-12-31": KNOWN}).iloc[0]
    assert made["counted"] == 1
    assert (made["training"], made["tests"]) == (4, 2)
    assert made["model"] == pytest.approx((0.1 + 0.05) / 2)
    assert made["best_ruler"] in ("linear", "last_value", "logistic")
    assert made["won"] == 1
    assert made["covered"] == 1.0
    lost = naive_table(table(500.0, 10.0), {"2021-12-31": KNOWN}).iloc[0]
    assert (lost["won"], lost["covered"]) == (0, 0.0)


def test_a_series_with_too_few_facts_is_not_counted() -> None:
    made = naive_table(rolling_table(ORIGIN, KNOWN[:2], AHEAD, np.full((3, 2), 100.0)), {"2021-12-31": KNOWN[:2]})
    assert made.loc[0, "counted"] == 0
    made = naive_table(rolling_table(ORIGIN, KNOWN, AHEAD[:1], np.full((3, 1), 100.0)), {"2021-12-31": KNOWN})
    assert made.loc[0, "counted"] == 0


def test_the_band_of_a_fact_holds_the_facts_own_error() -> None:
    measured = np.full((4000, 2), 100.0)
    made = target_table([quarter(2022, 1, 108.0), quarter(2022, 2, 112.0, error=0.02)], measured)
    assert made["p05"].tolist() == pytest.approx(100 * np.exp([-1.645 * 0.05, -1.645 * 0.02]), rel=0.01)
    assert made["inside"].tolist() == [1, 0]
    assert made["error"].tolist() == pytest.approx([100 / 108 - 1, 100 / 112 - 1])


def test_periods_are_quarters_halves_years_and_months() -> None:
    made = list(periods(dt.date(2023, 1, 1), dt.date(2025, 12, 31)))
    assert len(made) == 12 + 6 + 3 + 36
    assert (dt.date(2024, 2, 1), dt.date(2024, 2, 29)) in made
    assert (dt.date(2025, 10, 1), dt.date(2025, 12, 31)) in made


def test_every_metric_of_the_forecast_is_asked_for_under_the_facts_names() -> None:
    asked = forecast_series(
        ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"], dt.date(2023, 1, 1), dt.date(2025, 12, 31)
    )
    assert {q.metric for q in asked} >= {
        "orders",
        "online_marketing_revenue",
        "other_services_revenue",
        "take_rate_commission",
        "gmv_market_share_double11",
        "share_of_ecommerce_app_time_double11",
        "gmv",
        "mau",
        "dau",
        "daily_minutes_per_dau",
        "monthly_active_buyers",
        "pan_shelf_share_of_gmv",
        "share_of_mobile_internet_time",
        "mau_mobile_internet_china",
    }
    names = {"Kuaishou", "Douyin", "Taobao+Tmall", "JD", "Pinduoduo", "short video", "instant messaging", "all"}
    assert {q.platform for q in asked} == names
    assert len({(q.metric, q.platform, q.start, q.end) for q in asked}) == len(asked)


def test_quantiles_of_a_band_are_in_order_and_no_share_is_above_all() -> None:
    asked = forecast_series(["kuaishou"], dt.date(2023, 1, 1), dt.date(2023, 12, 31))
    rng = np.random.default_rng(0)
    made = band_table(asked, np.exp(rng.standard_normal((200, len(asked)))) * 60)
    for low, high in (("p05", "p25"), ("p25", "p50"), ("p50", "p75"), ("p75", "p95")):
        assert (made[low] <= made[high]).all()
    assert made.loc[made["unit"] == "percent", "p95"].max() <= 100
