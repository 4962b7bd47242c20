"""Summary text of a counterfactual: every difference with its interval, and whether it can be told from none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from secondhalf.experiments.counterfactual.outputs import Answer
from secondhalf.experiments.counterfactual.quarterly_measures import (
    BY_PLATFORM,
    MARKET,
    OF_MARKET,
    RUN,
    SECOND_HALF,
    WELFARE,
)
from secondhalf.experiments.results.statistics.paired_statistics import LEVEL
from secondhalf.model.data_files import names

NAMES = {
    "attention_share": "share of mobile time",
    "gmv": "GMV",
    "profit": "profit",
    "active_users": "daily active users",
    "minutes_per_active_user": "minutes per active user",
    "interpenetration_gmv": "interpenetration of GMV",
    "interpenetration_minutes": "interpenetration of minutes",
    "hhi_attention": "concentration of attention",
    "hhi_gmv": "concentration of GMV",
    "leak_rate": "leak rate",
    "revenue": "revenue",
    "consumer_surplus": "consumers' surplus",
    "merchants_profit": "merchants' profit",
    "fees": "fees and advertising",
}
"""Measures as people say them."""
SCALES = {
    "RMB": (1e-9, "billion RMB"),
    "people": (1e-6, "million"),
    "share": (100.0, "percentage points"),
    "minutes": (1.0, "minutes"),
    "index": (100.0, "hundredths"),
    "days": (1.0, "days"),
}
"""Factor and name of the unit in which differences are said and drawn."""
SIDES = {"consumer_surplus": "consumers", "merchants_profit": "merchants", "fees": "platforms' revenue"}
"""Whose surplus a measure of welfare is."""
TELLING = 0.1
"""Part of the baseline within which an interval has to lie for "not distinguishable" to say something."""
TOLD, TOO_FEW = "distinguishable", "too few runs to tell"
FOCUS = "kuaishou"
"""Whose variance reduction is said; the first platform where this one does not compete."""
Row = dict[str, Any]


def paragraph(given: Answer) -> str:
    """Markdown with the numbers of a study: a paragraph, then a line a measure with every platform's estimate."""
    table = given.differences
    said = [_what(given)]
    if given.summary["branch_date"] is None:
        said.append("The two cannot differ within these days, and all differences are zero.")
        return " ".join(said) + "\n"
    quarters = sorted(set(table["quarter"]) - {RUN})
    end = table[table["quarter"] == quarters[-1]]
    said += [_largest(table), _gains(end, quarters[-1]), _welfare(end), _second_half(table), _parts(end)]
    said += [_caution(given), _variance(given)]
    lines = [_measure(end, name) for name in BY_PLATFORM]
    lines += [_of_market(end)]
    head = " ".join(sentence for sentence in said if sentence)
    return f"{head}\n\nDifferences in the last quarter, {quarters[-1]}:\n\n" + "\n".join(lines) + "\n"


def label(platform: str) -> str:
    """A platform's name as people write it."""
    return str(names().get(platform, {}).get("label", platform))


def _what(given: Answer) -> str:
    summary = given.summary
    text = (
        f"**{summary['alternative']} against {summary['baseline']}**, {_runs(summary)} of "
        f"{summary['users']:,} users, each run twice from {summary['first_day']} to {summary['last_day']}"
    )
    if summary["failed"]:
        text += f" ({len(summary['failed'])} more failed and are left out)"
    if summary["kept"]:
        text += f" (as the command has them: {', '.join(summary['kept'])})"
    date = summary["branch_date"]
    if date is not None and date > summary["first_day"]:
        text += f"; the two are one market until {date}"
    return f"{text}." + (f" All are {given.note}." if given.note else "")


def word(row: Row) -> str:
    """What a difference says: it is distinguishable, or at most so large, or unknown.

    Without a bound within `TELLING` of the baseline nothing is known: more runs are needed to tell.
    """
    if _told(row):
        return TOLD
    bound = _bound(row)
    return TOO_FEW if bound > TELLING else f"not distinguishable from zero, at most {plain(100 * bound)} %"


def _bound(row: Row) -> float:
    """End of the interval farthest from zero, as a part of the baseline; of the change where it is tested on logs."""
    if np.isfinite(row["change"]):
        return float(max(abs(row["change_low"]), abs(row["change_high"])))
    most = float(max(abs(row["low"]), abs(row["high"])))
    base = float(abs(row["baseline_mean"]))
    return most / base if base else (np.inf if most else 0.0)


def _runs(summary: dict[str, Any]) -> str:
    seeds = len(summary["seeds"])
    if summary["calibration"] is None:
        return f"{seeds} seeds"
    return f"{len(summary['members'])} members of the fitted ensemble under {seeds} seeds each"


def _measure(end: pd.DataFrame, measure: str) -> str:
    """What one measure says at the end, of every platform."""
    rows = _rows(end[(end["measure"] == measure) & (end["platform"] != MARKET)])
    said = "; ".join(f"{label(row['platform'])} {_numbers(row)}, {word(row)}" for row in rows)
    return f"- {NAMES[measure]} ({SCALES[rows[0]['unit']][1]}): {said}."


def _of_market(end: pd.DataFrame) -> str:
    rows = [row for name in OF_MARKET for row in _rows(end[end["measure"] == name])]
    said = "; ".join(f"{NAMES[row['measure']]} ({SCALES[row['unit']][1]}) {_numbers(row)}, {word(row)}" for row in rows)
    return f"- the market as a whole: {said}."


