"""Measures of patterns, from a run's tables; NaN where a run cannot show one."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secondhalf.conf.schema.vocabulary import PAN_SHELF
from secondhalf.experiments.validate.patterns.observer import CONTENT
from secondhalf.experiments.validate.patterns.pass_rules import BASELINE, Runs

AROUND = 28
"""Days before and after a closing that are compared with each other: too few for a season to turn."""
AFTER = 90
"""Days after a closing that are compared with the arm where links stay open."""
FIRST_LEVEL = ("top_tab", "bottom_tab", "in_feed")
"""Entrances on an app's home page."""
LIMIT = (0.08, 0.10)
"""Share of the feed that sells from which it costs retention, as reported of Douyin for 2022 by two sources (B)."""
SETTLED = "2020-07-01"
"""First day on which arms with another selling load are compared, half a year after the load was capped."""

ROUNDING = 1e-6
"""Share of the feed below which loads are the same."""

Array = NDArray[np.float64]


def first_move(runs: Runs, since: str, platform: str, capability: str, changes: tuple[str, ...]) -> str | None:
    """Date of the first such move of the baseline."""
    moves = runs[BASELINE]["moves"]
    same = (moves["platform"] == platform) & (moves["capability"] == capability) & moves["change"].isin(changes)
    dates = moves.loc[same & (moves["date"] >= since), "date"]
    return None if dates.empty else str(dates.min())


def crossing(runs: Runs) -> str | None:
    """Date of 2022 on which a content platform first opens a mall, or a shelf platform videos on its home page."""
    moves = runs[BASELINE]["moves"]
    content = moves["platform"].isin(CONTENT)
    mall = content & (moves["capability"] == "mall")
    video = ~content & (moves["capability"] == "short_video")
    opens = (moves["change"] == "open") & moves["entrance"].isin(FIRST_LEVEL) & (moves["date"] >= "2022")
    dates = moves.loc[opens & (mall | video), "date"]
    return None if dates.empty else str(dates.min())


def inflow_of_new_users(runs: Runs) -> float:
    """Minutes a day that new users bring in a mean month of the year before the crossing over 2019-20, less one."""
    date = crossing(runs)
    flows = runs[BASELINE]["flows"]
    months = pd.Index(sorted(flows["month"].unique()))
    new = flows[flows["flow"] == "new"].groupby("month")["minutes"].sum().reindex(months, fill_value=0.0)
    early = new["2019-01":"2020-12"]
    late = new[new.index < date[:7]].iloc[-12:] if date else new[:0]
    if len(early) < 12 or len(late) < 12:
        return math.nan
    return float(late.mean() / early.mean() - 1)


def lead_of_short_video(runs: Runs, month: str) -> float:
    """Short video's share of mobile time less that of instant messaging, mean day of a month, percentage points."""
    days = runs[BASELINE]["market"]
    days = days[days.index.str.startswith(month)]
    return 100 * float((days["short_video_share"] - days["instant_messaging_share"]).mean())


def overtaking(runs: Runs) -> float:
    """First month from which short video stays ahead of instant messaging, as a year with fraction."""
    days = runs[BASELINE]["market"]
    lead = (days["short_video_share"] - days["instant_messaging_share"]).groupby(days.index.str[:7]).mean()
    behind = np.flatnonzero(lead.to_numpy() <= 0)
    first = int(behind[-1]) + 1 if behind.size else 0
    if first >= len(lead):
        return math.nan
    year, month = (int(part) for part in str(lead.index[first]).split("-"))
    return year + (month - 1) / 12


def _pan_shelf(runs: Runs, arm: str, platform: str, first: str, last: str) -> float:
    table = runs[arm]["channels"]
    own = table[(table["platform"] == platform) & table["month"].between(first, last)]
    sold = own["gmv"].sum()
    return 100 * float(own.loc[own["channel"].isin(PAN_SHELF), "gmv"].sum() / sold) if sold > 0 else math.nan


def _mall_months(runs: Runs, platform: str) -> tuple[str, str] | None:
    """Full months of the run from the opening of the mall on."""
    date = first_move(runs, "2022", platform, "mall", ("open",))
    after = [month for month in runs[BASELINE]["channels"]["month"].unique() if date and month > date[:7]]
    return (min(after), max(after)) if after else None


def mall_against_none(runs: Runs, platform: str, arm: str) -> float:
    """Pan-shelf share of GMV since the mall less that of the arm without malls, percentage points."""
    months = _mall_months(runs, platform)
    if months is None:
        return math.nan
    return _pan_shelf(runs, BASELINE, platform, *months) - _pan_shelf(runs, arm, platform, *months)


def mall_against_last_year(runs: Runs, platform: str) -> float:
    """The same share less that of the same months of the year before."""
    months = _mall_months(runs, platform)
    if months is None:
        return math.nan
    first, last = (f"{int(month[:4]) - 1}{month[4:]}" for month in months)
    return _pan_shelf(runs, BASELINE, platform, *months) - _pan_shelf(runs, BASELINE, platform, first, last)


