"""Checks of the fit: what an analyst would look at first, each with bounds declared before the fit, passed or failed.

*Evidence*: a fact says so. *Prior*: declared, checked for consistency, never called evidence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from secondhalf.conf.schema import MarketSettings
from secondhalf.experiments.facts.targets import PRIOR

Kind = Literal["evidence", "prior"]
QUARTERS = (("01-01", "03-31"), ("04-01", "06-30"), ("07-01", "09-30"), ("10-01", "12-31"))
SPLIT = "2022-12-31"
"""Targets that end by this day and later ones are judged apart: the structure was chosen after seeing both."""
MOST_OF_RULERS = 1.0
"""Error over that of the mean of the rulers, below which forecasts of one year are better."""
MANY = 4
"""Quarters of a year."""


@dataclass(frozen=True)
class Check:
    """A quantity between bounds."""

    quantity: str
    kind: Kind
    value: float
    low: float
    high: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether the value lies between the bounds; a number that is none does not."""
        return self.low <= self.value <= self.high


GMV_WITHIN = {
    "Kuaishou": {2020: 0.10, 2021: 0.10, 2022: 0.10, 2023: 0.10, 2024: 0.10},
    "Pinduoduo": {2019: 0.15, 2020: 0.15, 2021: 0.15, 2023: 0.15, 2024: 0.15},
    "Taobao+Tmall": {2023: 0.15, 2024: 0.15},
    "JD": {2019: 0.15},
    "Douyin": {2021: 0.20, 2023: 0.15, 2024: 0.15},
}
"""Share by which a year's GMV may be off its fact, by platform."""
FISCAL = (("2019-04-01", "2020-03-31"), ("2020-04-01", "2021-03-31"))
"""Fiscal years of Taobao and Tmall."""
SERIES_WITHIN = {"dau": 0.06, "mau": 0.06, "daily_minutes_per_dau": 0.06}
"""Share by which Kuaishou's quarters of 2021 to 2024 may be off."""
BETWEEN: tuple[tuple[str, str, str, str, float, float, str], ...] = (
    ("pan_shelf_share_of_gmv", "Kuaishou", "2024-01-01", "2024-03-31", 15, 26, "percent"),
    ("pan_shelf_share_of_gmv", "Kuaishou", "2024-10-01", "2024-12-31", 25, 35, "percent"),
    ("pan_shelf_share_of_gmv", "Douyin", "2023-01-01", "2023-12-31", 24, 36, "percent"),
    ("pan_shelf_share_of_gmv", "Douyin", "2024-01-01", "2024-12-31", 34, 46, "percent"),
    ("monthly_active_buyers", "Kuaishou", "2023-10-01", "2023-12-31", 110, 150, "million"),
    ("monthly_active_buyers", "Kuaishou", "2024-10-01", "2024-12-31", 110, 150, "million"),
    ("repurchase_rate_monthly", "Kuaishou", "2021-09-01", "2021-09-30", 65, 100, "percent"),
)
"""Metric, platform, first and last day of facts that the model must meet within bounds."""
REVENUE_WITHIN = 0.12
REVENUES = ("online_marketing_revenue", "other_services_revenue")


def check_table(
    settings: MarketSettings, targets: pd.DataFrame, bands: pd.DataFrame, misses: pd.DataFrame, horizons: pd.DataFrame
) -> pd.DataFrame:
    """A row a check: quantity, kind, value, bounds, unit, passed.

    Parameters
    ----------
    targets, bands, misses, horizons
        targets.csv, bands.csv and horizons.csv of a validation, misses.csv of its calibration
    """
    found = [
        *_misses(misses),
        *_gmv(targets),
        *_series(targets),
        *_between(targets),
        *_order_value(bands),
        *_revenue(targets),
        *_forecasts(horizons),
        *_attention(bands),
        *_before_the_mall(bands),
        *_elasticity(settings, bands),
    ]
    columns = ("quantity", "kind", "value", "low", "high", "unit")
    table = pd.DataFrame([{name: getattr(check, name) for name in columns} for check in found])
    table["passed"] = [int(check.passed) for check in found]
    return table


def _misses(misses: pd.DataFrame) -> Iterator[Check]:
    facts = misses[misses["grade"] != PRIOR]
    early = facts["period_end"].astype(str) <= SPLIT
    for words, part, most in (("2019 to 2022", facts[early], 1.3), ("2023 to 2024", facts[~early], 1.5)):
        rms = float(np.sqrt(np.square(part["miss"]).mean()))
        yield Check(f"root mean square miss of facts that end in {words}", "evidence", rms, 0, most, "tolerances")


def _pairs(targets: pd.DataFrame, metric: str, platform: str, spans: Sequence[tuple[str, str]]) -> pd.DataFrame:
    own = targets[(targets["metric"] == metric) & (targets["platform"] == platform)]
    keys = list(zip(own["period_start"].astype(str), own["period_end"].astype(str), strict=True))
    return own[[key in spans for key in keys]]


def _year(year: int) -> list[tuple[str, str]]:
    return [(f"{year}-{first}", f"{year}-{last}") for first, last in QUARTERS]


def _of_year(targets: pd.DataFrame, metric: str, platform: str, year: int) -> float | None:
    """Model over fact of a year, less one: of the year's own fact, or the sum of its four quarters."""
    whole = _pairs(targets, metric, platform, [(f"{year}-01-01", f"{year}-12-31")])
    parts = _pairs(targets, metric, platform, _year(year))
    chosen = whole if len(whole) else parts if len(parts) == MANY else None
    return None if chosen is None else float(chosen["model"].sum() / chosen["fact"].sum() - 1)


