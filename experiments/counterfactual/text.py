"""Summary paragraph of a counterfactual: which differences there are, how large, and which are not distinguishable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from secondhalf.experiments.counterfactual.outputs import Answer
from secondhalf.experiments.counterfactual.quarterly_measures import BY_PLATFORM, MARKET, OF_MARKET, RUN, SECOND_HALF
from secondhalf.experiments.results.paired_statistics import LEVEL
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
FOCUS = "kuaishou"
"""Whose variance reduction is said; the first platform where this one does not compete."""
Row = dict[str, Any]


def paragraph(given: Answer) -> str:
    """One paragraph of Markdown with the numbers of a study."""
    table = given.differences
    said = [_what(given)]
    if given.summary["branch_date"] is None:
        said.append("The two cannot differ within these days, and all differences are zero.")
        return " ".join(said) + "\n"
    quarters = sorted(set(table["quarter"]) - {RUN})
    end = table[table["quarter"] == quarters[-1]]
    said.append(f"Differences in the last quarter, {quarters[-1]}:")
    said.append("; ".join(_measure(end, name) for name in BY_PLATFORM) + ".")
    said.append(_of_market(end))
    said.append(_largest(table))
    said.append(_gains(end))
    said.append(_second_half(table))
    said.append(_caution(given))
    said.append(_variance(given))
    return " ".join(sentence for sentence in said if sentence) + "\n"


def label(platform: str) -> str:
    """A platform's name as people write it."""
    return str(names().get(platform, {}).get("label", platform))


def _what(given: Answer) -> str:
    summary = given.summary
    text = (
        f"**{summary['alternative']} against {summary['baseline']}**, {len(summary['seeds'])} seeds of "
        f"{summary['users']:,} users, each run twice from {summary['first_day']} to {summary['last_day']}"
    )
    if summary["failed"]:
        text += f" ({len(summary['failed'])} more failed and are left out)"
    date = summary["branch_date"]
    if date is not None and date > summary["first_day"]:
        text += f"; the two are one market until {date}"
    return f"{text}." + (f" All are {given.note}." if given.note else "")


def _measure(end: pd.DataFrame, measure: str) -> str:
    """What one measure says at the end, by platform: those that differ with numbers, the others by name."""
    rows = _rows(end[(end["measure"] == measure) & (end["platform"] != MARKET)])
    told = [f"{label(row['platform'])} {_numbers(row)}" for row in rows if _told(row)]
    untold = [label(row["platform"]) for row in rows if not _told(row)]
    if not told:
        return f"{NAMES[measure]} on no platform distinguishable from zero"
    text = f"{NAMES[measure]} ({SCALES[rows[0]['unit']][1]}) {', '.join(told)}"
    return text + (f", not distinguishable from zero on {_and(untold)}" if untold else "")


def _of_market(end: pd.DataFrame) -> str:
    rows = [row for name in OF_MARKET for row in _rows(end[end["measure"] == name])]
    told = [f"{NAMES[row['measure']]} {_numbers(row, relative=False)}" for row in rows if _told(row)]
    untold = [NAMES[row["measure"]] for row in rows if not _told(row)]
    if not told:
        return "Of the market as a whole nothing is distinguishable from zero."
    text = f"Of the market as a whole, in hundredths: {', '.join(told)}"
    return text + (f"; not distinguishable from zero: {', '.join(untold)}." if untold else ".")


def _largest(table: pd.DataFrame) -> str:
    """The largest quarterly differences of GMV and attention among those that can be told."""
    said = []
    for measure in ("gmv", "attention_share"):
        rows = [row for row in _rows(table[table["measure"] == measure]) if _told(row)]
        if rows:
            row = max(rows, key=lambda row: abs(row["difference"]))
            unit = SCALES[row["unit"]][1]
            said.append(f"{label(row['platform'])}'s in {row['quarter']} for {NAMES[measure]}, {_numbers(row)} {unit}")
    return f"The largest quarterly difference is {', and '.join(said)}." if said else ""


def _gains(end: pd.DataFrame) -> str:
    rows = [row for row in _rows(end[end["measure"] == "gmv"]) if _told(row)]
    gain = [label(row["platform"]) for row in rows if row["difference"] > 0]
    lose = [label(row["platform"]) for row in rows if row["difference"] < 0]
    if not rows:
        return "No platform gains or loses GMV distinguishably in the last quarter."
    higher, lower = (_and(names) or "no platform" for names in (gain, lose))
    return f"GMV in the last quarter is higher on {higher} and lower on {lower}."


def _second_half(table: pd.DataFrame) -> str:
    rows = _rows(table[table["measure"] == SECOND_HALF])
    if not rows:
        return "Too few seeds have a day within both runs on which the second half begins."
    row = rows[0]
    if row["low"] == row["high"] == 0:
        return "The second half begins on the same day in both."
    if not _told(row):
        return f"The day the second half begins is not distinguishable ({_interval(row)} days, {row['seeds']} seeds)."
    when = "later" if row["difference"] > 0 else "earlier"
    return f"The second half begins {abs(row['difference']):.0f} days {when} ({_interval(row)}, {row['seeds']} seeds)."


def _caution(given: Answer) -> str:
    count, told = given.summary["intervals"], given.summary["distinguishable"]
    return (
        f"Brackets hold {100 * LEVEL:.0f} % intervals (paired t). differences.csv has {count} of them from the day the "
        f"two can differ, so that some {count * (1 - LEVEL):.0f} miss by chance alone; a difference counts as "
        f"distinguishable here only where Holm's correction over all {count} leaves p below {100 * (1 - LEVEL):.0f} %: "
        f"{told} do."
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


def _numbers(row: Row, relative: bool = True) -> str:
    """The difference with its interval, and as a part of the baseline where that is no share itself."""
    factor, _ = SCALES[row["unit"]]
    base = row["baseline_mean"]
    part = f"; {_signed(100 * row['difference'] / base)} %" if relative and base > 0 and row["unit"] != "share" else ""
    return f"{_signed(row['difference'] * factor)} [{_interval(row)}{part}]"


def _interval(row: Row) -> str:
    factor, _ = SCALES[row["unit"]]
    return f"{_signed(row['low'] * factor)} to {_signed(row['high'] * factor)}"


def _signed(value: float) -> str:
    """Three digits, with a sign."""
    digits = f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.3g}" if value else "0"
    return digits.replace("-", "−")


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