def leak_rate(runs: Runs, arm: str, platform: str, first: dt.date, days: int) -> float:
    """Share of the orders planted on a platform that shelf platforms book, percent."""
    feed = runs[arm]["feed"].loc[first.isoformat() : (first + dt.timedelta(days=days - 1)).isoformat()]
    own = feed[feed["platform"] == platform]
    planted = own["planted"].sum()
    return 100 * float(own["leaked"].sum() / planted) if planted > 0 and len(own) == days else math.nan


def closing(runs: Runs, platform: str) -> dt.date | None:
    """Day on which a platform closes its links."""
    date = first_move(runs, "2020", platform, "external_links", ("close",))
    return dt.date.fromisoformat(date) if date else None


def leak_before_and_after(runs: Runs, platform: str, arm: str = BASELINE) -> float:
    """Leak rate of the days after the baseline's closing less that of as many before, percentage points."""
    date = closing(runs, platform)
    if date is None:
        return math.nan
    before = leak_rate(runs, arm, platform, date - dt.timedelta(days=AROUND), AROUND)
    return leak_rate(runs, arm, platform, date, AROUND) - before


def leak_beyond_season(runs: Runs, platform: str, arm: str) -> float:
    """The same less what the arm where links stay open shows over the same days: season and growth fall out."""
    return leak_before_and_after(runs, platform) - leak_before_and_after(runs, platform, arm)


def leak_against_open(runs: Runs, platform: str, arm: str) -> float:
    """Leak rate after the closing less that of the arm where links stay open, percentage points."""
    date = closing(runs, platform)
    if date is None:
        return math.nan
    return leak_rate(runs, BASELINE, platform, date, AFTER) - leak_rate(runs, arm, platform, date, AFTER)


def selling_load(runs: Runs, arm: str) -> Array:
    """Share of the feed that sells since `SETTLED`, mean day, by content platform."""
    days = runs[arm]["feed"].loc[SETTLED:]
    return days.groupby("platform")["load"].mean().to_numpy(float)


def above_and_below(runs: Runs, more: str, less: str) -> bool:
    """Whether one arm's load is above any reported limit and the other's not above the lowest."""
    return bool(selling_load(runs, more).min() > LIMIT[1] and selling_load(runs, less).max() < LIMIT[0] + ROUNDING)


def both_below(runs: Runs, more: str, less: str) -> bool:
    """Whether neither load is above the lowest reported limit, and one is the larger on every platform."""
    loads = selling_load(runs, more), selling_load(runs, less)
    return bool(loads[0].max() < LIMIT[0] + ROUNDING and (loads[0] > loads[1] + ROUNDING).all())


def change_of_minutes(runs: Runs, more: str, less: str, when: Callable[[Runs, str, str], bool]) -> float:
    """Content platforms' minutes with more over those with less selling load, less one, percent."""
    if not when(runs, more, less):
        return math.nan
    minutes = [
        days.loc[days["platform"].isin(CONTENT), "minutes"].sum()
        for days in (runs[arm]["daily"].loc[SETTLED:] for arm in (more, less))
    ]
    return 100 * float(minutes[0] / minutes[1] - 1)


def change_of_retention(runs: Runs, more: str, less: str) -> float:
    """Their monthly retention with a load above the limit less that with one below, percentage points."""
    if not above_and_below(runs, more, less):
        return math.nan
    kept = [
        months.loc[months["platform"].isin(CONTENT), "retention"].mean()
        for months in (runs[arm]["monthly"].loc[SETTLED[:7] :] for arm in (more, less))
    ]
    return 100 * float(kept[0] - kept[1])


def conversion_ratio(runs: Runs) -> float:
    """Share of days with the app open on which fans of a shop there buy, over that of those who are fans of none."""
    fan_days, fan_orders, days, orders = runs[BASELINE]["visits"].sum().to_numpy(float)
    return float(fan_orders / fan_days / (orders / days)) if fan_days > 0 and orders > 0 else math.nan


def conversion_ratio_within_users(runs: Runs) -> float:
    """The same ratio within users: each is compared with itself on other days (Mantel-Haenszel, a stratum a user).

    A user who is keen on shopping is a fan more often and buys more often as a stranger, too; that is taken out. The
    order that makes a user a fan counts as a stranger's, so the ratio is below 1 when ties change nothing.
    """
    fan_days, fan_orders, days, orders = runs[BASELINE]["visits"].to_numpy(float).T
    total = np.maximum(fan_days + days, 1.0)
    strangers = float((orders * fan_days / total).sum())
    return float((fan_orders * days / total).sum()) / strangers if strangers > 0 else math.nan


def merchants_at_festival(runs: Runs, bar: str) -> float:
    """Merchants whose sales within Kuaishou's festival of 2022 reach a bar of the article."""
    held = runs[BASELINE]["festivals"]
    if held.empty:
        return math.nan
    own = held[(held["festival"] == "one_one_six") & held["start"].str.startswith("2022")]
    return float(own[f"merchants_above_{bar}"].iloc[0]) if len(own) else math.nan
