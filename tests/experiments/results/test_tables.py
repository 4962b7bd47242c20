"""The files of a run: names, columns, sums, and that they are whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from secondhalf.conf.schema.vocabulary import CHANNELS
from secondhalf.experiments.results.tables import TABLES
from secondhalf.model.data_files import read_launches
from secondhalf.model.users.storage import POSITIVE_ERROR
from tests.experiments.conftest import TINY, Finished, finish

PLATFORMS = ["kuaishou", "douyin", "taobao", "jd", "pinduoduo"]
COLUMNS = {
    "daily": "date platform installed_users active_users monthly_active_users minutes shopping_minutes "
    "minutes_per_active_user attention_share platform_share gmv leaked_gmv net_gmv orders order_value monthly_buyers "
    "annual_buyers commission ad_revenue subsidies cost profit",
    "channels": "month platform channel gmv share net_gmv orders repeat_share",
    "monthly": "month platform gmv net_gmv orders buyers orders_per_buyer spend_per_buyer repurchase_rate "
    "pan_shelf_share retention",
    "overlap": "month platform_a platform_b users",
    "flows": "month platform flow counterparty minutes",
    "moves": "date platform change capability entrance cost no_cost grade estimates reason",
    "merchants": "merchant kind category weight gmv " + " ".join(PLATFORMS),
    "products": "product merchant launched gmv tested scaled",
    "market": "date people_online hhi_attention hhi_gmv interpenetration_gmv interpenetration_minutes leak_rate "
    "multi_homing_users multi_homing_merchants short_video_share shopping_app_share instant_messaging_share "
    "new_user_share net_gmv wanted_spending walk_away_share consumer_surplus merchants_profit",
}
AMOUNTS = {"net_gmv", "wanted_spending", "consumer_surplus", "merchants_profit"}
"""Columns of market.csv that are RMB."""
DATES = {"date", "month", "launched"}
NAMES = {"platform", "platform_a", "platform_b", "counterparty", "channel", "flow", "change", "capability", "entrance"}
WORDS = DATES | NAMES | {"estimates", "reason", "kind", "no_cost", "grade"}
"""Columns that hold no numbers."""


def test_all_files_and_nothing_else(full: Finished) -> None:
    assert {path.name for path in full.folder.iterdir()} == {f"{name}.csv" for name in COLUMNS} | {
        "summary.json",
        "datapackage.json",
        "friends.graphml",
    }
    assert set(TABLES) == set(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_in_order(full: Finished, name: str) -> None:
    assert list(full.tables[name].columns) == COLUMNS[name].split()


@pytest.mark.parametrize("name", COLUMNS)
def test_every_number_is_finite(full: Finished, name: str) -> None:
    table = full.tables[name]
    assert len(table) > 0
    for column in set(table.columns) - WORDS:
        assert np.isfinite(table[column].to_numpy(float)).all(), column


def test_a_row_a_day_and_platform(full: Finished) -> None:
    daily = full.tables["daily"]
    days = (full.settings.calendar.end - full.settings.calendar.start).days + 1
    assert len(daily) == days * len(PLATFORMS)
    assert daily["platform"].tolist() == PLATFORMS * days
    assert daily["date"].iloc[0] == "2019-01-01"
    assert daily["date"].iloc[-1] == "2026-12-31"
    assert len(full.tables["market"]) == days


def test_a_row_a_month_platform_and_channel(full: Finished) -> None:
    months = 8 * 12
    assert len(full.tables["channels"]) == months * len(PLATFORMS) * len(CHANNELS)
    assert len(full.tables["monthly"]) == months * len(PLATFORMS)
    assert len(full.tables["overlap"]) == months * 10
    assert set(full.tables["channels"]["channel"]) == set(CHANNELS)
    assert set(full.tables["flows"]["flow"]) <= {"new", "lost", "outside", "budget", "transfer"}
    assert set(full.tables["flows"]["counterparty"]) <= {*PLATFORMS, "outside", "budget"}


def test_gmv_adds_up_everywhere(full: Finished) -> None:
    tables = full.tables
    total = tables["daily"]["gmv"].sum()
    assert total > 0
    for name in ("merchants", "products", "channels"):
        assert tables[name]["gmv"].sum() == pytest.approx(total, rel=1e-9), name
    assert tables["channels"]["net_gmv"].sum() == pytest.approx(tables["daily"]["net_gmv"].sum(), rel=1e-9)
    assert tables["channels"]["orders"].sum() == pytest.approx(tables["daily"]["orders"].sum(), rel=1e-9)
    by_platform = tables["daily"].groupby("platform")["gmv"].sum()
    for platform in PLATFORMS:
        assert tables["merchants"][platform].sum() == pytest.approx(by_platform[platform], rel=1e-9), platform


def test_merchants_and_products_are_numbered_once(full: Finished) -> None:
    merchants, products = full.tables["merchants"], full.tables["products"]
    assert merchants["merchant"].is_unique
    assert products["product"].is_unique
    assert set(products["merchant"]) <= set(merchants["merchant"])
    assert set(merchants["kind"]) <= set(full.settings.merchants.kinds)
    np.testing.assert_allclose(merchants[PLATFORMS].sum(axis=1), merchants["gmv"], rtol=1e-9)
    assert (products.loc[products["scaled"] == 1, "tested"] == 1).all()


def test_columns_agree_with_each_other(full: Finished) -> None:
    daily = full.tables["daily"]
    assert (daily["active_users"] <= daily["monthly_active_users"]).all()
    assert (daily["monthly_buyers"] <= daily["annual_buyers"]).all()
    assert (daily["net_gmv"] <= daily["gmv"]).all()
    np.testing.assert_allclose(daily["profit"], daily["commission"] + daily["ad_revenue"] - daily["cost"], rtol=1e-9)
    used = daily["active_users"] > 0
    spent = daily["minutes_per_active_user"] * daily["active_users"]
    np.testing.assert_allclose(spent[used], daily["minutes"][used], rtol=1e-9)
    assert (daily.loc[~used, "minutes_per_active_user"] == 0).all()
    by_day = daily.groupby("date")[["attention_share", "platform_share"]].sum()
    np.testing.assert_allclose(by_day["platform_share"], 1, rtol=1e-9)
    assert (by_day["attention_share"] < 1).all()


def test_shares_lie_between_zero_and_one(full: Finished) -> None:
    for name, columns in (
        ("daily", ["attention_share", "platform_share"]),
        ("channels", ["share", "repeat_share"]),
        ("monthly", ["repurchase_rate", "pan_shelf_share", "retention"]),
        ("market", [name for name in COLUMNS["market"].split()[2:] if name not in AMOUNTS]),
    ):
        values = full.tables[name][columns].to_numpy()
        assert ((values >= 0) & (values <= 1 + 1e-12)).all(), name


def test_moves_are_the_launches_on_their_dates(full: Finished) -> None:
    settings, moves = full.settings, full.tables["moves"]
    launches = read_launches("launches.csv", list(settings.platform), list(settings.capability))
    dated = {
        (launch.date.isoformat(), launch.platform, launch.change, launch.capability or "")
        for launch in launches
        if settings.calendar.start <= launch.date <= min(settings.calendar.end, settings.calendar.last_fact)
    }
    assert len(dated) > 30
    made = set(moves[["date", "platform", "change", "capability"]].itertuples(index=False, name=None))
    assert made == dated
    assert (moves["reason"] != "").all()
    assert moves["date"].is_monotonic_increasing


def test_flows_add_up_to_the_change_of_time(full: Finished) -> None:
    """A platform's flows of a month are its minutes of the last 28 days less those of the month before.

    Users' sums are rounded to a code 28 times: 28 even errors of at most `POSITIVE_ERROR` of a sum that grows make a
    standard deviation of sqrt(28) / 3 of it, over two months, for as few users as ten alike; four of those.
    """
    flows, daily = full.tables["flows"], full.tables["daily"]
    date = pd.to_datetime(daily["date"])
    window = daily[(date.dt.days_in_month - date.dt.day) < 28].assign(month=date.dt.strftime("%Y-%m"))
    level = window.pivot_table(index="month", columns="platform", values="minutes", aggfunc="mean")
    booked = flows.pivot_table(index="month", columns="platform", values="minutes", aggfunc="sum")
    change = level.diff().iloc[1:]
    rounding = 4 * np.sqrt(2 * 28 / 10) / 3 * POSITIVE_ERROR
    np.testing.assert_allclose(
        booked.loc[change.index, PLATFORMS], change[PLATFORMS], atol=rounding * level.to_numpy().max()
    )


def test_summary(full: Finished) -> None:
    written = json.loads((full.folder / "summary.json").read_text(encoding="utf-8"))
    for key in (
        "seed",
        "settings",
        "versions",
        "commit",
        "wall_seconds",
        "peak_memory_mb",
        "second_half_day",
        "festivals",
    ):
        assert key in written, key
    assert written["seed"] == 0
    assert written["settings"]["population"]["users"] == 200
    assert set(written["wall_seconds"]) == {"start", "simulation", "tables", "total"}
    assert {"secondhalf", "python", "mesa", "numpy", "numba"} <= set(written["versions"])
    held = {(row["festival"], row["start"][:4]) for row in written["festivals"]}
    years = [str(year) for year in range(2019, 2027)]
    assert held == {(name, year) for name in ("double_eleven", "six_eighteen", "one_one_six") for year in years}
    for row in written["festivals"]:
        for what in ("merchants", "products"):
            assert row[f"{what}_above_100_million"] <= row[f"{what}_above_10_million"]
    last = full.tables["daily"].tail(365 * len(PLATFORMS)).groupby("platform")["gmv"].sum()
    for name, row in written["platforms"].items():
        assert row["gmv"] == pytest.approx(last[name], rel=1e-9)


def test_hold_is_history_until_the_first_move(tmp_path: Path) -> None:
    """Fitted trends are no moves, and skills are those that were fitted under both."""
    words = ["calendar.end=2019-05-31", "capability.storefront.skill_sd=0.5"]
    words += [f"platform.kuaishou.{trend}.2019-06-30=2.0" for trend in ("recruit_trend", "depth_trend")]
    history, hold = (finish(tmp_path / s, *TINY, *words, f"strategy={s}") for s in ("history", "hold"))
    assert hold.tables["moves"].empty
    first_move = history.tables["moves"]["date"].iloc[0]
    assert "2019-01-01" < first_move < "2019-05-01"
    first, second = ((run.folder / "daily.csv").read_bytes().splitlines() for run in (history, hold))
    same = 1 + int((history.tables["daily"]["date"] < first_move).sum())
    assert first[:same] == second[:same]
    assert first[same:] != second[same:]


def test_a_short_run_closes_its_books(tmp_path: Path) -> None:
    """A run that ends within a month books it, and shows no flows of a month that is not complete."""
    short = finish(tmp_path, *TINY, "calendar.start=2019-02-10", "calendar.end=2019-03-12")
    assert short.tables["channels"]["month"].unique().tolist() == ["2019-02", "2019-03"]
    assert set(short.tables["flows"]["month"]) <= {"2019-02"}
    assert short.tables["merchants"]["gmv"].sum() == pytest.approx(short.tables["daily"]["gmv"].sum(), rel=1e-9)
