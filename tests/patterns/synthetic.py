"""Tables made by hand that show every pattern, and ways to spoil one number of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd

from secondhalf.experiments.validate.patterns.pass_rules import BASELINE
from secondhalf.experiments.validate.patterns.patterns import BEARABLE, CROWDED, NO_MALL, OPEN_LINKS, SPARE

CONTENT, ALL = ("kuaishou", "douyin"), ("kuaishou", "douyin", "taobao", "jd", "pinduoduo")
DATES = [(dt.date(2019, 1, 1) + dt.timedelta(days=n)).isoformat() for n in range(1461)]
MONTHS = sorted({date[:7] for date in DATES})
SHARES = {"kuaishou": 0.041, "douyin": 0.052, "taobao": 0.546, "jd": 0.206, "pinduoduo": 0.155}
MOVES = [
    ("2020-10-09", "douyin", "close", "external_links", "top_tab"),
    ("2022-02-25", "pinduoduo", "open", "short_video", "bottom_tab"),
    ("2022-03-01", "kuaishou", "close", "external_links", "top_tab"),
    ("2022-04-27", "douyin", "open", "mall", "bottom_tab"),
    ("2022-10-15", "kuaishou", "open", "mall", "top_tab"),
]
Tables = dict[str, pd.DataFrame]
Runs = dict[str, Tables]


def _by(labels: list[str], names: tuple[str, ...], key: str, **columns: Callable[[str, str], float]) -> pd.DataFrame:
    rows = [
        {key: label, "platform": name} | {column: value(label, name) for column, value in columns.items()}
        for label in labels
        for name in names
    ]
    return pd.DataFrame(rows).set_index(key)


def minutes_of_kuaishou(date: str) -> float:
    """Minutes per active user as reported: about 87 in 2020, 119 in late 2021, 134 in late 2022."""
    return float(np.interp(DATES.index(date), [0, 547, 1050, 1415], [75, 87, 119, 134]))


def season(date: str) -> float:
    """A fourth quarter that brings 35 % of the year."""
    return 0.35 / 92 if date[5:7] in ("10", "11", "12") else 0.65 / 273


def tables() -> Tables:
    """A run that shows every pattern of a single run."""
    daily = _by(
        DATES,
        ALL,
        "date",
        active_users=lambda date, name: 1e8,
        minutes=lambda date, name: 1e8 * (minutes_of_kuaishou(date) if name == "kuaishou" else 100.0),
        gmv=lambda date, name: SHARES[name] * season(date),
        leaked_gmv=lambda date, name: 0.0,
    )
    rising = np.linspace(0.1, 0.29, len(DATES))
    market = pd.DataFrame({"short_video_share": rising, "instant_messaging_share": 0.22}, index=DATES)
    new = pd.DataFrame(
        [
            {"month": month, "platform": "douyin", "flow": flow, "counterparty": "outside", "minutes": minutes}
            for month in MONTHS
            for flow, minutes in (("new", 10.0 if month < "2021" else 4.0), ("transfer", 7.0))
        ]
    )
    sizes = 1e6 * (np.arange(1, 2001) / 2000) ** (-1 / 1.2)
    merchants = pd.DataFrame({"weight": np.where(np.arange(2000) < 1000, 1.0, 50.0)})
    merchants["gmv"] = sizes * merchants["weight"]
    channels = pd.DataFrame(
        [
            {"month": month, "platform": name, "channel": channel, "gmv": gmv}
            for month in MONTHS
            for name in CONTENT
            for channel, gmv in (("live_store", 8.0), ("mall", 4.0 if month >= "2022-05" else 1.0), ("search", 1.0))
        ]
    )
    visits = pd.DataFrame(
        {"fan_days": [50, 10], "fan_buying_days": [10, 3], "stranger_days": [50, 90], "stranger_buying_days": [4, 9]}
    )
    festivals = pd.DataFrame(
        {
            "festival": ["one_one_six"],
            "start": ["2022-10-20"],
            "merchants_above_10_million": [900.0],
            "merchants_above_100_million": [70.0],
        }
    )
    return {
        "daily": daily,
        "market": market,
        "monthly": _by(
            MONTHS, CONTENT, "month", repurchase_rate=lambda month, name: 0.71, retention=lambda month, name: 0.95
        ),
        "overlap": pd.DataFrame(
            {"platform_a": "kuaishou", "platform_b": "douyin", "users": 1.6e8}, index=pd.Index(MONTHS, name="month")
        ),
        "flows": new,
        "channels": channels,
        "moves": pd.DataFrame(MOVES, columns=["date", "platform", "change", "capability", "entrance"]),
        "merchants": merchants,
        "festivals": festivals,
        "visits": visits,
        "feed": feed(0.09, closed=True),
    }


def feed(load: float, closed: bool) -> pd.DataFrame:
    """Orders planted, those that leak, and the selling load; leaks halve on the day when links close."""
    shut = {name: date for date, name, change, _, _ in MOVES if change == "close"}
    return _by(
        DATES,
        CONTENT,
        "date",
        planted=lambda date, name: 100.0,
        leaked=lambda date, name: 20.0 if closed and date >= shut[name] else 40.0,
        load=lambda date, name: load,
    )


def scaled(table: pd.DataFrame, column: str, factor: float) -> pd.DataFrame:
    """A table with a column multiplied."""
    return table.assign(**{column: table[column] * factor})


def runs() -> Runs:
    """All arms of a seed, in which everything is as it must be."""
    base = tables()
    bare = base["channels"].assign(gmv=lambda table: table["gmv"].where(table["channel"] != "mall", 1.0))
    return {
        BASELINE: base,
        NO_MALL: base | {"channels": bare},
        OPEN_LINKS: base | {"feed": feed(0.09, closed=False)},
        CROWDED: base
        | {
            "feed": feed(0.2, closed=True),
            "daily": scaled(base["daily"], "minutes", 0.8),
            "monthly": scaled(base["monthly"], "retention", 0.95),
        },
        BEARABLE: base | {"feed": feed(0.08, closed=True)},
        SPARE: base | {"feed": feed(0.04, closed=True)},
    }