def _off(quantity: str, error: float | None, within: float) -> Iterator[Check]:
    if error is not None:
        yield Check(quantity, "evidence", 100 * error, -100 * within, 100 * within, "percent off the fact")


def _gmv(targets: pd.DataFrame) -> Iterator[Check]:
    for platform, years in GMV_WITHIN.items():
        for year, within in years.items():
            yield from _off(f"GMV of {platform}, {year}", _of_year(targets, "gmv", platform, year), within)
    for start, end in FISCAL:
        own = _pairs(targets, "gmv", "Taobao+Tmall", [(start, end)])
        if len(own):
            error = float(own["model"].sum() / own["fact"].sum() - 1)
            yield from _off(f"GMV of Taobao+Tmall, {start} to {end}", error, 0.15)


def _series(targets: pd.DataFrame) -> Iterator[Check]:
    spans = [span for year in range(2021, 2025) for span in _year(year)]
    for metric, within in SERIES_WITHIN.items():
        own = _pairs(targets, metric, "Kuaishou", spans)
        if len(own):
            errors = (own["model"] / own["fact"] - 1).to_numpy(float)
            worst = float(errors[np.argmax(np.abs(errors))])
            yield from _off(f"{metric} of Kuaishou, worst of {len(own)} quarters of 2021 to 2024", worst, within)


def _between(targets: pd.DataFrame) -> Iterator[Check]:
    for metric, platform, start, end, low, high, unit in BETWEEN:
        own = _pairs(targets, metric, platform, [(start, end)])
        if len(own):
            value = float(own["model"].iloc[0])
            yield Check(f"{metric} of {platform}, {start} to {end}", "evidence", value, low, high, unit)


def _order_value(bands: pd.DataFrame) -> Iterator[Check]:
    of_year = (_band(bands, metric, "Pinduoduo", 2021) for metric in ("gmv", "orders", "annual_active_buyers"))
    gmv, orders, buyers = of_year  # billion RMB, billion, million
    per_buyer = 1000 * orders / buyers if buyers else np.nan
    yield Check("orders per annual buyer of Pinduoduo, 2021", "evidence", per_buyer, 60, 80, "orders per year")
    yield Check("value of an order at Pinduoduo, 2021", "evidence", gmv / orders if orders else np.nan, 36, 46, "RMB")


def _revenue(targets: pd.DataFrame) -> Iterator[Check]:
    for metric in REVENUES:
        for year in range(2021, 2025):
            yield from _off(
                f"{metric} of Kuaishou, {year}", _of_year(targets, metric, "Kuaishou", year), REVENUE_WITHIN
            )


def _forecasts(horizons: pd.DataFrame) -> Iterator[Check]:
    first = horizons[horizons["years_ahead"] == 1]
    if len(first):
        words = "forecasts of one year from rolling origins, error over that of the mean of the rulers"
        yield Check(words, "evidence", float(first["ratio"].iloc[0]), 0, MOST_OF_RULERS, "ratio")
    if len(horizons):
        held = float((horizons["covered"] * horizons["facts"]).sum() / horizons["facts"].sum())
        yield Check("facts within 90 % bands from rolling origins", "evidence", 100 * held, 80, 97, "percent")


def _band(bands: pd.DataFrame, metric: str, platform: str, year: int) -> float:
    """Mean of the ensemble over a calendar year."""
    start, end = dt.date(year, 1, 1).isoformat(), dt.date(year, 12, 31).isoformat()
    own = _pairs(bands, metric, platform, [(start, end)])
    return float(own["mean"].iloc[0]) if len(own) else float("nan")


def _attention(bands: pd.DataFrame) -> Iterator[Check]:
    def minutes(platform: str, year: int) -> float:
        return _band(bands, "dau", platform, year) * _band(bands, "daily_minutes_per_dau", platform, year)

    least = min(minutes("Douyin", year) / minutes("Kuaishou", year) for year in range(2019, 2025))
    yield Check("minutes of Douyin over those of Kuaishou, least of 2019 to 2024", "prior", least, 1, np.inf, "ratio")
    own = _band(bands, "daily_minutes_per_dau", "Taobao+Tmall", 2024)
    yield Check("minutes per active user and day of Taobao+Tmall, 2024", "prior", own, 15, 40, "minutes")


def _before_the_mall(bands: pd.DataFrame) -> Iterator[Check]:
    own = _band(bands, "pan_shelf_share_of_gmv", "Kuaishou", 2021)
    yield Check("pan-shelf share of Kuaishou's GMV before the mall, 2021", "prior", own, 0, 20, "percent")


def _elasticity(settings: MarketSettings, bands: pd.DataFrame) -> Iterator[Check]:
    """Of a platform's spending with respect to its own price, from the formula of the nested logit at mean shares."""
    users, platforms = settings.users, ("Kuaishou", "Douyin", "Taobao+Tmall", "JD", "Pinduoduo")
    gmv = np.array([_band(bands, "gmv", platform, 2024) for platform in platforms])
    share, bought = gmv / gmv.sum(), 0.5
    for platform, within in zip(platforms, share, strict=True):
        value = -users.price_weight * ((1 - within) / users.platform_nest + within * (1 - bought))
        words = f"own-price elasticity of spending at {platform}, half of all needs walking away"
        yield Check(words, "prior", float(value), -4, -1.5, "elasticity")
