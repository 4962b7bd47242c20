"""Text of the validation report: numbers, periods, metrics and parameters in words."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from secondhalf.experiments.html.blocks import Cell
from secondhalf.experiments.html.write import HIDDEN
from secondhalf.experiments.pictures import style
from secondhalf.model.data_files import names

METRICS = {
    "gmv": "GMV",
    "mau": "monthly users",
    "dau": "daily users",
    "daily_minutes_per_dau": "minutes a day per daily user",
    "daily_minutes_per_user": "minutes a day per user",
    "monthly_active_buyers": "buyers of the month",
    "annual_active_buyers": "buyers of the year",
    "annual_spend_per_buyer": "spending per buyer",
    "pan_shelf_share_of_gmv": "pan-shelf share of GMV",
    "share_of_mobile_internet_time": "share of mobile time",
    "mau_mobile_internet_china": "people on mobile internet",
    "gmv_market_share": "share of the market’s GMV",
    "repurchase_rate_monthly": "monthly repurchase rate",
    "q4_share_of_annual_gmv": "fourth quarter’s share of GMV",
    "double11_share_of_annual_online_retail": "Double 11’s share of the year",
    "overlap_users": "users of both",
}
GRADES = {"A": "company release", "B": "press or analyst", "D": "derived"}
NAIVE_FORECASTS = {
    "last_value": "last value",
    "linear": "linear trend",
    "logistic": "logistic curve",
    "seasonal": "seasonal",
}
OTHER_INK = "#5B4A1F"


def metric(name: str) -> str:
    """A metric in words."""
    return METRICS.get(name, name.replace("_", " "))


def title(text: str) -> str:
    """With a large first letter."""
    return text[:1].upper() + text[1:]


def platform_key(fact_name: str) -> str | None:
    """The program's name of a platform that facts know by another."""
    return next((key for key, known in names().items() if fact_name in known["facts"]), None)


def platform(fact_name: str) -> str:
    """A platform as people write it."""
    key = platform_key(fact_name)
    return "China" if fact_name == "all" else style.label(key) if key else fact_name


def ink(fact_name: str) -> str:
    """A platform's colour, one brown for whatever is no platform."""
    key = platform_key(fact_name)
    return style.colors([key])[key] if key else OTHER_INK


def in_order(fact_names: Iterable[str]) -> list[str]:
    """Platforms in the order of data/names.yaml, others after them."""
    keys = [*names()]
    known = dict.fromkeys(fact_names)
    return sorted(known, key=lambda name: keys.index(key) if (key := platform_key(name)) else len(keys))


def number(value: float) -> str:
    """Four digits, thousands apart."""
    if math.isnan(value):
        return HIDDEN
    text = (
        f"{value:,.0f}"
        if abs(value) >= 1000
        else f"{value:.4g}"
        if abs(value) >= 1e-3 or value == 0
        else f"{value:.2e}"
    )
    return text.replace("-", "−")


def percent(share: float, signed: bool = False) -> str:
    """A share in percent."""
    if math.isnan(share):
        return HIDDEN
    digits = 1 if abs(share) < 0.0995 else 0
    return f"{100 * share:{'+' if signed else ''}.{digits}f} %".replace("-", "−")


def cell(value: float) -> Cell:
    """A number as a cell, with all digits behind it."""
    return Cell(number(value), "" if math.isnan(value) else repr(float(value)))


def share_cell(share: float, signed: bool = False) -> Cell:
    """A share as a cell."""
    return Cell(percent(share, signed), "" if math.isnan(share) else repr(float(share)))


def period(start: pd.Timestamp, end: pd.Timestamp) -> str:
    """2021, 2021 H1, 2021 Q3, 2021-06, or from day to day."""
    days = (end - start).days + 1
    last_of_month = end.is_month_end
    if start.day == 1 and last_of_month:
        if start.month == 1 and end.month == 12 and start.year == end.year:
            return f"{start.year}"
        if days < 32:
            return f"{start:%Y-%m}"
        if start.month % 3 == 1 and days < 93:
            return f"{start.year} Q{start.quarter}"
        if start.month % 6 == 1 and 180 < days < 185:
            return f"{start.year} H{1 + start.month // 7}"
        return f"{start:%Y-%m} to {end:%Y-%m}"
    return f"{start:%Y-%m-%d} to {end:{'%m-%d' if start.year == end.year else '%Y-%m-%d'}}"


def parameter(name: str) -> str:
    """A setting's name short enough for a chart: its last keys."""
    keys = name.split(".")
    keys = keys[1:] if len(keys) > 2 else keys
    return " ".join(_word(key) for key in keys)


def _word(key: str) -> str:
    if key in names():
        return style.label(key).split(" ")[0]
    return key[:7] if key[:4].isdigit() else key.replace("_", " ")


def owner(name: str) -> str | None:
    """The platform that a setting belongs to, if one."""
    return next((key for key in name.split(".") if key in names()), None)


def learned(identified: float, score_sd: float) -> str:
    """How much the facts told of a parameter."""
    if not identified:
        return "keeps its prior"
    return "learned well" if score_sd < 1 / 3 else "learned in part"