def _largest(table: pd.DataFrame) -> str:
    """The largest quarterly differences of GMV and attention among those that can be told."""
    said = []
    for measure in ("gmv", "attention_share"):
        rows = [row for row in _rows(table[table["measure"] == measure]) if _told(row)]
        if rows:
            row = max(rows, key=lambda row: abs(row["difference"]))
            unit = SCALES[row["unit"]][1]
            said.append(f"{label(row['platform'])}'s in {row['quarter']} for {NAMES[measure]}, {_numbers(row)} {unit}")
    if not said:
        return "No quarterly difference of GMV or attention is distinguishable from zero."
    return f"The largest distinguishable quarterly difference is {', and '.join(said)}."


def _gains(end: pd.DataFrame, quarter: str) -> str:
    """Whose GMV is higher, lower, the same to within `TELLING`, or unknown."""
    groups: dict[str, list[str]] = {"higher on": [], "lower on": [], "about the same on": [], "unknown on": []}
    for row in _rows(end[end["measure"] == "gmv"]):
        if _told(row):
            key = "higher on" if row["difference"] > 0 else "lower on"
        else:
            key = "unknown on" if word(row) == TOO_FEW else "about the same on"
        groups[key].append(label(row["platform"]))
    said = [f"{key} {listed(own)}" for key, own in groups.items() if own]
    few = ": too few runs to tell" if groups["unknown on"] else ""
    return f"GMV in {quarter} is {', '.join(said)}{few}."


def _welfare(end: pd.DataFrame) -> str:
    """Who gains."""
    said = []
    for name in WELFARE:
        for row in _rows(end[end["measure"] == name]):
            said.append(f"{SIDES[name]} {_numbers(row)} billion RMB ({word(row)})")
    return f"Who gains: {', '.join(said)}." if said else ""


def _parts(end: pd.DataFrame) -> str:
    """How much of the spread is parameters, how much luck, of the focus' GMV."""
    rows = [row for row in _rows(end[end["measure"] == "gmv"]) if row["sd_parameters"] or row["sd_luck"]]
    if not rows:
        return ""
    row = next((row for row in rows if row["platform"] == FOCUS), rows[0])
    factor, unit = SCALES[row["unit"]]
    return (
        f"The difference in {label(row['platform'])}'s GMV spreads by {plain(row['sd_parameters'] * factor)} {unit} "
        f"over parameters and by {plain(row['sd_luck'] * factor)} over luck (standard deviations)."
    )


def _second_half(table: pd.DataFrame) -> str:
    rows = _rows(table[table["measure"] == SECOND_HALF])
    if not rows:
        return "Too few runs have a day on which the second half begins in both arms."
    row = rows[0]
    if row["low"] == row["high"] == 0 and row["difference"] == 0:
        return "The second half begins on the same day in both."
    if not _told(row):
        return f"The day the second half begins is not distinguishable ({_interval(row)} days, {row['runs']} runs)."
    when = "later" if row["difference"] > 0 else "earlier"
    return f"The second half begins {abs(row['difference']):.0f} days {when} ({_interval(row)}, {row['runs']} runs)."


def _caution(given: Answer) -> str:
    count, told = given.summary["intervals"], given.summary["distinguishable"]
    what = "seeds: luck" if given.summary["calibration"] is None else "members and seeds: parameters and luck"
    return (
        f"Brackets hold {100 * LEVEL:.0f} % intervals over {what}, of the difference and, after a semicolon, of the "
        f"change in per cent (from logs). differences.csv has {count} of them from the day the two can differ, so that "
        f"some {count * (1 - LEVEL):.0f} miss by chance alone; a difference counts as distinguishable here only where "
        f"Holm's correction over all {count} leaves p below {100 * (1 - LEVEL):.0f} % (on logs where a measure is "
        f"above zero in every run): {told} do."
    )


def _variance(given: Answer) -> str:
    reduction = given.summary["variance_reduction"]
    name = FOCUS if FOCUS in reduction else next(iter(reduction))
    own = reduction[name]
    of = f"{label(name)}'s GMV over the last four quarters"
    if own["ratio"] is None:
        return f"No seed differs in {of}."
    text = f"Common random numbers divide the variance of the difference in {of} by {own['ratio']:.1f}"
    return text + (f" in RMB and by {own['ratio_log']:.1f} in logs." if own["ratio_log"] else ".")


def _rows(table: pd.DataFrame) -> list[Row]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _told(row: Row) -> bool:
    return bool(row["p_holm"] < 1 - LEVEL)


def _numbers(row: Row) -> str:
    """The difference with its interval, and the change in per cent with its own."""
    factor, _ = SCALES[row["unit"]]
    part = ""
    if np.isfinite(row["change"]):
        low, high = (signed(100 * row[name]) for name in ("change_low", "change_high"))
        part = f"; {signed(100 * row['change'])} %, {low} to {high} %"
    return f"{signed(row['difference'] * factor)} [{_interval(row)}{part}]"


def _interval(row: Row) -> str:
    factor, _ = SCALES[row["unit"]]
    return f"{signed(row['low'] * factor)} to {signed(row['high'] * factor)}"


def signed(value: float) -> str:
    """Three digits, with a sign."""
    digits = f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.3g}" if value else "0"
    return digits.replace("-", "−")


def plain(value: float) -> str:
    """Three digits, without a sign."""
    return signed(abs(value)).removeprefix("+")


def listed(names: Sequence[str]) -> str:
    """Names with commas, and "and" before the last."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
