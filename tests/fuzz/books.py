"""Books of a run recomputed from the files that it wrote, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from secondhalf.experiments.results.tables import TABLES

CLOSE = 1e-6


def check_books(folder: Path) -> None:
    """Fail, saying which, when a book in the files does not balance."""
    read = {name: pd.read_csv(folder / f"{name}.csv", keep_default_na=False) for name in TABLES}
    daily, market, channels = read["daily"], read["market"], read["channels"]
    for name, table in read.items():
        numbers = table.select_dtypes("number")
        assert np.isfinite(numbers).all(axis=None), f"{name}: a number that is none"
    signed = {"profit", "merchants_profit", "new_user_share"}
    for name in ("daily", "market", "channels", "monthly", "merchants", "products", "overlap"):
        numbers = read[name].select_dtypes("number").drop(columns=["category", *signed], errors="ignore")
        numbers = numbers.drop(columns=["launched"], errors="ignore")
        assert (numbers >= 0).all(axis=None), f"{name}: a number below zero"
    by_day = daily.groupby("date")
    month = daily["date"].str[:7]
    for column in ("gmv", "net_gmv", "orders"):
        by_platform = daily.groupby([month.rename("month"), "platform"])[column].sum()
        by_channel = channels.groupby(["month", "platform"])[column].sum()
        _same(by_channel.reindex(by_platform.index, fill_value=0), by_platform, f"{column} by channel")
    sold = daily.groupby("platform")["gmv"].sum()
    _same(read["merchants"][list(sold.index)].sum(), sold, "gmv by merchant")
    _same(pd.Series([read["merchants"]["gmv"].sum()]), pd.Series([sold.sum()]), "gmv of merchants")
    _same(pd.Series([read["products"]["gmv"].sum()]), pd.Series([sold.sum()]), "gmv of products")
    profit = daily["commission"] + daily["ad_revenue"] - daily["cost"]
    scale = daily["commission"] + daily["ad_revenue"] + daily["cost"]
    assert (abs(profit - daily["profit"]) <= CLOSE * scale + 1e-6).all(), "profit"
    assert (daily["net_gmv"] <= daily["gmv"] * (1 + CLOSE)).all(), "net gmv"
    assert (by_day["leaked_gmv"].sum() <= by_day["gmv"].sum() * (1 + CLOSE)).all(), "leaked gmv"
    online = market.set_index("date")["people_online"]
    assert (by_day["attention_share"].sum() <= 1 + CLOSE).all(), "minutes within the day"
    for column in ("active_users", "monthly_active_users", "installed_users", "monthly_buyers"):
        assert (daily[column] <= daily["date"].map(online) * (1 + CLOSE)).all(), f"{column} within people online"
    assert (daily["active_users"] <= daily["installed_users"] * (1 + CLOSE)).all(), "active within installed"
    shares = [c for c in market if c.endswith("_share") or c.startswith(("hhi", "inter", "leak", "multi"))]
    assert (market[shares].drop(columns=[*signed], errors="ignore") <= 1 + CLOSE).all(axis=None), "shares within one"
    flows = read["flows"]
    between = flows[flows["counterparty"].isin(set(daily["platform"]))].groupby("month")["minutes"].sum()
    assert (between.abs() <= CLOSE * max(flows["minutes"].abs().sum(), 1)).all(), "transfers of minutes"


def _same(left: pd.Series[float], right: pd.Series[float], what: str) -> None:
    gap = (left - right).abs()
    assert (gap <= CLOSE * np.maximum(right.abs(), 1.0)).all(), f"{what}: {left.to_dict()} against {right.to_dict()}"
