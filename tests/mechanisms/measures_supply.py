"""Outputs about merchants and products, one function each; tables and columns as in the CSV files."""

from __future__ import annotations

import numpy as np

from tests.mechanisms.runs import ALL, Run


def shops_with_sales(run: Run, platforms: tuple[str, ...] = ALL) -> float:
    """Merchants' columns of platforms that are above zero."""
    return float((run.tables["merchants"][list(platforms)] > 0).to_numpy().sum())


def rivals_shops(run: Run) -> float:
    """The same for those whom taobao's exclusivity keeps out."""
    return shops_with_sales(run, ("jd", "pinduoduo"))


def rivals_shops_open(run: Run, day: int) -> float:
    """Shops open there at the end of a day."""
    return float(run.shops[day, [ALL.index("jd"), ALL.index("pinduoduo")]].sum())


def shops_open(run: Run) -> float:
    """Shops open on the last day."""
    return float(run.shops[-1].sum())


def merchants_ever(run: Run) -> float:
    """Merchants that ever were."""
    return float(len(run.tables["merchants"]))


def products_ever(run: Run) -> float:
    """Products that ever were."""
    return float(len(run.tables["products"]))


def products_tested(run: Run) -> float:
    """Products that were tested."""
    return float(run.tables["products"]["tested"].sum())


def products_scaled(run: Run) -> float:
    """Products that were ever scaled."""
    return float(run.tables["products"]["scaled"].sum())


def best_product_share(run: Run) -> float:
    """Share of the best product in its merchant's sales, mean of merchants."""
    sold = run.tables["products"].groupby("merchant")["gmv"]
    total = sold.sum()
    return float((sold.max() / total)[total > 0].mean())


def alignment(run: Run) -> float:
    """Common part of the shares of platform x channel cells in effort and in the last month's GMV, 0 to 1."""
    effort = run.market.trade.supply
    table = run.tables["channels"]
    last = table[table["month"] == table["month"].iloc[-1]]["gmv"].to_numpy().reshape(effort.shape)
    return float(np.minimum(effort / effort.sum(), last / last.sum()).sum())
