"""Tables of a run's record, and tables as files.

Every file is written under a temporary name and renamed, so a file that is there is whole. Columns and units are
described in docs/data_dictionary.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.experiments.results.schema.csv_files import write_csv
from secondhalf.model.accounts.day_book import BooksError
from secondhalf.model.market import Market
from secondhalf.model.observers.record import MONTHLY
from secondhalf.model.users.attention_flows import FLOWS
from secondhalf.temporaries import temporary_beside

COUNTERPARTIES = ("outside", "budget")
"""What stands opposite a flow besides the platforms."""


def tables(market: Market) -> dict[str, pd.DataFrame]:
    """All tables of a run by name (the file name without `.csv`)."""
    return {name: table(market) for name, table in TABLES.items()}


def daily(market: Market) -> pd.DataFrame:
    """A row a day and platform."""
    rows, names = market.record.daily, market.platform_names
    columns: dict[str, object] = {
        "date": np.repeat(market.calendar.labels[: len(rows)], len(names)),
        "platform": names * len(rows),
    }
    for column in market.record.by_platform:
        columns[column] = np.concatenate([row[column] for row in rows]) if rows else []
    return pd.DataFrame(columns)


def channels(market: Market) -> pd.DataFrame:
    """A row a month, platform and channel."""
    names, kinds = market.platform_names, list(market.settings.channels)
    rows = [
        (month, names[p], kinds[c], *(amounts[key][p, c] for key in ("gmv", "net_gmv", "orders", "repeat")))
        for month, amounts in zip(market.record.months, market.record.channels, strict=True)
        for p in range(len(names))
        for c in range(len(kinds))
    ]
    table = pd.DataFrame(rows, columns=["month", "platform", "channel", "gmv", "net_gmv", "orders", "repeat_share"])
    of_platform = table.groupby(["month", "platform"], sort=False)["gmv"].transform("sum")
    table.insert(4, "share", (table["gmv"] / of_platform.where(of_platform > 0)).fillna(0.0))
    table["repeat_share"] = (table["repeat_share"] / table["gmv"].where(table["gmv"] > 0)).fillna(0.0)
    return table


def monthly(market: Market) -> pd.DataFrame:
    """A row a month and platform."""
    rows = [
        (month, name, *(values[column][p] for column in MONTHLY))
        for month, values in zip(market.record.months, market.record.monthly, strict=True)
        for p, name in enumerate(market.platform_names)
    ]
    return pd.DataFrame(rows, columns=["month", "platform", *MONTHLY])


def overlap(market: Market) -> pd.DataFrame:
    """A row a month and pair of platforms: people who used both within the month."""
    pairs = list(combinations(range(len(market.platform_names)), 2))
    names = market.platform_names
    rows = [
        (month, names[a], names[b], users[a, b])
        for month, users in zip(market.record.months, market.record.overlap, strict=True)
        for a, b in pairs
    ]
    return pd.DataFrame(rows, columns=["month", "platform_a", "platform_b", "users"])


def flows(market: Market) -> pd.DataFrame:
    """A row a month, platform, flow and counterparty that exchanged attention (complete months only)."""
    return pd.DataFrame(_flow_rows(market), columns=["month", "platform", "flow", "counterparty", "minutes"])


def _flow_rows(market: Market) -> Iterator[tuple[object, ...]]:
    names = [*market.platform_names, *COUNTERPARTIES]
    for day, amounts in zip(market.record.closed, market.record.flows, strict=True):
        for p in range(amounts.shape[1]):
            for flow, kind in enumerate(FLOWS):
                for other in np.flatnonzero(amounts[flow, p]):
                    yield market.calendar.labels[day][:7], names[p], kind, names[other], amounts[flow, p, other]


def moves(market: Market) -> pd.DataFrame:
    """A row a move."""
    columns = [
        "date",
        "platform",
        "change",
        "capability",
        "entrance",
        "cost",
        "no_cost",
        "grade",
        "estimates",
        "reason",
    ]
    return pd.DataFrame(market.record.moves, columns=columns)


def merchants(market: Market) -> pd.DataFrame:
    """A row a merchant that ever was; GMV adds up to all GMV."""
    week, table = market.week, market.trade.table
    parts = [*week.closed_merchants, week.rows(np.arange(table.number.size))]
    rows = {
        key: np.concatenate([part[key] for part in parts]) for key in ("merchant", "kind", "category", "weight", "gmv")
    }
    by_platform = rows["gmv"].astype(np.float64)
    frame = pd.DataFrame(
        {
            "merchant": rows["merchant"],
            "kind": np.asarray(table.kind_names)[rows["kind"].astype(int)],
            "category": rows["category"],
            "weight": rows["weight"],
            "gmv": by_platform.sum(axis=1),
        }
    )
    for p, name in enumerate(market.platform_names):
        frame[name] = by_platform[:, p]
    return frame.sort_values("merchant", ignore_index=True)


def products(market: Market) -> pd.DataFrame:
    """A row a product that ever was; GMV adds up to all GMV."""
    table, week = market.trade.table, market.week
    on_sale = table.products.on_sale
    owner = np.broadcast_to(table.number[:, None], on_sale.shape)
    now: dict[str, NDArray[Any]] = {
        "product": table.products.number[on_sale],
        "merchant": owner[on_sale],
        "launched": table.products.launched[on_sale],
        "gmv": table.products.gmv[on_sale],
        "tested": table.products.tested[on_sale],
        "scaled": table.products.ever_scaled[on_sale],
    }
    parts = [*week.closed_products, now]
    frame = pd.DataFrame({key: np.concatenate([part[key] for part in parts]) for key in now})
    start = np.datetime64(market.calendar.start)
    launched = np.maximum(frame["launched"].to_numpy().astype(np.int64), 0)
    frame["launched"] = np.datetime_as_string(start + launched.astype("timedelta64[D]"))
    for column in ("tested", "scaled"):
        frame[column] = frame[column].astype(int)
    return frame.sort_values("product", ignore_index=True)


def market_days(market: Market) -> pd.DataFrame:
    """A row a day for the market as a whole."""
    rows = market.record.market
    frame = pd.DataFrame(rows, columns=list(market.record.of_market))
    frame.insert(0, "date", market.calendar.labels[: len(rows)])
    return frame


TABLES: dict[str, Callable[[Market], pd.DataFrame]] = {
    "daily": daily,
    "channels": channels,
    "monthly": monthly,
    "overlap": overlap,
    "flows": flows,
    "moves": moves,
    "merchants": merchants,
    "products": products,
    "market": market_days,
}
"""What a run writes: `<name>.csv` each."""


def write_tables(frames: dict[str, pd.DataFrame], folder: Path, mark: str = "") -> list[Path]:
    """Write each table as CSV; `mark` is put before the ending (an interrupted run's tables are `.partial`).

    Raises
    ------
    BooksError
        when a table holds a number that is none; names table and column
    """
    written = []
    for name, frame in frames.items():
        for column, values in frame.items():
            numeric = pd.api.types.is_numeric_dtype(values)
            if values.isna().any() or (numeric and np.isinf(values.to_numpy()).any()):
                raise BooksError(f"{name}.csv: column {column} holds a value that is no number")
        path = folder / f"{name}{mark}.csv"
        with replacing(path) as temporary:
            write_csv(frame, temporary)
        written.append(path)
    return written


class replacing:
    """Context manager: a temporary path beside `path` that takes its place when all went well."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.temporary = temporary_beside(path)

    def __enter__(self) -> Path:
        return self.temporary

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            os.replace(self.temporary, self.path)
        else:
            self.temporary.unlink(missing_ok=True)
